//! The SQL of the orders, and nothing else: the table `orders`, in the words that all engines share.

use cleave_core::{AccountId, Money, RequestId, Timestamp};
use cleave_db::{Database, Transaction, is_unique_violation};
use futures_util::TryStreamExt as _;
use orders_api::{OrderId, OrderStatus};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use crate::order::{Lease, Phase, Record};

/// The columns of [`record`], in its order.
macro_rules! columns {
    () => {
        "order_id, account_id, number, idempotency_key, fingerprint, request_id, cart_version, lines, total, currency, \
         created_at, status, phase, refusal, payment_token, updated_at, lease_token, lease_until"
    };
}

/// How often an order is inserted when the next number of its account goes to another one.
const MAX_INSERT_ATTEMPTS: u32 = 8;

/// Makes an order, with the next number of its account; `false` where its key has one already. One statement is the whole
/// transaction.
pub(crate) async fn insert(database: &Database, order: &Record) -> Result<bool, sqlx::Error> {
    let mut attempt = 1;
    loop {
        match try_insert(database, order).await {
            Err(error) if is_unique_violation(&error) && attempt < MAX_INSERT_ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
    }
}

async fn try_insert(database: &Database, order: &Record) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(concat!(
        "INSERT INTO orders (",
        columns!(),
        ") SELECT $1, $2, (SELECT COALESCE(MAX(number), 0) + 1 FROM orders WHERE account_id = $2), $3, $4, $5, \
         CAST($6 AS BIGINT), $7, CAST($8 AS BIGINT), $9, CAST($10 AS BIGINT), $11, $12, $13, $14, CAST($15 AS BIGINT), \
         $16, CAST($17 AS BIGINT) WHERE 1 = 1 ON CONFLICT (account_id, idempotency_key) DO NOTHING"
    ))
    .bind(order.order_id.to_string())
    .bind(order.account_id.to_string())
    .bind(&order.idempotency_key)
    .bind(&order.fingerprint)
    .bind(order.request_id.as_str())
    .bind(order.cart_version)
    .bind(json(&order.lines)?)
    .bind(order.total.amount)
    .bind(order.total.currency.as_str())
    .bind(order.created_at.as_micros())
    .bind(status_text(order.status))
    .bind(phase_text(order.phase))
    .bind(order.refusal.as_ref().map(json).transpose()?)
    .bind(&order.payment_token)
    .bind(order.updated_at.as_micros())
    .bind(&order.lease.token)
    .bind(order.lease.until.as_micros())
    .execute(database.writer())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Writes where a checkout has come to; `false` where somebody else drives it, or it is no longer in the phase `from`.
pub(crate) async fn advance(
    writer: impl Executor<'_, Database = Any>,
    from: Phase,
    order: &Record,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query(
        "UPDATE orders SET status = $4, phase = $5, refusal = $6, payment_token = $7, updated_at = $8, \
         lease_until = $9 WHERE order_id = $1 AND lease_token = $2 AND phase = $3",
    )
    .bind(order.order_id.to_string())
    .bind(&order.lease.token)
    .bind(phase_text(from))
    .bind(status_text(order.status))
    .bind(phase_text(order.phase))
    .bind(order.refusal.as_ref().map(json).transpose()?)
    .bind(&order.payment_token)
    .bind(order.updated_at.as_micros())
    .bind(order.lease.until.as_micros())
    .execute(writer)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Gives a checkout to another driver; `false` where it is no longer `from` who drives it.
pub(crate) async fn take_over(
    database: &Database,
    order_id: OrderId,
    from: &Lease,
    to: &Lease,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query(
        "UPDATE orders SET lease_token = $4, lease_until = $5 \
         WHERE order_id = $1 AND lease_token = $2 AND lease_until = $3 AND phase <> 'settled'",
    )
    .bind(order_id.to_string())
    .bind(&from.token)
    .bind(from.until.as_micros())
    .bind(&to.token)
    .bind(to.until.as_micros())
    .execute(database.writer())
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Keeps a checkout for its driver until then; `false` where somebody else drives it.
pub(crate) async fn hold(
    database: &Database,
    order_id: OrderId,
    token: &str,
    until: Timestamp,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query(
        "UPDATE orders SET lease_until = $3 WHERE order_id = $1 AND lease_token = $2 AND phase <> 'settled'",
    )
    .bind(order_id.to_string())
    .bind(token)
    .bind(until.as_micros())
    .execute(database.writer())
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Cancels a confirmed order, and takes over whatever there is still to do for it; `false` where it is not confirmed.
pub(crate) async fn cancel(transaction: &mut Transaction, order: &Record) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query(
        "UPDATE orders SET status = 'cancelled', phase = 'cancelling', updated_at = $3, lease_token = $4, \
         lease_until = $5 WHERE order_id = $1 AND account_id = $2 AND status = 'confirmed'",
    )
    .bind(order.order_id.to_string())
    .bind(order.account_id.to_string())
    .bind(order.updated_at.as_micros())
    .bind(&order.lease.token)
    .bind(order.lease.until.as_micros())
    .execute(transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// One order of an account.
pub(crate) async fn order(
    database: &Database,
    account_id: AccountId,
    order_id: OrderId,
) -> Result<Option<Record>, sqlx::Error> {
    let row =
        sqlx::query(concat!("SELECT ", columns!(), " FROM orders WHERE order_id = $1 AND account_id = $2"))
            .bind(order_id.to_string())
            .bind(account_id.to_string())
            .fetch_optional(database.readers())
            .await?;
    row.as_ref().map(record).transpose()
}

/// The order that an account has placed under a key.
pub(crate) async fn order_by_key(
    database: &Database,
    account_id: AccountId,
    key: &str,
) -> Result<Option<Record>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM orders WHERE account_id = $1 AND idempotency_key = $2"
    ))
    .bind(account_id.to_string())
    .bind(key)
    .fetch_optional(database.readers())
    .await?;
    row.as_ref().map(record).transpose()
}

/// The orders of an account before a number, newest first.
pub(crate) async fn orders(
    database: &Database,
    account_id: AccountId,
    before: i64,
    limit: i64,
) -> Result<Vec<Record>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM orders WHERE account_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
    ))
    .bind(account_id.to_string())
    .bind(before)
    .bind(limit)
    .fetch_all(database.readers())
    .await?;
    rows.iter().map(record).collect()
}

