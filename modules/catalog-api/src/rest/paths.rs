//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::Operation;

use crate::{ListProducts, ProductId};

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/products"];

/// The published operations.
pub const PUBLISHED: &[Operation] = &[
    Operation { id: "list_products", method: "GET", path: PRODUCTS },
    Operation { id: "get_product", method: "GET", path: PRODUCT },
    Operation { id: "create_product", method: "POST", path: PRODUCTS },
    Operation { id: "update_product", method: "PATCH", path: PRODUCT },
];

/// The operations for peers.
pub const INTERNAL: &[Operation] = &[Operation { id: "get_products", method: "GET", path: PRODUCTS_BY_ID }];

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
