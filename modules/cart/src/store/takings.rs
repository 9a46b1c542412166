//! `cart_takings` and `taking_lines`: carts that a checkout has taken.
//!
//! A row is never deleted, its lines never change, and its state leaves `taken` once.

use cart_api::{CartLine, CartTaking, TakingId, TakingState};
use cleave_core::AccountId;
use cleave_db::{Statements, Transaction};
use sqlx::AssertSqlSafe;

use super::{Reader, parse};

/// Makes a taking, without its lines; `false` where its id is taken.
pub(crate) async fn insert_taking(
    transaction: &mut Transaction,
    taking: &CartTaking,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO cart_takings (taking_id, account_id, state) VALUES ($1, $2, $3) \
         ON CONFLICT (taking_id) DO NOTHING",
    )
    .bind(taking.taking_id.to_string())
    .bind(taking.account_id.to_string())
    .bind(state_text(taking.state))
    .execute(transaction)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes the lines of a taking that was just made.
pub(crate) async fn insert_taking_lines(
    transaction: &mut Transaction,
    taking_id: TakingId,
    lines: &[CartLine],
) -> Result<(), sqlx::Error> {
    let row = |index: usize| format!("($1, {index}, ${}, ${})", 2 * index + 2, 2 * index + 3);
    let rows = (0..lines.len()).map(row).collect::<Vec<_>>().join(", ");
    let sql = format!("INSERT INTO taking_lines (taking_id, number, product_id, quantity) VALUES {rows}");
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(taking_id.to_string());
    for line in lines {
        query = query.bind(line.product_id.to_string()).bind(line.quantity);
    }
    query.execute(transaction).await.map(|_| ())
}

/// Marks a taking as put back, and tells whose it is; `None` where it was put back already.
pub(crate) async fn end_taking(
    transaction: &mut Transaction,
    taking_id: TakingId,
) -> Result<Option<AccountId>, sqlx::Error> {
    let account_id: Option<String> = sqlx::query_scalar(
        "UPDATE cart_takings SET state = 'put_back' WHERE taking_id = $1 AND state = 'taken' \
         RETURNING account_id",
    )
    .bind(taking_id.to_string())
    .fetch_optional(transaction)
    .await?;
    account_id.map(|account_id| parse(&account_id)).transpose()
}

/// What was taken, in the order of the cart.
pub(crate) async fn taking_lines(
    reader: impl Reader<'_>,
    taking_id: TakingId,
) -> Result<Vec<CartLine>, sqlx::Error> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT product_id, quantity FROM taking_lines WHERE taking_id = $1 ORDER BY number")
            .bind(taking_id.to_string())
            .fetch_all(reader)
            .await?;
    let line = |(product_id, quantity): (String, i64)| {
        parse(&product_id).map(|product_id| CartLine { product_id, quantity })
    };
    rows.into_iter().map(line).collect()
}

/// A taking with its lines.
pub(crate) async fn taking(
    readers: Statements<'_>,
    taking_id: TakingId,
) -> Result<Option<CartTaking>, sqlx::Error> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT account_id, state FROM cart_takings WHERE taking_id = $1")
            .bind(taking_id.to_string())
            .fetch_optional(readers)
            .await?;
    let Some((account_id, state)) = row else { return Ok(None) };
    let lines = taking_lines(readers, taking_id).await?;
    Ok(Some(CartTaking { taking_id, account_id: parse(&account_id)?, state: parse_state(&state)?, lines }))
}

fn state_text(state: TakingState) -> &'static str {
    match state {
        TakingState::Taken => "taken",
        TakingState::PutBack => "put_back",
    }
}

fn parse_state(text: &str) -> Result<TakingState, sqlx::Error> {
    match text {
        "taken" => Ok(TakingState::Taken),
        "put_back" => Ok(TakingState::PutBack),
        unknown => Err(sqlx::Error::Decode(format!("`{unknown}` is not the state of a taking").into())),
    }
}
