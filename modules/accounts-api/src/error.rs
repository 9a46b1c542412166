//! What the accounts refuse, and why.

use cleave_core::{CallFailure, ContractError, ErrorKind};
use serde::{Deserialize, Serialize};

/// Why the accounts did not do what they were asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum AccountsError {
    /// An account has this e-mail address, perhaps in other letter case.
    #[error("there is an account with this e-mail address: log in, or take another address")]
    EmailTaken,
    /// A field of the request is wrong.
    #[error("{field} is refused: {reason}")]
    InvalidAccount {
        /// Which field.
        field: String,
        /// What would be right.
        reason: String,
    },
    /// The password is easily guessed.
    #[error("the password is refused: {reason}")]
    WeakPassword {
        /// What would be right.
        reason: String,
    },
    /// No account has this e-mail address and this password.
    #[error("the e-mail address or the password is wrong")]
    InvalidCredentials,
    /// The caller's account is not there.
    #[error("there is no account that this access token speaks of")]
    AccountNotFound,
    /// The key was used for another command.
    #[error("this idempotency key was used for another request; a new request takes a new key")]
    IdempotencyKeyReused,
    /// Too many are registering or logging in.
    #[error("too many are logging in at this moment; try again in a moment")]
    Overloaded,
    /// It is not known who asks.
    #[error("an access token is needed: send the header authorization with `Bearer ACCESS_TOKEN`")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("accounts are for people")]
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

impl ContractError for AccountsError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::EmailTaken => ErrorKind::Conflict,
            Self::InvalidAccount { .. } | Self::WeakPassword { .. } | Self::IdempotencyKeyReused => {
                ErrorKind::Invalid
            }
            Self::InvalidCredentials | Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::AccountNotFound => ErrorKind::NotFound,
            Self::Overloaded => ErrorKind::Overloaded,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::EmailTaken => "email_taken",
            Self::InvalidAccount { .. } => "invalid_account",
            Self::WeakPassword { .. } => "weak_password",
            Self::InvalidCredentials => "invalid_credentials",
            Self::AccountNotFound => "account_not_found",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Overloaded => "overloaded",
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
