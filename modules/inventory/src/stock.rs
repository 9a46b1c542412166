//! The rules of levels, without I/O.

use catalog_api::ProductId;
use inventory_api::{InventoryError, MAX_QUANTITY};

/// Refuses a quantity that no command may move.
pub(crate) fn check_quantity(quantity: i64) -> Result<(), InventoryError> {
    if (1..=MAX_QUANTITY).contains(&quantity) {
        Ok(())
    } else {
        Err(InventoryError::InvalidQuantity { quantity })
    }
}

/// What happened to a level, in the words of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MovementKind {
    /// The level was opened, with the units that were there already.
    Opened,
    /// Goods came in.
    Received,
    /// Available units were set aside.
    Reserved,
    /// Reserved units were sold.
    Committed,
    /// Reserved units were put back.
    Released,
    /// Reserved units were put back because their time was over.
    Expired,
    /// Sold units were taken back.
    Returned,
}

impl MovementKind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Received => "received",
            Self::Reserved => "reserved",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Returned => "returned",
        }
    }
}

/// A product came into stock or ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flip {
    pub(crate) product_id: ProductId,
    pub(crate) in_stock: bool,
}

impl Flip {
    /// What a change of a level means to those who only ask whether there is any.
    pub(crate) fn between(product_id: ProductId, before: i64, after: i64) -> Option<Self> {
        ((before > 0) != (after > 0)).then_some(Self { product_id, in_stock: after > 0 })
    }
}
