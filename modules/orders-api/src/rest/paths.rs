//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::Operation;

use crate::{ListOrders, OrderId};

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/orders"];

/// The published operations.
pub const PUBLISHED: &[Operation] = &[
    Operation::post("place_order", ORDERS),
    Operation::get("list_orders", ORDERS),
    Operation::get("get_order", ORDER),
    Operation::post("cancel_order", CANCELLATION).repeatable(),
];

/// The operations for peers: there are none.
pub const INTERNAL: &[Operation] = &[];

pub(super) const ORDERS: &str = "/api/v1/orders";
pub(super) const ORDER: &str = "/api/v1/orders/{order_id}";
pub(super) const CANCELLATION: &str = "/api/v1/orders/{order_id}/cancellation";

/// The public place of an order.
pub fn order(order_id: OrderId) -> String {
    format!("/api/v1/orders/{order_id}")
}

pub(super) fn orders(request: &ListOrders) -> String {
    let query = cleave_rest::query_string(request);
    if query.is_empty() { ORDERS.to_owned() } else { format!("{ORDERS}?{query}") }
}

pub(super) fn cancellation(order_id: OrderId) -> String {
    format!("/api/v1/orders/{order_id}/cancellation")
}
