//! The types of the contract.

use catalog_api::ProductId;
use cleave_core::{Timestamp, id_type};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most units that one command may move.
pub const MAX_QUANTITY: i64 = 10_000;

/// The most lines that one reservation may have.
pub const MAX_RESERVATION_LINES: usize = 100;

/// The longest time that a reservation may ask to be held for: a day, in seconds.
pub const MAX_HOLD_SECONDS: u32 = 86_400;

id_type! {
    /// The id of a reservation: its maker chooses it, so that a repeated command finds it.
    ReservationId
}

/// How many of a product can be sold now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stock {
    /// Which product.
    pub product_id: ProductId,
    /// Units that are neither reserved nor sold.
    pub available: i64,
}

/// Goods that have come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiveStock {
    /// Which product.
    pub product_id: ProductId,
    /// Units, 1 to [`MAX_QUANTITY`].
    pub quantity: i64,
}

/// A booked receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Which product.
    pub product_id: ProductId,
    /// Units that came in.
    pub quantity: i64,
    /// Units that could be sold right after it.
    pub available: i64,
    /// When it was booked.
    pub received_at: Timestamp,
}

/// A product whose level is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenStock {
    /// Which product.
    pub product_id: ProductId,
}

/// Lines that are about to be sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveStock {
    /// Chosen by the caller.
    pub reservation_id: ReservationId,
    /// 1 to [`MAX_RESERVATION_LINES`], each product once.
    pub lines: Vec<ReservationLine>,
    /// After how many seconds a forgotten reservation is released, 1 to [`MAX_HOLD_SECONDS`].
    pub hold_seconds: u32,
}

/// Some units of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationLine {
    /// Which product.
    pub product_id: ProductId,
    /// Units, 1 to [`MAX_QUANTITY`].
    pub quantity: i64,
}

/// A reservation in its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reservation {
    /// Its id.
    pub reservation_id: ReservationId,
    /// Its state.
    pub state: ReservationState,
    /// What it holds, in the order of the products' ids; nothing in a tombstone.
    pub lines: Vec<ReservationLine>,
    /// When it is released if nothing else happens.
    pub expires_at: Timestamp,
}

/// The states of a reservation: `reserved → committed → returned`, `reserved → released`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// The units are set aside.
    Reserved,
    /// The units are sold.
    Committed,
    /// The units are back, or were never taken.
    Released,
    /// The units were sold, and are back.
    Returned,
}
