//! What the inventory refuses, and why.

use catalog_api::ProductId;
use cleave_core::{CallFailure, ContractError, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::{MAX_QUANTITY, MAX_RESERVATION_LINES, ReservationId};

/// Why the inventory did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum InventoryError {
    /// No level was opened for the product.
    #[error("the inventory knows no product {product_id}")]
    StockNotFound {
        /// Which product.
        product_id: ProductId,
    },
    /// A quantity is out of its bounds.
    #[error("quantity {quantity} is refused: write a whole number from 1 to {MAX_QUANTITY}")]
    InvalidQuantity {
        /// The quantity as it was given.
        quantity: i64,
    },
    /// The lines are not such that they could ever be reserved.
    #[error("a reservation has 1 to {MAX_RESERVATION_LINES} lines, each product once; this one has {reason}")]
    InvalidReservation {
        /// What is wrong with them.
        reason: String,
    },
    /// Some products have fewer units than asked for; nothing was reserved.
    #[error("not enough in stock of {}", list(product_ids))]
    OutOfStock {
        /// Which products, in the order of their ids.
        product_ids: Vec<ProductId>,
    },
    /// There is no such reservation.
    #[error("there is no reservation {reservation_id}")]
    ReservationNotFound {
        /// Which one was asked for.
        reservation_id: ReservationId,
    },
    /// The reservation has been released, or may never be made.
    #[error("reservation {reservation_id} has been released")]
    ReservationReleased {
        /// Which one.
        reservation_id: ReservationId,
    },
    /// The reservation has been sold and cannot be put back.
    #[error("reservation {reservation_id} has been committed")]
    ReservationCommitted {
        /// Which one.
        reservation_id: ReservationId,
    },
    /// The reservation has not been sold, so there is nothing to take back.
    #[error("reservation {reservation_id} has not been committed")]
    ReservationNotCommitted {
        /// Which one.
        reservation_id: ReservationId,
    },
    /// The command has no key.
    #[error("send the header idempotency-key with a value of your own, so that a retry is safe")]
    IdempotencyKeyRequired,
    /// The key was used for another command.
    #[error("this idempotency key was used for another request; a new request takes a new key")]
    IdempotencyKeyReused,
    /// It is not known who asks.
    #[error("an access token is needed: send the header authorization with `Bearer ACCESS_TOKEN`")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("only an admin may do this")]
    Forbidden,
    /// No answer before the deadline.
    #[error("no answer in time; what a command did is unknown, so send it again with the same key")]
    Timeout,
    /// A part of the store is away.
    #[error("{what} is away; try again in a moment")]
    Unavailable {
        /// What is away.
        what: String,
    },
    /// A fault of the store.
    #[error("a fault of the store; its log tells more under the id of this request")]
    Internal,
}

impl ContractError for InventoryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::StockNotFound { .. } | Self::ReservationNotFound { .. } => ErrorKind::NotFound,
            Self::InvalidQuantity { .. } | Self::InvalidReservation { .. } | Self::IdempotencyKeyReused => {
                ErrorKind::Invalid
            }
            Self::OutOfStock { .. }
            | Self::ReservationReleased { .. }
            | Self::ReservationCommitted { .. }
            | Self::ReservationNotCommitted { .. } => ErrorKind::Conflict,
            Self::IdempotencyKeyRequired => ErrorKind::Malformed,
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::StockNotFound { .. } => "stock_not_found",
            Self::InvalidQuantity { .. } => "invalid_quantity",
            Self::InvalidReservation { .. } => "invalid_reservation",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::ReservationNotFound { .. } => "reservation_not_found",
            Self::ReservationReleased { .. } => "reservation_released",
            Self::ReservationCommitted { .. } => "reservation_committed",
            Self::ReservationNotCommitted { .. } => "reservation_not_committed",
            Self::IdempotencyKeyRequired => "idempotency_key_required",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timeout",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal => "internal",
        }
    }

    fn from_failure(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unavailable(what) => Self::Unavailable { what },
            CallFailure::Timeout => Self::Timeout,
            CallFailure::Unauthenticated => Self::Unauthenticated,
            CallFailure::Internal => Self::Internal,
        }
    }
}

fn list(product_ids: &[ProductId]) -> String {
    product_ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
