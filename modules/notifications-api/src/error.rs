//! What the notifications refuse, and why.

use cleave_core::{CallFailure, ContractError, ErrorKind};
use serde::{Deserialize, Serialize};

/// Why the notifications did not do what they were asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum NotificationsError {
    /// A parameter of a list is wrong.
    #[error("the parameter {parameter} is refused: {reason}")]
    InvalidParameter {
        /// Which parameter.
        parameter: String,
        /// What would be right.
        reason: String,
    },
    /// It is not known who asks.
    #[error("an access token is needed: send the header authorization with `Bearer ACCESS_TOKEN`")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("notifications are for customers")]
    Forbidden,
    /// No answer before the deadline.
    #[error("no answer in time; ask again")]
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

impl ContractError for NotificationsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidParameter { .. } => ErrorKind::Invalid,
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InvalidParameter { .. } => "invalid_parameter",
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
