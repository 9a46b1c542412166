//! What kinds of errors there are, and what every contract's error must be able to say.

use std::error::Error;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The kind of an error: what a caller can do about it. `cleave-rest` maps each kind to one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request cannot be understood.
    Malformed,
    /// The request is understood and can never be right.
    Invalid,
    /// It is not known who asks.
    Unauthenticated,
    /// Who asks may not do this.
    Forbidden,
    /// A third party, which the store has to ask, says no.
    Declined,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The state of things stands against it now.
    Conflict,
    /// Too much work at once: try again later.
    Overloaded,
    /// A part of the store is away: try again later.
    Unavailable,
    /// No answer before the deadline; the outcome is unknown.
    Timeout,
    /// A fault of the store.
    Internal,
}

/// Why a call got no answer from the module itself. Contracts use the same words for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// The module cannot be reached, or refuses more work; names it.
    #[error("{0} is away; try again in a moment")]
    Unavailable(String),
    /// The deadline passed; the outcome is unknown.
    #[error("no answer in time; what a command did is unknown, so send it again with the same key")]
    Timeout,
    /// The module did not accept the user's access token, which may have expired on the way.
    #[error("an access token is needed: send the header authorization with `Bearer ACCESS_TOKEN`")]
    Unauthenticated,
    /// Something that should not happen; what exactly stands in the log.
    #[error("a fault of the store; its log tells more under the id of this request")]
    Internal,
}

/// The error of a contract: a closed enum whose variants survive the wire as themselves.
///
/// It serialises with its code as the tag (`#[serde(tag = "code", rename_all = "snake_case")]`), so that the
/// code a person reads and the variant a peer restores cannot drift apart.
pub trait ContractError: Error + Serialize + DeserializeOwned + 'static {
    /// What a caller can do about it.
    fn kind(&self) -> ErrorKind;

    /// The stable name of the variant, in snake case; scripts match on it.
    fn code(&self) -> &'static str;

    /// What a problem says beside its words, as members of its own (RFC 9457, section 3.2): names and values.
    fn members(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The error that a caller sees when the module itself gave no answer.
    fn from_failure(failure: CallFailure) -> Self;
}
