//! The server half: [`Orders`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use cleave_core::Page;
use cleave_rest::Problem;
use cleave_rest::server::{Body, Call, Exposure, PathId, Query, Routes};
use utoipa::OpenApi;

use super::paths;
use crate::{ListOrders, Order, OrderId, OrderStatus, Orders, PlaceOrder};

/// The published operations as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(place_order, list_orders, get_order, cancel_order))]
pub struct PublicApi;

/// The operations for peers as OpenAPI tells of them: there are none.
#[derive(Debug, OpenApi)]
#[openapi(paths())]
pub struct InternalApi;

/// Mounts the routes. All are published, so every listener has them.
pub fn mount(config: &mut ServiceConfig, orders: Rc<dyn Orders>, _exposure: Exposure) {
    config.app_data(orders);
    let mut routes = Routes::default();
    routes.on(Method::POST, paths::ORDERS, place_order);
    routes.on(Method::GET, paths::ORDERS, list_orders);
    routes.on(Method::GET, paths::ORDER, get_order);
    routes.on(Method::POST, paths::CANCELLATION, cancel_order);
    config.service(routes);
}

/// Checks out the caller's cart: 201 with the confirmed order, 202 with the pending one, or why it is refused.
#[utoipa::path(
    post, path = paths::ORDERS, operation_id = "place_order", tag = "orders",
    params(("Idempotency-Key" = String, Header, description = "makes a retry safe; a new attempt takes a new key")),
    request_body = PlaceOrder,
    responses(
        (status = 201, body = Order),
        (status = 202, body = Order),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 402, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem)
    ),
    security(("access_token" = []))
)]
async fn place_order(call: Call<dyn Orders>, body: Body<PlaceOrder>) -> HttpResponse {
    let result = call.contract.place_order(&call.context, body.0).await;
    call.reply_at(result, |order| {
        let is_pending = order.status == OrderStatus::Pending;
        let status = if is_pending { StatusCode::ACCEPTED } else { StatusCode::CREATED };
        (status, paths::order(order.id))
    })
}

/// The caller's orders, newest first, page by page.
#[utoipa::path(
    get, path = paths::ORDERS, operation_id = "list_orders", tag = "orders",
    params(ListOrders),
    responses((status = 200, body = Page<Order>), (status = 401, body = Problem), (status = 422, body = Problem)),
    security(("access_token" = []))
)]
async fn list_orders(call: Call<dyn Orders>, query: Query<ListOrders>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.list_orders(&call.context, query.0).await)
}

/// One of the caller's orders.
#[utoipa::path(
    get, path = paths::ORDER, operation_id = "get_order", tag = "orders",
    params(("order_id" = OrderId, Path)),
    responses((status = 200, body = Order), (status = 401, body = Problem), (status = 404, body = Problem)),
    security(("access_token" = []))
)]
async fn get_order(call: Call<dyn Orders>, order_id: PathId<OrderId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_order(&call.context, order_id.0).await)
}

/// Cancels a confirmed order: stock and money go back.
#[utoipa::path(
    post, path = paths::CANCELLATION, operation_id = "cancel_order", tag = "orders",
    params(("order_id" = OrderId, Path)),
    responses(
        (status = 200, body = Order),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem)
    ),
    security(("access_token" = []))
)]
async fn cancel_order(call: Call<dyn Orders>, order_id: PathId<OrderId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.cancel_order(&call.context, order_id.0).await)
}
