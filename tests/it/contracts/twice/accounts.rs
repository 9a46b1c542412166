//! The accounts.

use accounts_api::{Account, Accounts, AccountsError, Credentials, NewAccount, Session};
use async_trait::async_trait;
use cleave_core::Context;

use super::{Twice, same, same_but};

/// Each login gives a token of its own, which says when it was issued: it is left out.
#[async_trait(?Send)]
impl Accounts for Twice<dyn Accounts> {
    async fn register(&self, context: &Context, request: NewAccount) -> Result<Account, AccountsError> {
        same(async || self.0.register(context, request.clone()).await).await
    }

    async fn create_session(
        &self,
        context: &Context,
        request: Credentials,
    ) -> Result<Session, AccountsError> {
        let without_token = |session| Session { access_token: String::new(), ..session };
        same_but(without_token, async || self.0.create_session(context, request.clone()).await).await
    }

    async fn get_own_account(&self, context: &Context) -> Result<Account, AccountsError> {
        same(async || self.0.get_own_account(context).await).await
    }
}
