//! Where the operations are; both halves of the adapter stand on it.

use catalog_api::ProductId;
use cleave_core::AccountId;
use cleave_rest::Operation;

use crate::TakingId;

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/cart"];

/// The published operations.
pub const PUBLISHED: &[Operation] = &[
    Operation { id: "get_cart", method: "GET", path: CART },
    Operation { id: "set_item", method: "PUT", path: ITEM },
    Operation { id: "remove_item", method: "DELETE", path: ITEM },
];

/// The operations for peers.
pub const INTERNAL: &[Operation] = &[
    Operation { id: "read_cart", method: "GET", path: CONTENTS },
    Operation { id: "take_cart", method: "PUT", path: TAKING },
    Operation { id: "put_back_cart", method: "PUT", path: PUT_BACK },
    Operation { id: "get_taking", method: "GET", path: TAKING },
];

pub(super) const CART: &str = "/api/v1/cart";
pub(super) const ITEM: &str = "/api/v1/cart/items/{product_id}";
pub(super) const CONTENTS: &str = "/internal/v1/cart/contents/{account_id}";
pub(super) const TAKING: &str = "/internal/v1/cart/takings/{taking_id}";
pub(super) const PUT_BACK: &str = "/internal/v1/cart/takings/{taking_id}/put-back";

pub(super) fn item(product_id: ProductId) -> String {
    format!("/api/v1/cart/items/{product_id}")
}

pub(super) fn contents(account_id: AccountId) -> String {
    format!("/internal/v1/cart/contents/{account_id}")
}

pub(super) fn taking(taking_id: TakingId) -> String {
    format!("/internal/v1/cart/takings/{taking_id}")
}

pub(super) fn put_back(taking_id: TakingId) -> String {
    format!("/internal/v1/cart/takings/{taking_id}/put-back")
}
