//! The types of the contract.

use std::fmt;

use cleave_core::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest e-mail address, in bytes: RFC 5321, section 4.5.3.1.3, less its angle brackets.
pub const MAX_EMAIL_BYTES: usize = 254;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 80;

/// The shortest password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 10;

/// The longest password, in characters.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// As its owner has written it.
    pub email: String,
    /// How its owner wants to be called.
    pub name: String,
    /// When it was opened.
    pub created_at: Timestamp,
}

/// An account that is to be opened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// An e-mail address that no other account has.
    #[schema(max_length = 254, example = "ada@example.org")]
    pub email: String,
    /// 10 to 128 characters that are not easily guessed.
    #[schema(min_length = 10, max_length = 128)]
    pub password: String,
    /// 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
}

/// What somebody logs in with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The account's e-mail address, in any letter case.
    pub email: String,
    /// The account's password.
    pub password: String,
}

/// What somebody who has logged in shows from then on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// To be sent in the header `authorization`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// For how many seconds the token is good.
    pub expires_in: u64,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { email, password: _, name } = self;
        formatter.debug_struct("NewAccount").field("email", email).field("name", name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("email", &self.email).finish_non_exhaustive()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_not_printed() {
        let secret = || "very-secret".to_owned();
        let new = NewAccount { email: String::new(), password: secret(), name: String::new() };
        let credentials = Credentials { email: String::new(), password: secret() };
        let session = Session { access_token: secret(), token_type: "Bearer".to_owned(), expires_in: 1 };
        assert!(!format!("{new:?}{credentials:?}{session:?}").contains("very-secret"));
    }
}
