//! What the accounts say to an audit of the whole store.

use std::collections::BTreeSet;

use cleave_db::Database;
use sqlx::Row as _;

/// The ids of all accounts.
pub async fn account_ids(database: &Database) -> Result<BTreeSet<String>, sqlx::Error> {
    let rows = sqlx::query("SELECT account_id FROM accounts").fetch_all(database.readers()).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
