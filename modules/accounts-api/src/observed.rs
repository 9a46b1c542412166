//! The contract with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Calls;

use crate::{Account, Accounts, AccountsError, Credentials, NewAccount, Session};

/// Hands every call to [`Calls`] on its way to another [`Accounts`], whichever link that one stands for.
pub struct ObservedAccounts {
    inner: Rc<dyn Accounts>,
    calls: Calls,
}

impl ObservedAccounts {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Accounts>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Accounts for ObservedAccounts {
    async fn register(&self, context: &Context, request: NewAccount) -> Result<Account, AccountsError> {
        self.calls.observe("register", context, self.inner.register(context, request)).await
    }

    async fn create_session(
        &self,
        context: &Context,
        request: Credentials,
    ) -> Result<Session, AccountsError> {
        self.calls.observe("create_session", context, self.inner.create_session(context, request)).await
    }

    async fn get_own_account(&self, context: &Context) -> Result<Account, AccountsError> {
        self.calls.observe("get_own_account", context, self.inner.get_own_account(context)).await
    }
}
