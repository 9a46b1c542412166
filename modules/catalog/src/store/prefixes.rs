//! `product_prefixes`: under which beginnings of words a product is found.

use cleave_db::Transaction;
use sqlx::AssertSqlSafe;

use super::{placeholders, values};

/// Two values each: far below the 32,766 that SQLite takes, and no slower than more.
const ROWS_PER_STATEMENT: usize = 500;

/// Writes down prefixes and the numbers of their products. In the order of the index they go in fastest.
pub(crate) async fn insert_prefixes(
    transaction: &mut Transaction,
    rows: &[(String, i64)],
) -> Result<(), sqlx::Error> {
    for chunk in rows.chunks(ROWS_PER_STATEMENT) {
        let sql = format!("INSERT INTO product_prefixes (prefix, number) VALUES {}", values(chunk.len(), 2));
        let is_full = chunk.len() == ROWS_PER_STATEMENT;
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
        for (prefix, number) in chunk {
            query = query.bind(prefix.as_str()).bind(number);
        }
        query.execute(&mut *transaction).await?;
    }
    Ok(())
}

/// Takes away prefixes of one product.
pub(crate) async fn delete_prefixes(
    transaction: &mut Transaction,
    number: i64,
    prefixes: &[&String],
) -> Result<(), sqlx::Error> {
    for chunk in prefixes.chunks(ROWS_PER_STATEMENT) {
        let places = placeholders(2, chunk.len());
        let sql = format!("DELETE FROM product_prefixes WHERE number = $1 AND prefix IN ({places})");
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(number);
        for prefix in chunk {
            query = query.bind(prefix.as_str());
        }
        query.execute(&mut *transaction).await?;
    }
    Ok(())
}
