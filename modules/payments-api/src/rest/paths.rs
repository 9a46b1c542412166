//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::Operation;

use crate::PaymentId;

/// The public paths of this module: there are none.
pub const PREFIXES: &[&str] = &[];

/// The published operations: there are none.
pub const PUBLISHED: &[Operation] = &[];

/// The operations for peers.
pub const INTERNAL: &[Operation] = &[
    Operation::put("authorize_payment", PAYMENT),
    Operation::get("get_payment", PAYMENT),
    Operation::put("capture_payment", CAPTURE),
    Operation::put("void_payment", VOID),
    Operation::put("refund_payment", REFUND),
];

pub(super) const PAYMENT: &str = "/internal/v1/payments/{payment_id}";
pub(super) const CAPTURE: &str = "/internal/v1/payments/{payment_id}/capture";
pub(super) const VOID: &str = "/internal/v1/payments/{payment_id}/void";
pub(super) const REFUND: &str = "/internal/v1/payments/{payment_id}/refund";

pub(super) fn payment(payment_id: PaymentId) -> String {
    format!("/internal/v1/payments/{payment_id}")
}

pub(super) fn capture(payment_id: PaymentId) -> String {
    format!("/internal/v1/payments/{payment_id}/capture")
}

pub(super) fn void(payment_id: PaymentId) -> String {
    format!("/internal/v1/payments/{payment_id}/void")
}

pub(super) fn refund(payment_id: PaymentId) -> String {
    format!("/internal/v1/payments/{payment_id}/refund")
}
