//! `stock_levels`: how many there are.

use catalog_api::ProductId;
use cleave_db::Transaction;
use inventory_api::ReservationLine;
use sqlx::AssertSqlSafe;

use super::{Reader, parse, values};

/// The units that can be sold; `None` for an unknown product.
pub(crate) async fn available(
    reader: impl Reader<'_>,
    product_id: ProductId,
) -> Result<Option<i64>, sqlx::Error> {
    // This is the hottest query of the store: the id is written on the stack, without a formatter.
    let mut text = [0; 36];
    let product_id: &str = product_id.as_uuid().hyphenated().encode_lower(&mut text);
    sqlx::query_scalar("SELECT available FROM stock_levels WHERE product_id = $1")
        .bind(product_id)
        .fetch_optional(reader)
        .await
}

/// Whether a level was opened.
pub(crate) async fn is_known(
    transaction: &mut Transaction,
    product_id: ProductId,
) -> Result<bool, sqlx::Error> {
    Ok(available(transaction, product_id).await?.is_some())
}

/// Opens levels with the units that are there, and tells which ones were not open yet.
pub(crate) async fn open_levels(
    transaction: &mut Transaction,
    levels: &[(ProductId, i64)],
) -> Result<Vec<(ProductId, i64)>, sqlx::Error> {
    let rows = values(levels.len(), |index| {
        let (product_id, units) = (2 * index + 1, 2 * index + 2);
        format!("(${product_id}, ${units}, ${units}, 0, 0, 1)")
    });
    let sql = format!(
        "INSERT INTO stock_levels (product_id, received, available, reserved, sold, last_movement) \
         VALUES {rows} ON CONFLICT (product_id) DO NOTHING RETURNING product_id, received"
    );
    let mut query = sqlx::query_as::<_, (String, i64)>(AssertSqlSafe(sql));
    for (product_id, units) in levels {
        query = query.bind(product_id.to_string()).bind(units);
    }
    let opened = query.fetch_all(transaction).await?;
    opened.into_iter().map(|(product_id, units)| Ok((parse(&product_id)?, units))).collect()
}

/// Adds goods, and tells what can be sold then; `None` for an unknown product.
pub(crate) async fn receive_units(
    transaction: &mut Transaction,
    product_id: ProductId,
    quantity: i64,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE stock_levels SET received = received + $1, available = available + $1, \
         last_movement = last_movement + 1 WHERE product_id = $2 RETURNING available",
    )
    .bind(quantity)
    .bind(product_id.to_string())
    .fetch_optional(transaction)
    .await
}

/// Sets units aside, and tells what can be sold then; `None` where there are not enough.
pub(crate) async fn reserve_units(
    transaction: &mut Transaction,
    line: &ReservationLine,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE stock_levels SET available = available - $1, reserved = reserved + $1, \
         last_movement = last_movement + 1 WHERE product_id = $2 AND available >= $1 RETURNING available",
    )
    .bind(line.quantity)
    .bind(line.product_id.to_string())
    .fetch_optional(transaction)
    .await
}

/// Sells reserved units.
pub(crate) async fn commit_units(
    transaction: &mut Transaction,
    line: &ReservationLine,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE stock_levels SET reserved = reserved - $1, sold = sold + $1, \
         last_movement = last_movement + 1 WHERE product_id = $2",
    )
    .bind(line.quantity)
    .bind(line.product_id.to_string())
    .execute(transaction)
    .await
    .map(|_| ())
}

/// Takes sold units back, and tells what can be sold then.
pub(crate) async fn return_units(
    transaction: &mut Transaction,
    line: &ReservationLine,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE stock_levels SET available = available + $1, sold = sold - $1, \
         last_movement = last_movement + 1 WHERE product_id = $2 RETURNING available",
    )
    .bind(line.quantity)
    .bind(line.product_id.to_string())
    .fetch_one(transaction)
    .await
}

/// Puts reserved units back, and tells what can be sold then.
pub(crate) async fn release_units(
    transaction: &mut Transaction,
    line: &ReservationLine,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE stock_levels SET available = available + $1, reserved = reserved - $1, \
         last_movement = last_movement + 1 WHERE product_id = $2 RETURNING available",
    )
    .bind(line.quantity)
    .bind(line.product_id.to_string())
    .fetch_one(transaction)
    .await
}
