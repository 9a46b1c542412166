//! What the catalogue refuses, and why.

use cleave_core::{CallFailure, ContractError, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::ProductId;

/// Why the catalogue did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum CatalogError {
    /// There is no such product.
    #[error("there is no product {product_id}")]
    ProductNotFound {
        /// Which one was asked for.
        product_id: ProductId,
    },
    /// A field of a product is out of its bounds.
    #[error("the field {field} is refused: {reason}")]
    InvalidProduct {
        /// Which field.
        field: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// A parameter of a list is out of its bounds.
    #[error("the parameter {parameter} is refused: {reason}")]
    InvalidParameter {
        /// Which parameter.
        parameter: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// Another product has this SKU.
    #[error("the SKU {sku} is taken by another product")]
    SkuTaken {
        /// Which SKU.
        sku: String,
    },
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

impl ContractError for CatalogError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::ProductNotFound { .. } => ErrorKind::NotFound,
            Self::InvalidProduct { .. } | Self::InvalidParameter { .. } | Self::IdempotencyKeyReused => {
                ErrorKind::Invalid
            }
            Self::SkuTaken { .. } => ErrorKind::Conflict,
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
            Self::InvalidProduct { .. } => "invalid_product",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::SkuTaken { .. } => "sku_taken",
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
