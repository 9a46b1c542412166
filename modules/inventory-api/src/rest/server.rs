//! The server half: an [`Inventory`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use catalog_api::ProductId;
use cleave_rest::Problem;
use cleave_rest::server::{Body, Call, Exposure, PathId, Routes};
use utoipa::OpenApi;

use super::body::{NewReceipt, NewReservation};
use super::paths;
use crate::{Inventory, OpenStock, Receipt, ReceiveStock, Reservation, ReservationId, ReserveStock, Stock};

/// The published operations as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(get_stock, receive_stock))]
pub struct PublicApi;

/// The operations for peers as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    open_stock,
    reserve_stock,
    get_reservation,
    commit_reservation,
    release_reservation,
    return_reservation
))]
pub struct InternalApi;

/// Mounts the routes: the published ones, and those for peers where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, inventory: Rc<dyn Inventory>, exposure: Exposure) {
    config.app_data(inventory);
    let mut routes = Routes::default();
    routes.on(Method::GET, paths::STOCK, get_stock);
    routes.on(Method::POST, paths::RECEIPTS, receive_stock);
    if exposure == Exposure::Internal {
        routes.on(Method::PUT, paths::OPEN, open_stock);
        routes.on(Method::PUT, paths::RESERVATION, reserve_stock);
        routes.on(Method::GET, paths::RESERVATION, get_reservation);
        routes.on(Method::PUT, paths::COMMIT, commit_reservation);
        routes.on(Method::PUT, paths::RELEASE, release_reservation);
        routes.on(Method::PUT, paths::RETURN, return_reservation);
    }
    config.service(routes);
}

/// How many of a product can be sold now.
#[utoipa::path(
    get, path = paths::STOCK, operation_id = "get_stock", tag = "inventory",
    params(("product_id" = ProductId, Path)),
    responses((status = 200, body = Stock), (status = 404, body = Problem))
)]
async fn get_stock(call: Call<dyn Inventory>, product_id: PathId<ProductId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_stock(&call.context, product_id.0).await)
}

/// Books goods that have come in. Only for admins.
#[utoipa::path(
    post, path = paths::RECEIPTS, operation_id = "receive_stock", tag = "inventory",
    params(
        ("product_id" = ProductId, Path),
        ("Idempotency-Key" = String, Header, description = "makes a retry safe; a new receipt takes a new key")
    ),
    request_body = NewReceipt,
    responses(
        (status = 201, body = Receipt),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 422, body = Problem)
    ),
    security(("access_token" = []))
)]
async fn receive_stock(
    call: Call<dyn Inventory>,
    product_id: PathId<ProductId>,
    body: Body<NewReceipt>,
) -> HttpResponse {
    let request = ReceiveStock { product_id: product_id.0, quantity: body.0.quantity };
    let result = call.contract.receive_stock(&call.context, request).await;
    call.reply_created(result, |receipt| paths::stock(receipt.product_id))
}

/// Opens the level of a new product at zero.
#[utoipa::path(
    put, path = paths::OPEN, operation_id = "open_stock", tag = "inventory",
    params(("product_id" = ProductId, Path)),
    responses((status = 200, body = Stock))
)]
async fn open_stock(call: Call<dyn Inventory>, product_id: PathId<ProductId>) -> HttpResponse {
    let request = OpenStock { product_id: product_id.0 };
    call.reply(StatusCode::OK, call.contract.open_stock(&call.context, request).await)
}

/// Sets lines aside, all of them or none.
#[utoipa::path(
    put, path = paths::RESERVATION, operation_id = "reserve_stock", tag = "inventory",
    params(("reservation_id" = ReservationId, Path)),
    request_body = NewReservation,
    responses((status = 200, body = Reservation), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn reserve_stock(
    call: Call<dyn Inventory>,
    reservation_id: PathId<ReservationId>,
    body: Body<NewReservation>,
) -> HttpResponse {
    let NewReservation { lines, hold_seconds } = body.0;
    let request = ReserveStock { reservation_id: reservation_id.0, lines, hold_seconds };
    call.reply(StatusCode::OK, call.contract.reserve_stock(&call.context, request).await)
}

/// A reservation in its present state.
#[utoipa::path(
    get, path = paths::RESERVATION, operation_id = "get_reservation", tag = "inventory",
    params(("reservation_id" = ReservationId, Path)),
    responses((status = 200, body = Reservation), (status = 404, body = Problem))
)]
async fn get_reservation(call: Call<dyn Inventory>, reservation_id: PathId<ReservationId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_reservation(&call.context, reservation_id.0).await)
}

/// Sells what is reserved.
#[utoipa::path(
    put, path = paths::COMMIT, operation_id = "commit_reservation", tag = "inventory",
    params(("reservation_id" = ReservationId, Path)),
    responses((status = 200, body = Reservation), (status = 404, body = Problem), (status = 409, body = Problem))
)]
async fn commit_reservation(
    call: Call<dyn Inventory>,
    reservation_id: PathId<ReservationId>,
) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.commit_reservation(&call.context, reservation_id.0).await)
}

/// Puts back what is reserved.
#[utoipa::path(
    put, path = paths::RELEASE, operation_id = "release_reservation", tag = "inventory",
    params(("reservation_id" = ReservationId, Path)),
    responses((status = 200, body = Reservation), (status = 409, body = Problem))
)]
async fn release_reservation(
    call: Call<dyn Inventory>,
    reservation_id: PathId<ReservationId>,
) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.release_reservation(&call.context, reservation_id.0).await)
}

/// Takes back what was sold.
#[utoipa::path(
    put, path = paths::RETURN, operation_id = "return_reservation", tag = "inventory",
    params(("reservation_id" = ReservationId, Path)),
    responses(
        (status = 200, body = Reservation),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem)
    )
)]
async fn return_reservation(
    call: Call<dyn Inventory>,
    reservation_id: PathId<ReservationId>,
) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.return_reservation(&call.context, reservation_id.0).await)
}
