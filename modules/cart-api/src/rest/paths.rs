//! Where the operations are; both halves of the adapter stand on it.

use catalog_api::ProductId;
use cleave_core::AccountId;
use cleave_rest::Operation;

use crate::TakingId;

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/cart"];

/// The published operations.
pub const PUBLISHED: &[Operation] = &[
    Operation::get("get_cart", CART),
    Operation::put("set_item", ITEM),
    Operation::delete("remove_item", ITEM),
];

/// The operations for peers.
pub const INTERNAL: &[Operation] = &[
    Operation::get("read_cart", CONTENTS),
    Operation::put("take_cart", TAKING),
    Operation::put("put_back_cart", PUT_BACK),
    Operation::get("get_taking", TAKING),
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
