//! `created_products`: which command made which product.

use catalog_api::ProductId;
use cleave_db::Transaction;

use super::{Reader, parse};

/// A command with a key, as it is told from others.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) caller: String,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
}

/// What was made under a key.
#[derive(Debug)]
pub(crate) struct Created {
    pub(crate) fingerprint: String,
    pub(crate) product_id: ProductId,
}

/// What this caller has made under this key.
pub(crate) async fn find_created(
    reader: impl Reader<'_>,
    command: &Command,
) -> Result<Option<Created>, sqlx::Error> {
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT fingerprint, product_id FROM created_products WHERE caller = $1 AND idempotency_key = $2",
    )
    .bind(command.caller.as_str())
    .bind(command.key.as_str())
    .fetch_optional(reader)
    .await?;
    row.map(|(fingerprint, product_id)| Ok(Created { fingerprint, product_id: parse(&product_id)? }))
        .transpose()
}

/// Writes down what is made under a key that is free.
pub(crate) async fn insert_created(
    transaction: &mut Transaction,
    command: &Command,
    product_id: ProductId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO created_products (caller, idempotency_key, fingerprint, product_id) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(command.caller.as_str())
    .bind(command.key.as_str())
    .bind(command.fingerprint.as_str())
    .bind(product_id.to_string())
    .execute(transaction)
    .await
    .map(|_| ())
}
