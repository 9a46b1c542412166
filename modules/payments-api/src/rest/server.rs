//! The server half: [`Payments`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, ServiceConfig};
use cleave_rest::Problem;
use cleave_rest::server::{Body, Call, Exposure, PathId, resource};
use utoipa::OpenApi;

use super::body::NewPayment;
use super::paths;
use crate::{AuthorizePayment, Payment, PaymentId, Payments};

/// The operations for peers as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(authorize_payment, get_payment, capture_payment, void_payment, refund_payment))]
pub struct InternalApi;

/// Mounts the routes where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, payments: Rc<dyn Payments>, exposure: Exposure) {
    config.app_data(payments);
    if exposure == Exposure::Internal {
        config.service(resource(
            paths::PAYMENT,
            [(Method::PUT, web::to(authorize_payment)), (Method::GET, web::to(get_payment))],
        ));
        config.service(resource(paths::CAPTURE, [(Method::PUT, web::to(capture_payment))]));
        config.service(resource(paths::VOID, [(Method::PUT, web::to(void_payment))]));
        config.service(resource(paths::REFUND, [(Method::PUT, web::to(refund_payment))]));
    }
}

/// Sets money aside.
#[utoipa::path(
    put, path = paths::PAYMENT, operation_id = "authorize_payment", tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    request_body = NewPayment,
    responses((status = 200, body = Payment), (status = 409, body = Problem))
)]
async fn authorize_payment(
    call: Call<dyn Payments>,
    payment_id: PathId<PaymentId>,
    body: Body<NewPayment>,
) -> HttpResponse {
    let NewPayment { account_id, amount, payment_token } = body.0;
    let request = AuthorizePayment { payment_id: payment_id.0, account_id, amount, payment_token };
    call.reply(StatusCode::OK, call.contract.authorize_payment(&call.context, request).await)
}

/// A payment in its present state.
#[utoipa::path(
    get, path = paths::PAYMENT, operation_id = "get_payment", tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    responses((status = 200, body = Payment), (status = 409, body = Problem))
)]
async fn get_payment(call: Call<dyn Payments>, payment_id: PathId<PaymentId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_payment(&call.context, payment_id.0).await)
}

/// Takes what is set aside.
#[utoipa::path(
    put, path = paths::CAPTURE, operation_id = "capture_payment", tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    responses((status = 200, body = Payment), (status = 409, body = Problem))
)]
async fn capture_payment(call: Call<dyn Payments>, payment_id: PathId<PaymentId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.capture_payment(&call.context, payment_id.0).await)
}

/// Lets go what is set aside.
#[utoipa::path(
    put, path = paths::VOID, operation_id = "void_payment", tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    responses((status = 200, body = Payment), (status = 409, body = Problem))
)]
async fn void_payment(call: Call<dyn Payments>, payment_id: PathId<PaymentId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.void_payment(&call.context, payment_id.0).await)
}

/// Gives back what was taken.
#[utoipa::path(
    put, path = paths::REFUND, operation_id = "refund_payment", tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    responses((status = 200, body = Payment), (status = 409, body = Problem))
)]
async fn refund_payment(call: Call<dyn Payments>, payment_id: PathId<PaymentId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.refund_payment(&call.context, payment_id.0).await)
}
