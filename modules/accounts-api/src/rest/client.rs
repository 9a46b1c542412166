//! The client half: [`Accounts`] that are somewhere else.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Peer;

use super::paths;
use crate::{Account, Accounts, AccountsError, Credentials, NewAccount, Session};

/// The accounts behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteAccounts(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Accounts for RemoteAccounts {
    async fn register(&self, context: &Context, request: NewAccount) -> Result<Account, AccountsError> {
        self.0.post(context, paths::ACCOUNTS, &request).await
    }

    async fn create_session(
        &self,
        context: &Context,
        request: Credentials,
    ) -> Result<Session, AccountsError> {
        self.0.post(context, paths::SESSIONS, &request).await
    }

    async fn get_own_account(&self, context: &Context) -> Result<Account, AccountsError> {
        self.0.get(context, paths::OWN_ACCOUNT).await
    }
}
