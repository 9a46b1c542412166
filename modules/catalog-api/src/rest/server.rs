//! The server half: a [`Catalog`] for others.

use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::ServiceConfig;
use cleave_core::Page;
use cleave_rest::Problem;
use cleave_rest::server::{Body, Call, Exposure, PathId, Query, Routes};
use serde::Deserialize;
use utoipa::{IntoParams, OpenApi};

use super::paths;
use crate::{
    Catalog, CatalogError, ListProducts, NewProduct, Product, ProductChanges, ProductId, ProductWithStock,
    UpdateProduct,
};

/// The published operations as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(list_products, get_product, create_product, update_product))]
pub struct PublicApi;

/// The operations for peers as OpenAPI tells of them.
#[derive(Debug, OpenApi)]
#[openapi(paths(get_products))]
pub struct InternalApi;

/// Mounts the routes: the published ones, and those for peers where only peers can reach them.
pub fn mount(config: &mut ServiceConfig, catalog: Rc<dyn Catalog>, exposure: Exposure) {
    config.app_data(catalog);
    let mut routes = Routes::default();
    routes.on(Method::GET, paths::PRODUCTS, list_products);
    routes.on(Method::POST, paths::PRODUCTS, create_product);
    routes.on(Method::GET, paths::PRODUCT, get_product);
    routes.on(Method::PATCH, paths::PRODUCT, update_product);
    if exposure == Exposure::Internal {
        routes.on(Method::GET, paths::PRODUCTS_BY_ID, get_products);
    }
    config.service(routes);
}

/// Lists products, oldest first, page by page.
#[utoipa::path(
    get, path = paths::PRODUCTS, operation_id = "list_products", tag = "catalog",
    params(ListProducts),
    responses((status = 200, body = Page<Product>), (status = 400, body = Problem), (status = 422, body = Problem))
)]
async fn list_products(call: Call<dyn Catalog>, query: Query<ListProducts>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.list_products(&call.context, query.0).await)
}

/// One product, with how many of it can be sold now.
#[utoipa::path(
    get, path = paths::PRODUCT, operation_id = "get_product", tag = "catalog",
    params(("product_id" = ProductId, Path)),
    responses((status = 200, body = ProductWithStock), (status = 404, body = Problem))
)]
async fn get_product(call: Call<dyn Catalog>, product_id: PathId<ProductId>) -> HttpResponse {
    call.reply(StatusCode::OK, call.contract.get_product(&call.context, product_id.0).await)
}

/// Adds a product. Only for admins.
#[utoipa::path(
    post, path = paths::PRODUCTS, operation_id = "create_product", tag = "catalog",
    params(("Idempotency-Key" = Option<String>, Header, description = "makes a retry safe")),
    request_body = NewProduct,
    responses(
        (status = 201, body = Product),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 409, body = Problem),
        (status = 422, body = Problem),
        (status = 503, body = Problem)
    ),
    security(("access_token" = []))
)]
async fn create_product(call: Call<dyn Catalog>, body: Body<NewProduct>) -> HttpResponse {
    let result = call.contract.create_product(&call.context, body.0).await;
    call.reply_created(result, |product| paths::product(product.id))
}

/// Changes the fields that the body names. Only for admins.
#[utoipa::path(
    patch, path = paths::PRODUCT, operation_id = "update_product", tag = "catalog",
    params(("product_id" = ProductId, Path)),
    request_body = ProductChanges,
    responses(
        (status = 200, body = Product),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 422, body = Problem)
    ),
    security(("access_token" = []))
)]
async fn update_product(
    call: Call<dyn Catalog>,
    product_id: PathId<ProductId>,
    body: Body<ProductChanges>,
) -> HttpResponse {
    let request = UpdateProduct { product_id: product_id.0, changes: body.0 };
    call.reply(StatusCode::OK, call.contract.update_product(&call.context, request).await)
}

/// Which products; their ids with commas between.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ProductIds {
    ids: String,
}

/// Several products at once.
#[utoipa::path(
    get, path = paths::PRODUCTS_BY_ID, operation_id = "get_products", tag = "catalog",
    params(ProductIds),
    responses((status = 200, body = Vec<Product>), (status = 422, body = Problem))
)]
async fn get_products(call: Call<dyn Catalog>, query: Query<ProductIds>) -> HttpResponse {
    let product_ids = query.0.ids.split(',').map(|id| {
        let malformed = |error: &dyn std::fmt::Display| CatalogError::InvalidParameter {
            parameter: "ids".to_owned(),
            reason: format!("`{id}` is no product_id: {error}"),
        };
        id.parse::<ProductId>().map_err(|error| malformed(&error))
    });
    let products = match product_ids.collect::<Result<Vec<_>, _>>() {
        Ok(product_ids) => call.contract.get_products(&call.context, product_ids).await,
        Err(error) => Err(error),
    };
    call.reply(StatusCode::OK, products)
}
