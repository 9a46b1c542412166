//! The SQL of the accounts, in the words that all engines share.

use accounts_api::Account;
use cleave_core::{AccountId, Timestamp};
use cleave_db::{Database, Transaction};
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// An account as its row has it.
pub(crate) struct Stored {
    pub(crate) account: Account,
    pub(crate) password_hash: String,
    pub(crate) is_admin: bool,
    pub(crate) idempotency_key: Option<String>,
}

macro_rules! columns {
    () => {
        "account_id, email, name, password_hash, admin, idempotency_key, created_at"
    };
}

/// Opens an account; `false` where its e-mail address has one.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    email_key: &str,
    stored: &Stored,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(concat!(
        "INSERT INTO accounts (email_key, ",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email_key) DO NOTHING"
    ))
    .bind(email_key)
    .bind(stored.account.id.to_string())
    .bind(&stored.account.email)
    .bind(&stored.account.name)
    .bind(&stored.password_hash)
    .bind(i64::from(stored.is_admin))
    .bind(&stored.idempotency_key)
    .bind(stored.account.created_at.as_micros())
    .execute(transaction)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The account of an e-mail address.
pub(crate) async fn by_email(database: &Database, email_key: &str) -> Result<Option<Stored>, sqlx::Error> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM accounts WHERE email_key = $1"))
        .bind(email_key)
        .fetch_optional(database.readers())
        .await?;
    row.as_ref().map(stored).transpose()
}

/// An account.
pub(crate) async fn by_id(
    database: &Database,
    account_id: AccountId,
) -> Result<Option<Account>, sqlx::Error> {
    let row = sqlx::query(concat!("SELECT ", columns!(), " FROM accounts WHERE account_id = $1"))
        .bind(account_id.to_string())
        .fetch_optional(database.readers())
        .await?;
    row.as_ref().map(|row| stored(row).map(|stored| stored.account)).transpose()
}

fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    let id = row.try_get::<String, _>(0)?;
    let id = id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let (email, name) = (row.try_get(1)?, row.try_get(2)?);
    let created_at = Timestamp::from_micros(row.try_get(6)?);
    Ok(Stored {
        account: Account { id, email, name, created_at },
        password_hash: row.try_get(3)?,
        is_admin: row.try_get::<i64, _>(4)? == 1,
        idempotency_key: row.try_get(5)?,
    })
}
