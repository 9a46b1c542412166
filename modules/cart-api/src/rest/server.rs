//! The server half: a [`Cart`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use catalog_api::ProductId;
use cleave_core::AccountId;
use cleave_rest::Problem;
use cleave_rest::server::{Body, Call, Exposure, PathId, Routes};
use utoipa::OpenApi;

use super::body::{NewTaking, Owner, Quantity};
use super::paths;
use crate::{Cart, CartContents, CartTaking, CartView, PutBackCart, SetItem, TakeCart, TakingId};

/// The published operations as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(get_cart, set_item, remove_item))]
pub struct PublicApi;

/// The operations for peers as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(read_cart, take_cart, put_back_cart, get_taking))]
pub struct InternalApi;

/// Mounts the routes: the published ones, and those for peers where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, cart: Rc<dyn Cart>, exposure: Exposure) {
    config.app_data(cart);
    let mut routes = Routes::default();
    routes.on(Method::GET, paths::CART, get_cart);
    routes.on(Method::PUT, paths::ITEM, set_item);
    routes.on(Method::DELETE, paths::ITEM, remove_item);
    if exposure == Exposure::Internal {
        routes.on(Method::GET, paths::CONTENTS, read_cart);
        routes.on(Method::PUT, paths::TAKING, take_cart);
        routes.on(Method::GET, paths::TAKING, get_taking);
        routes.on(Method::PUT, paths::PUT_BACK, put_back_cart);
    }
    config.service(routes);
}

/// The caller's cart with the prices of the moment.
#[utoipa::path(
    get, path = paths::CART, operation_id = "get_cart", tag = "cart",
    responses((status = 200, body = CartView), (status = 401, body = Problem)),
    security(("access_token" = []))
)]
async fn get_cart(call: Call<dyn Cart>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_cart(&call.context).await)
}

/// Puts so many of a product into the caller's cart, instead of how many there were.
#[utoipa::path(
    put, path = paths::ITEM, operation_id = "set_item", tag = "cart",
    params(("product_id" = ProductId, Path)),
    request_body = Quantity,
    responses(
        (status = 200, body = CartView),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 422, body = Problem)
    ),
    security(("access_token" = []))
)]
async fn set_item(call: Call<dyn Cart>, product_id: PathId<ProductId>, body: Body<Quantity>) -> HttpResponse {
    let request = SetItem { product_id: product_id.0, quantity: body.0.quantity };
    call.reply(StatusCode::OK, call.contract.set_item(&call.context, request).await)
}

/// Takes a product out of the caller's cart.
#[utoipa::path(
    delete, path = paths::ITEM, operation_id = "remove_item", tag = "cart",
    params(("product_id" = ProductId, Path)),
    responses((status = 200, body = CartView), (status = 401, body = Problem)),
    security(("access_token" = []))
)]
async fn remove_item(call: Call<dyn Cart>, product_id: PathId<ProductId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.remove_item(&call.context, product_id.0).await)
}

/// What is in a cart, and its version.
#[utoipa::path(
    get, path = paths::CONTENTS, operation_id = "read_cart", tag = "cart",
    params(("account_id" = AccountId, Path)),
    responses((status = 200, body = CartContents))
)]
async fn read_cart(call: Call<dyn Cart>, account_id: PathId<AccountId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.read_cart(&call.context, account_id.0).await)
}

/// Empties a cart into a taking.
#[utoipa::path(
    put, path = paths::TAKING, operation_id = "take_cart", tag = "cart",
    params(("taking_id" = TakingId, Path)),
    request_body = NewTaking,
    responses((status = 200, body = CartTaking), (status = 409, body = Problem), (status = 422, body = Problem))
)]
async fn take_cart(call: Call<dyn Cart>, taking_id: PathId<TakingId>, body: Body<NewTaking>) -> HttpResponse {
    let NewTaking { account_id, version } = body.0;
    let request = TakeCart { taking_id: taking_id.0, account_id, version };
    call.reply(StatusCode::OK, call.contract.take_cart(&call.context, request).await)
}

/// Puts the lines of a taking back into the cart.
#[utoipa::path(
    put, path = paths::PUT_BACK, operation_id = "put_back_cart", tag = "cart",
    params(("taking_id" = TakingId, Path)),
    request_body = Owner,
    responses((status = 200, body = CartTaking))
)]
async fn put_back_cart(call: Call<dyn Cart>, taking_id: PathId<TakingId>, body: Body<Owner>) -> HttpResponse {
    let request = PutBackCart { taking_id: taking_id.0, account_id: body.0.account_id };
    call.reply(StatusCode::OK, call.contract.put_back_cart(&call.context, request).await)
}

/// A taking in its present state.
#[utoipa::path(
    get, path = paths::TAKING, operation_id = "get_taking", tag = "cart",
    params(("taking_id" = TakingId, Path)),
    responses((status = 200, body = CartTaking), (status = 404, body = Problem))
)]
async fn get_taking(call: Call<dyn Cart>, taking_id: PathId<TakingId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_taking(&call.context, taking_id.0).await)
}
