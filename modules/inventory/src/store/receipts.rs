//! `receipts`: goods that came in, by the key of their caller.

use cleave_core::{IdempotencyKey, Timestamp};
use cleave_db::Transaction;
use inventory_api::Receipt;

use super::{Reader, parse};

/// Remembers a receipt under its key; `false` where the key has one already.
pub(crate) async fn insert_receipt(
    transaction: &mut Transaction,
    caller: &str,
    key: &IdempotencyKey,
    receipt: &Receipt,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO receipts (caller, idempotency_key, product_id, quantity, available, received_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (caller, idempotency_key) DO NOTHING",
    )
    .bind(caller)
    .bind(key.as_str())
    .bind(receipt.product_id.to_string())
    .bind(receipt.quantity)
    .bind(receipt.available)
    .bind(receipt.received_at.as_micros())
    .execute(transaction)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The receipt that a caller has booked under a key.
pub(crate) async fn receipt(
    reader: impl Reader<'_>,
    caller: &str,
    key: &IdempotencyKey,
) -> Result<Option<Receipt>, sqlx::Error> {
    let row: Option<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT product_id, quantity, available, received_at FROM receipts \
         WHERE caller = $1 AND idempotency_key = $2",
    )
    .bind(caller)
    .bind(key.as_str())
    .fetch_optional(reader)
    .await?;
    row.map(|(product_id, quantity, available, received_at)| {
        let received_at = Timestamp::from_micros(received_at);
        Ok(Receipt { product_id: parse(&product_id)?, quantity, available, received_at })
    })
    .transpose()
}
