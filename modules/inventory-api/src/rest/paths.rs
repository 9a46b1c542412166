//! Where the operations are; both halves of the adapter stand on it.

use catalog_api::ProductId;
use cleave_rest::Operation;

use crate::ReservationId;

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/stock"];

/// The published operations.
pub const PUBLISHED: &[Operation] =
    &[Operation::get("get_stock", STOCK), Operation::post("receive_stock", RECEIPTS)];

/// The operations for peers.
pub const INTERNAL: &[Operation] = &[
    Operation::put("open_stock", OPEN),
    Operation::put("reserve_stock", RESERVATION),
    Operation::get("get_reservation", RESERVATION),
    Operation::put("commit_reservation", COMMIT),
    Operation::put("release_reservation", RELEASE),
    Operation::put("return_reservation", RETURN),
];

pub(super) const STOCK: &str = "/api/v1/stock/{product_id}";
pub(super) const RECEIPTS: &str = "/api/v1/stock/{product_id}/receipts";
pub(super) const OPEN: &str = "/internal/v1/inventory/stock/{product_id}";
pub(super) const RESERVATION: &str = "/internal/v1/inventory/reservations/{reservation_id}";
pub(super) const COMMIT: &str = "/internal/v1/inventory/reservations/{reservation_id}/commit";
pub(super) const RELEASE: &str = "/internal/v1/inventory/reservations/{reservation_id}/release";
pub(super) const RETURN: &str = "/internal/v1/inventory/reservations/{reservation_id}/return";

/// The public place of a product's stock.
pub fn stock(product_id: ProductId) -> String {
    format!("/api/v1/stock/{product_id}")
}

pub(super) fn receipts(product_id: ProductId) -> String {
    format!("/api/v1/stock/{product_id}/receipts")
}

pub(super) fn open(product_id: ProductId) -> String {
    format!("/internal/v1/inventory/stock/{product_id}")
}

pub(super) fn reservation(reservation_id: ReservationId) -> String {
    format!("/internal/v1/inventory/reservations/{reservation_id}")
}

pub(super) fn commit(reservation_id: ReservationId) -> String {
    format!("/internal/v1/inventory/reservations/{reservation_id}/commit")
}

pub(super) fn release(reservation_id: ReservationId) -> String {
    format!("/internal/v1/inventory/reservations/{reservation_id}/release")
}

pub(super) fn take_back(reservation_id: ReservationId) -> String {
    format!("/internal/v1/inventory/reservations/{reservation_id}/return")
}
