//! `stock_follower`, and what it moves in `products`.

use catalog_api::ProductId;
use cleave_db::Transaction;
use sqlx::AssertSqlSafe;

use super::{Reader, placeholders};

/// The number of the last stock change that has been applied.
pub(crate) async fn last_applied(reader: impl Reader<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT number FROM stock_follower WHERE only_row = 1").fetch_one(reader).await
}

/// Goes on from one number to another; `false` where somebody else has gone on from there.
pub(crate) async fn advance(transaction: &mut Transaction, from: i64, to: i64) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query("UPDATE stock_follower SET number = $2 WHERE only_row = 1 AND number = $1")
        .bind(from)
        .bind(to)
        .execute(transaction)
        .await?;
    Ok(moved.rows_affected() == 1)
}

/// Says of these products whether any can be sold. Products that are not there are left out: the level of a
/// product that was never finished may change as any other.
pub(crate) async fn set_in_stock(
    transaction: &mut Transaction,
    product_ids: &[ProductId],
    in_stock: bool,
) -> Result<(), sqlx::Error> {
    if product_ids.is_empty() {
        return Ok(());
    }
    let places = placeholders(2, product_ids.len());
    let sql = format!("UPDATE products SET in_stock = $1 WHERE product_id IN ({places})");
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(i64::from(in_stock));
    for product_id in product_ids {
        query = query.bind(product_id.to_string());
    }
    query.execute(transaction).await.map(|_| ())
}
