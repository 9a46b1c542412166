//! What the payments refuse, and why.

use cleave_core::{CallFailure, ContractError, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::PaymentId;

/// Why a provider says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The card is not accepted.
    CardDeclined,
    /// There is not enough money.
    InsufficientFunds,
}

impl DeclineReason {
    /// The reason in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CardDeclined => "card_declined",
            Self::InsufficientFunds => "insufficient_funds",
        }
    }
}

/// Why the payments did not do what they were asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum PaymentsError {
    /// The provider says no.
    #[error("payment {payment_id} was declined: {}", reason.as_str())]
    PaymentDeclined {
        /// Which payment.
        payment_id: PaymentId,
        /// Why.
        reason: DeclineReason,
    },
    /// The provider knows no such token.
    #[error("the payment provider does not know this payment_token")]
    UnknownPaymentToken,
    /// The amount cannot be paid.
    #[error("amount {amount} is refused: write 0 or more minor units")]
    InvalidAmount {
        /// The amount as it was given.
        amount: i64,
    },
    /// The id stands for another payment.
    #[error("payment {payment_id} has another amount, token or account")]
    PaymentMismatch {
        /// Which payment.
        payment_id: PaymentId,
    },
    /// There is no such payment.
    #[error("there is no payment {payment_id}")]
    PaymentNotFound {
        /// Which one was asked for.
        payment_id: PaymentId,
    },
    /// The payment was voided, or may never be made.
    #[error("payment {payment_id} was voided")]
    PaymentVoided {
        /// Which payment.
        payment_id: PaymentId,
    },
    /// The payment was captured and can only be refunded.
    #[error("payment {payment_id} was captured")]
    PaymentCaptured {
        /// Which payment.
        payment_id: PaymentId,
    },
    /// The payment was not captured, so there is nothing to refund.
    #[error("payment {payment_id} was not captured")]
    PaymentNotCaptured {
        /// Which payment.
        payment_id: PaymentId,
    },
    /// It is not known who asks.
    #[error("payments are for the store's own work: present the service credential as the system")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("payments are for the store's own work, and for nobody else")]
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

impl ContractError for PaymentsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::PaymentDeclined { .. } => ErrorKind::Declined,
            Self::UnknownPaymentToken | Self::InvalidAmount { .. } | Self::PaymentMismatch { .. } => {
                ErrorKind::Invalid
            }
            Self::PaymentNotFound { .. } => ErrorKind::NotFound,
            Self::PaymentVoided { .. } | Self::PaymentCaptured { .. } | Self::PaymentNotCaptured { .. } => {
                ErrorKind::Conflict
            }
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::PaymentDeclined { .. } => "payment_declined",
            Self::UnknownPaymentToken => "unknown_payment_token",
            Self::InvalidAmount { .. } => "invalid_amount",
            Self::PaymentMismatch { .. } => "payment_mismatch",
            Self::PaymentNotFound { .. } => "payment_not_found",
            Self::PaymentVoided { .. } => "payment_voided",
            Self::PaymentCaptured { .. } => "payment_captured",
            Self::PaymentNotCaptured { .. } => "payment_not_captured",
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
