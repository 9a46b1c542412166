//! What stands in the bodies of requests: a command without what its path says already.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ReservationLine;

/// Goods that have come in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReceipt {
    /// Units, 1 to 10,000.
    #[schema(minimum = 1, maximum = 10_000)]
    pub(super) quantity: i64,
}

/// Lines that are about to be sold.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReservation {
    /// 1 to 100, each product once.
    pub(super) lines: Vec<ReservationLine>,
    /// After how many seconds a forgotten reservation is released.
    pub(super) hold_seconds: u32,
}
