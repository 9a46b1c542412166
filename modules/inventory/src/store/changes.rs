//! `stock_changes`: which products came into stock or ran out.

use cleave_db::Transaction;
use inventory_api::StockChange;
use sqlx::AssertSqlSafe;

use super::{MAX_ROWS_PER_STATEMENT, Reader, parse, values};
use crate::stock::Flip;

/// Numbers flips and writes them down. It must be the last thing that a transaction does: the row of the head
/// is locked from here to the commit, which makes the numbers dense and puts them in the order of commits.
pub(crate) async fn record_flips(transaction: &mut Transaction, flips: &[Flip]) -> Result<(), sqlx::Error> {
    for flips in flips.chunks(MAX_ROWS_PER_STATEMENT) {
        let count = i64::try_from(flips.len()).unwrap_or(i64::MAX);
        let last: i64 =
            sqlx::query_scalar("UPDATE stock_change_head SET number = number + $1 RETURNING number")
                .bind(count)
                .fetch_one(&mut *transaction)
                .await?;
        let rows = values(flips.len(), |index| {
            format!("($1 + {}, ${}, ${})", index + 1, 2 * index + 2, 2 * index + 3)
        });
        let sql = format!("INSERT INTO stock_changes (number, product_id, in_stock) VALUES {rows}");
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(last - count);
        for flip in flips {
            query = query.bind(flip.product_id.to_string()).bind(i64::from(flip.in_stock));
        }
        query.execute(&mut *transaction).await?;
    }
    Ok(())
}

/// The changes after a number, in order.
pub(crate) async fn list_changes(
    reader: impl Reader<'_>,
    after: i64,
    limit: u32,
) -> Result<Vec<StockChange>, sqlx::Error> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT number, product_id, in_stock FROM stock_changes WHERE number > $1 ORDER BY number LIMIT $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    rows.into_iter()
        .map(|(number, product_id, in_stock)| {
            Ok(StockChange { number, product_id: parse(&product_id)?, in_stock: in_stock == 1 })
        })
        .collect()
}
