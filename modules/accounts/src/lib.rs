//! The accounts: who you are, passwords and access tokens.
//!
//! [`LocalAccounts`] keeps what `accounts-api` promises, in a database of its own. Passwords are hashed with argon2id on threads
//! of their own, a few at a time ([`Passwords`]): neither can they hold up other requests, nor can many logins take all memory.
//! Tokens are signed with a key that only this module has; whoever wants to check one needs nothing but the public key.
//!
//! It knows no HTTP: the adapter stands in `accounts_api::rest`. It runs nothing by itself.
//!
//! Start at `local.rs` (the use cases), go on to `account.rs` (what is refused) and `passwords.rs`.

mod account;
pub mod audit;
mod local;
mod passwords;
mod store;
#[cfg(test)]
mod tests;

use std::num::{NonZeroU64, NonZeroUsize};

use cleave_db::{Migration, Migrations};
use serde::Deserialize;

pub use local::{AdminError, LocalAccounts};
pub use passwords::Passwords;

/// The history of the accounts' tables.
pub const MIGRATIONS: Migrations = Migrations(&[
    Migration {
        version: 1,
        name: "accounts",
        sql: include_str!("../../../migrations/accounts/0001_accounts.sql"),
    },
    Migration { version: 2, name: "outbox", sql: cleave_events::OUTBOX_SQL },
]);

/// What can be set: the section `accounts` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// For how long an access token is good, in seconds.
    pub session_seconds: NonZeroU64,
    /// How many passwords a process hashes at the same time.
    pub concurrent_hashes: NonZeroUsize,
    /// How many may wait for that; more are refused.
    pub queued_hashes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_seconds: const { NonZeroU64::new(3_600).expect("not zero") },
            concurrent_hashes: const { NonZeroUsize::new(2).expect("not zero") },
            queued_hashes: 32,
        }
    }
}
