//! What the cart refuses, and why.

use catalog_api::ProductId;
use cleave_core::{CallFailure, ContractError, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::{MAX_LINES, MAX_QUANTITY, TakingId};

/// Why the cart did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CartError {
    /// The catalogue has no such product.
    #[error("there is no product {product_id}")]
    ProductNotFound {
        /// Which product.
        product_id: ProductId,
    },
    /// A quantity is out of its bounds.
    #[error(
        "quantity {quantity} is refused: write a whole number from 1 to {MAX_QUANTITY}, or delete the item"
    )]
    InvalidQuantity {
        /// The quantity as it was given.
        quantity: i64,
    },
    /// There is no room for another product.
    #[error("a cart has at most {MAX_LINES} products: take one out first")]
    TooManyLines,
    /// There is nothing to take.
    #[error("the cart is empty")]
    CartEmpty,
    /// The cart has another version.
    #[error("the cart has changed in the meantime")]
    CartChanged,
    /// There is no such taking.
    #[error("there is no taking {taking_id}")]
    TakingNotFound {
        /// Which one was asked for.
        taking_id: TakingId,
    },
    /// The taking was put back, or may never be made.
    #[error("taking {taking_id} was put back")]
    TakingPutBack {
        /// Which one.
        taking_id: TakingId,
    },
    /// It is not known who asks.
    #[error("an access token is needed: send the header authorization with `Bearer ACCESS_TOKEN`")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("a cart is for its owner")]
    Forbidden,
    /// No answer before the deadline.
    #[error("no answer in time; what a command did is unknown, so send it again")]
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

impl ContractError for CartError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::ProductNotFound { .. } | Self::TakingNotFound { .. } => ErrorKind::NotFound,
            Self::InvalidQuantity { .. } | Self::TooManyLines | Self::CartEmpty => ErrorKind::Invalid,
            Self::CartChanged | Self::TakingPutBack { .. } => ErrorKind::Conflict,
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::ProductNotFound { .. } => "product_not_found",
            Self::InvalidQuantity { .. } => "invalid_quantity",
            Self::TooManyLines => "too_many_lines",
            Self::CartEmpty => "cart_empty",
            Self::CartChanged => "cart_changed",
            Self::TakingNotFound { .. } => "taking_not_found",
            Self::TakingPutBack { .. } => "taking_put_back",
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
