//! The use cases.

use std::sync::Arc;

use accounts_api::{
    Account, AccountEvent, AccountRegistered, Accounts, AccountsError, Credentials, MAX_EMAIL_BYTES,
    MAX_PASSWORD_CHARS, NewAccount, Session,
};
use async_trait::async_trait;
use cleave_auth::{Claims, TokenIssuer};
use cleave_core::{AccountId, Caller, Clock, Context, ContractError as _, Ids};
use cleave_db::{Database, WriteError, failure_of};
use cleave_events::Outbox;

use crate::account::{check, email_key};
use crate::store::Stored;
use crate::{Passwords, Settings, store};

/// The accounts with their database in this process. Clones are the same accounts: each worker thread takes one.
#[derive(Debug, Clone)]
pub struct LocalAccounts {
    database: Database,
    outbox: Outbox,
    issuer: Arc<TokenIssuer>,
    passwords: Arc<Passwords>,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    settings: Settings,
}

/// An account with admin rights cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The account is somebody's, who has no such rights.
    #[error("the account {email} is there already and has no admin rights: take another e-mail address")]
    NotAdmin {
        /// The e-mail address.
        email: String,
    },
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] AccountsError),
}

impl LocalAccounts {
    /// The accounts in this database, whose tables must be at the state of [`crate::MIGRATIONS`].
    pub fn new(
        database: Database,
        outbox: Outbox,
        issuer: Arc<TokenIssuer>,
        passwords: Arc<Passwords>,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        settings: &Settings,
    ) -> Self {
        Self { database, outbox, issuer, passwords, clock, ids, settings: settings.clone() }
    }

    /// The account with admin rights of this e-mail address; opens one with this password where there is none.
    pub async fn ensure_admin(
        &self,
        context: &Context,
        email: &str,
        password: String,
    ) -> Result<AccountId, AdminError> {
        if let Some(stored) = self.by_email(&email_key(email)).await? {
            if stored.is_admin {
                return Ok(stored.account.id);
            }
            return Err(AdminError::NotAdmin { email: email.to_owned() });
        }
        let request = NewAccount { email: email.to_owned(), password, name: "Store keeper".to_owned() };
        Ok(self.open(context, request, true).await?.id)
    }

    /// Whether an e-mail address has an account.
    pub async fn has_account(&self, email: &str) -> Result<bool, AccountsError> {
        Ok(self.by_email(&email_key(email)).await?.is_some())
    }

    async fn by_email(&self, email_key: &str) -> Result<Option<Stored>, AccountsError> {
        store::by_email(&self.database, email_key).await.map_err(|error| failed(&error))
    }

    async fn open(
        &self,
        context: &Context,
        request: NewAccount,
        is_admin: bool,
    ) -> Result<Account, AccountsError> {
        let NewAccount { email, password, name } = check(request)?;
        let email_key = email_key(&email);
        let key = context.idempotency_key.as_ref().map(|key| key.as_str().to_owned());
        if let Some(known) = self.by_email(&email_key).await? {
            return self.opened_before(known, key, &email, &name, password).await;
        }
        let password_hash = self.passwords.hash(password.clone()).await?;
        let created_at = self.clock.now();
        let account = Account {
            id: AccountId::from(self.ids.next()),
            email: email.clone(),
            name: name.clone(),
            created_at,
        };
        let event = AccountEvent::AccountRegistered(AccountRegistered {
            account_id: account.id,
            email: email.clone(),
            name: name.clone(),
        });
        let stored = Stored { account, password_hash, is_admin, idempotency_key: key.clone() };
        let opened = self
            .database
            .write(async |transaction| {
                if !store::insert(transaction, &email_key, &stored).await? {
                    return Ok::<_, WriteError<AccountsError>>(false);
                }
                let events = std::slice::from_ref(&event);
                self.outbox.record(transaction, context, created_at, events).await?;
                Ok(true)
            })
            .await;
        match opened {
            Ok(true) => {
                self.outbox.wake();
                Ok(stored.account)
            }
            Ok(false) => {
                let known = self.by_email(&email_key).await?.ok_or(AccountsError::Internal)?;
                self.opened_before(known, key, &email, &name, password).await
            }
            Err(WriteError::Database(error)) => Err(failed(&error)),
            Err(WriteError::Refused(refusal)) => Err(refusal),
        }
    }

    /// What registering an e-mail address is answered that has an account: it may be a repetition.
    async fn opened_before(
        &self,
        known: Stored,
        key: Option<String>,
        email: &str,
        name: &str,
        password: String,
    ) -> Result<Account, AccountsError> {
        if key.is_none() || known.idempotency_key != key {
            return Err(AccountsError::EmailTaken);
        }
        let is_same = known.account.email == email
            && known.account.name == name
            && self.passwords.verify(password, Some(&known.password_hash)).await?;
        if is_same { Ok(known.account) } else { Err(AccountsError::IdempotencyKeyReused) }
    }
}

#[async_trait(?Send)]
impl Accounts for LocalAccounts {
    async fn register(&self, context: &Context, request: NewAccount) -> Result<Account, AccountsError> {
        self.open(context, request, false).await
    }

    async fn create_session(
        &self,
        _context: &Context,
        request: Credentials,
    ) -> Result<Session, AccountsError> {
        let Credentials { email, password } = request;
        if email.len() > MAX_EMAIL_BYTES || password.chars().count() > MAX_PASSWORD_CHARS {
            return Err(AccountsError::InvalidCredentials);
        }
        let known = self.by_email(&email_key(&email)).await?;
        let stored_hash = known.as_ref().map(|stored| stored.password_hash.as_str());
        let is_right = self.passwords.verify(password, stored_hash).await?;
        let Some(stored) = known.filter(|_| is_right) else {
            return Err(AccountsError::InvalidCredentials);
        };
        let issued_at_s = self.clock.now().as_unix_seconds();
        let expires_in = self.settings.session_seconds.get();
        let access_token = self.issuer.issue(&Claims {
            account_id: stored.account.id.as_uuid(),
            admin: stored.is_admin,
            issued_at_s,
            expires_at_s: issued_at_s.saturating_add(expires_in),
        });
        Ok(Session { access_token, token_type: "Bearer".to_owned(), expires_in })
    }

    async fn get_own_account(&self, context: &Context) -> Result<Account, AccountsError> {
        let account_id = match &context.caller {
            Caller::User(user) => user.account_id,
            Caller::Anonymous => return Err(AccountsError::Unauthenticated),
            Caller::System => return Err(AccountsError::Forbidden),
        };
        store::by_id(&self.database, account_id)
            .await
            .map_err(|error| failed(&error))?
            .ok_or(AccountsError::AccountNotFound)
    }
}

fn failed(error: &sqlx::Error) -> AccountsError {
    AccountsError::from_failure(failure_of("accounts", error))
}