/// Checkouts whose drivers have said nothing for too long, the longest silent first.
pub(crate) async fn abandoned(
    database: &Database,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Record>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        " FROM orders WHERE phase <> 'settled' AND lease_until < $1 ORDER BY lease_until LIMIT $2"
    ))
    .bind(now.as_micros())
    .bind(i64::from(limit))
    .fetch_all(database.readers())
    .await?;
    rows.iter().map(record).collect()
}

/// How many orders there is still something to do for.
pub(crate) async fn count_under_way(database: &Database) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT COUNT(*) FROM orders WHERE phase <> 'settled'")
        .fetch_one(database.readers())
        .await
}

/// Hands over all orders, by their ids.
pub(crate) async fn for_each(database: &Database, mut visit: impl FnMut(Record)) -> Result<(), sqlx::Error> {
    let mut rows = sqlx::query(concat!("SELECT ", columns!(), " FROM orders ORDER BY order_id"))
        .fetch(database.readers());
    while let Some(row) = rows.try_next().await? {
        visit(record(&row)?);
    }
    Ok(())
}

/// Reads a row of `columns`: by position, because a name would be looked up for every value.
fn record(row: &AnyRow) -> Result<Record, sqlx::Error> {
    let text = |column| row.try_get::<String, _>(column);
    let time = |column| row.try_get(column).map(Timestamp::from_micros);
    let request_id = RequestId::parse(&text(5)?).ok_or_else(|| decode("this is not the id of a request"))?;
    let refusal = row.try_get::<Option<String>, _>(13)?;
    Ok(Record {
        order_id: parse(&text(0)?)?,
        account_id: parse(&text(1)?)?,
        number: row.try_get(2)?,
        idempotency_key: text(3)?,
        fingerprint: text(4)?,
        request_id,
        cart_version: row.try_get(6)?,
        lines: serde_json::from_str(&text(7)?).map_err(decode)?,
        total: Money { amount: row.try_get(8)?, currency: text(9)?.parse().map_err(decode)? },
        created_at: time(10)?,
        status: parse_status(&text(11)?)?,
        phase: parse_phase(&text(12)?)?,
        refusal: refusal.map(|text| serde_json::from_str(&text)).transpose().map_err(decode)?,
        payment_token: row.try_get(14)?,
        updated_at: time(15)?,
        lease: Lease { token: text(16)?, until: time(17)? },
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, sqlx::Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

const STATUSES: [(OrderStatus, &str); 4] = [
    (OrderStatus::Pending, "pending"),
    (OrderStatus::Confirmed, "confirmed"),
    (OrderStatus::Refused, "refused"),
    (OrderStatus::Cancelled, "cancelled"),
];

const PHASES: [(Phase, &str); 5] = [
    (Phase::Placing, "placing"),
    (Phase::Undoing, "undoing"),
    (Phase::Settling, "settling"),
    (Phase::Cancelling, "cancelling"),
    (Phase::Settled, "settled"),
];

fn status_text(status: OrderStatus) -> &'static str {
    STATUSES.iter().find(|(known, _)| *known == status).map_or("", |(_, text)| text)
}

fn parse_status(text: &str) -> Result<OrderStatus, sqlx::Error> {
    let found = STATUSES.iter().find(|(_, known)| *known == text);
    found.map(|(status, _)| *status).ok_or_else(|| decode(format!("`{text}` is not the state of an order")))
}

fn phase_text(phase: Phase) -> &'static str {
    PHASES.iter().find(|(known, _)| *known == phase).map_or("", |(_, text)| text)
}

fn parse_phase(text: &str) -> Result<Phase, sqlx::Error> {
    let found = PHASES.iter().find(|(_, known)| *known == text);
    found.map(|(phase, _)| *phase).ok_or_else(|| decode(format!("`{text}` is not the phase of a checkout")))
}
