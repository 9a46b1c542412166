//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::Operation;

use crate::{ListProducts, ProductId};

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/products"];

/// The published operations.
pub const PUBLISHED: &[Operation] = &[
    Operation::get("list_products", PRODUCTS),
    Operation::get("get_product", PRODUCT),
    Operation::post("create_product", PRODUCTS),
    Operation::patch("update_product", PRODUCT),
];

/// The operations for peers.
pub const INTERNAL: &[Operation] = &[Operation::get("get_products", PRODUCTS_BY_ID)];

pub(super) const PRODUCTS_BY_ID: &str = "/internal/v1/catalog/products";
pub(super) const PRODUCTS: &str = "/api/v1/products";
pub(super) const PRODUCT: &str = "/api/v1/products/{product_id}";

/// The public place of a product.
pub fn product(product_id: ProductId) -> String {
    format!("/api/v1/products/{product_id}")
}

pub(super) fn products_by_id(product_ids: &[ProductId]) -> String {
    let ids = product_ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    format!("{PRODUCTS_BY_ID}?ids={}", ids.join(","))
}

pub(super) fn products(request: &ListProducts) -> String {
    let query = cleave_rest::query_string(request);
    if query.is_empty() { PRODUCTS.to_owned() } else { format!("{PRODUCTS}?{query}") }
}
