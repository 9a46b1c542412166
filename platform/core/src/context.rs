//! What travels with every call.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{AccountId, IdempotencyKey, Ids};

/// What travels with every call, over every link: which request it belongs to, until when an answer is of
/// use, who asks, and under which key.
#[derive(Debug, Clone)]
pub struct Context {
    /// Ties together what all processes do for one request.
    pub request_id: RequestId,
    /// After this moment of monotonic time nobody waits for the answer any more.
    pub deadline: Instant,
    /// Who asks.
    pub caller: Caller,
    /// Makes a retry of this command safe.
    pub idempotency_key: Option<IdempotencyKey>,
}

impl Context {
    /// The context of work that the store does on its own account.
    pub fn background(ids: &Ids, deadline: Instant) -> Self {
        Self {
            request_id: RequestId::from_uuid(ids.next()),
            deadline,
            caller: Caller::System,
            idempotency_key: None,
        }
    }

    /// The same context under another key: what a module passes on when it calls another one.
    #[must_use]
    pub fn with_key(&self, key: IdempotencyKey) -> Self {
        Self { idempotency_key: Some(key), ..self.clone() }
    }

    /// How much time is left at `now`; zero when the deadline has passed.
    pub fn remaining(&self, now: Instant) -> Duration {
        self.deadline.saturating_duration_since(now)
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Somebody without an access token.
    Anonymous,
    /// Somebody whose access token has been checked.
    User(User),
    /// The store itself: background work and recovery.
    System,
}

impl Caller {
    /// Whether this caller may change what the store sells.
    pub fn is_admin(&self) -> bool {
        matches!(self, Self::User(User { admin: true, .. }) | Self::System)
    }

    /// The account of a user; `None` for all others.
    pub fn account_id(&self) -> Option<AccountId> {
        match self {
            Self::User(user) => Some(user.account_id),
            Self::Anonymous | Self::System => None,
        }
    }
}

/// A user whose access token has been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Whose token it is.
    pub account_id: AccountId,
    /// Whether the account has admin rights.
    pub admin: bool,
    /// The token itself: it travels along, so that each module checks it for itself.
    pub access_token: Arc<str>,
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account_id, admin, access_token: _ } = self;
        formatter.debug_struct("User").field("account_id", account_id).field("admin", admin).finish()
    }
}

/// Names one request in every process, log and answer: 1 to 64 letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The longest id, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// Takes an id that somebody else has given; `None` when it is not fit to stand in a header and a log.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (fits && plain).then(|| Self(text.into()))
    }

    /// A new id.
    pub fn from_uuid(id: uuid::Uuid) -> Self {
        Self(Arc::from(&*id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_cannot_carry_a_header_or_a_log_line() {
        assert!(RequestId::parse("0198-abc_DEF").is_some());
        for refused in ["", "a b", "a\r\nx: y", "ü", &"x".repeat(65)] {
            assert!(RequestId::parse(refused).is_none(), "{refused:?}");
        }
    }

    #[test]
    fn a_user_prints_without_the_token() {
        let account_id = AccountId::from(uuid::Uuid::nil());
        let user = User { account_id, admin: true, access_token: "very-secret".into() };
        assert!(!format!("{user:?}").contains("very-secret"));
    }
}
