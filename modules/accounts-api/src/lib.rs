//! The contract of the accounts: who you are.
//!
//! Whoever registers has an account; whoever logs in gets an access token, which is good for a while and is checked by each
//! module for itself. An e-mail address in another letter case is the same address.

mod error;
mod events;
mod model;
mod observed;
pub mod rest;

use async_trait::async_trait;
use cleave_core::Context;

pub use error::AccountsError;
pub use events::{AccountEvent, AccountRegistered};
pub use model::{
    Account, Credentials, MAX_EMAIL_BYTES, MAX_NAME_CHARS, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS,
    NewAccount, Session,
};
pub use observed::ObservedAccounts;

/// What the accounts promise. All of it is published.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait(?Send)]
pub trait Accounts {
    /// Opens an account. With an idempotency key the same command again is answered with the account that it opened.
    async fn register(&self, context: &Context, request: NewAccount) -> Result<Account, AccountsError>;

    /// Logs in.
    async fn create_session(&self, context: &Context, request: Credentials)
    -> Result<Session, AccountsError>;

    /// The caller's account.
    async fn get_own_account(&self, context: &Context) -> Result<Account, AccountsError>;
}
