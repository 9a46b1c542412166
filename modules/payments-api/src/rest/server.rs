//! The server half: [`Payments`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use cleave_rest::Problem;
use cleave_rest::server::{Body, Call, Exposure, PathId, Routes};
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
    let mut routes = Routes::default();
    if exposure == Exposure::Internal {
        routes.on(Method::PUT, paths::PAYMENT, authorize_payment);
        routes.on(Method::GET, paths::PAYMENT, get_payment);
        routes.on(Method::PUT, paths::CAPTURE, capture_payment);
        routes.on(Method::PUT, paths::VOID, void_payment);
        routes.on(Method::PUT, paths::REFUND, refund_payment);
    }
    config.service(routes);
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
