//! `carts` and `cart_lines`: what is in the carts.

use cart_api::{CartContents, CartLine};
use catalog_api::ProductId;
use cleave_core::AccountId;
use cleave_db::Transaction;

use super::{Reader, parse};

/// What is in a cart, and its version: one statement, so that the two belong together.
pub(crate) async fn contents(
    reader: impl Reader<'_>,
    account_id: AccountId,
) -> Result<CartContents, sqlx::Error> {
    let rows: Vec<(i64, Option<String>, Option<i64>)> = sqlx::query_as(
        "SELECT carts.version, cart_lines.product_id, cart_lines.quantity FROM carts \
         LEFT JOIN cart_lines ON cart_lines.account_id = carts.account_id WHERE carts.account_id = $1 \
         ORDER BY cart_lines.added_at_version, cart_lines.product_id",
    )
    .bind(account_id.to_string())
    .fetch_all(reader)
    .await?;
    let version = rows.first().map_or(0, |(version, ..)| *version);
    let line = |(_, product_id, quantity): (i64, Option<String>, Option<i64>)| {
        let (product_id, quantity) = (product_id?, quantity?);
        Some(parse(&product_id).map(|product_id| CartLine { product_id, quantity }))
    };
    let lines = rows.into_iter().filter_map(line).collect::<Result<_, _>>()?;
    Ok(CartContents { version, lines })
}

/// The lines of a cart, in the order in which the products came in.
pub(crate) async fn lines(
    reader: impl Reader<'_>,
    account_id: AccountId,
) -> Result<Vec<CartLine>, sqlx::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT product_id, quantity FROM cart_lines WHERE account_id = $1 \
         ORDER BY added_at_version, product_id",
    )
    .bind(account_id.to_string())
    .fetch_all(reader)
    .await?;
    let line = |(product_id, quantity): (String, i64)| {
        parse(&product_id).map(|product_id| CartLine { product_id, quantity })
    };
    rows.into_iter().map(line).collect()
}

/// Gives a cart, new or not, its next version.
pub(crate) async fn next_version(
    transaction: &mut Transaction,
    account_id: AccountId,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO carts (account_id, version) VALUES ($1, 1) \
         ON CONFLICT (account_id) DO UPDATE SET version = carts.version + 1 RETURNING version",
    )
    .bind(account_id.to_string())
    .fetch_one(transaction)
    .await
}

/// Gives a cart its next version, if it still has this one.
pub(crate) async fn advance_version(
    transaction: &mut Transaction,
    account_id: AccountId,
    version: i64,
) -> Result<bool, sqlx::Error> {
    let advanced =
        sqlx::query("UPDATE carts SET version = version + 1 WHERE account_id = $1 AND version = $2")
            .bind(account_id.to_string())
            .bind(version)
            .execute(transaction)
            .await?;
    Ok(advanced.rows_affected() == 1)
}

/// Sets the quantity of a product; one that is new takes its place at the end.
pub(crate) async fn upsert_line(
    transaction: &mut Transaction,
    account_id: AccountId,
    line: &CartLine,
    version: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO cart_lines (account_id, product_id, quantity, added_at_version) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account_id, product_id) DO UPDATE SET quantity = excluded.quantity",
    )
    .bind(account_id.to_string())
    .bind(line.product_id.to_string())
    .bind(line.quantity)
    .bind(version)
    .execute(transaction)
    .await
    .map(|_| ())
}

/// Takes a product out; `false` where it is not in the cart.
pub(crate) async fn delete_line(
    transaction: &mut Transaction,
    account_id: AccountId,
    product_id: ProductId,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query("DELETE FROM cart_lines WHERE account_id = $1 AND product_id = $2")
        .bind(account_id.to_string())
        .bind(product_id.to_string())
        .execute(transaction)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Takes everything out.
pub(crate) async fn delete_lines(
    transaction: &mut Transaction,
    account_id: AccountId,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM cart_lines WHERE account_id = $1")
        .bind(account_id.to_string())
        .execute(transaction)
        .await
        .map(|_| ())
}
