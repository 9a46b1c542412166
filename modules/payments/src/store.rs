//! The SQL of the table `payments`, in the words that all engines share.

use cleave_core::{AccountId, Money, Timestamp};
use cleave_db::Transaction;
use payments_api::{DeclineReason, Payment, PaymentId, PaymentState};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

/// A payment as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) payment: Payment,
    pub(crate) token_digest: Option<String>,
    pub(crate) decline_reason: Option<DeclineReason>,
}

const COLUMNS: &str =
    "payment_id, state, amount, currency, account_id, token_digest, decline_reason, updated_at";

/// Makes a payment; `false` where its id is taken.
pub(crate) async fn insert(transaction: &mut Transaction, stored: &Stored) -> Result<bool, sqlx::Error> {
    let Stored { payment, token_digest, decline_reason } = stored;
    let inserted = sqlx::query(
        "INSERT INTO payments (payment_id, state, amount, currency, account_id, token_digest, decline_reason, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (payment_id) DO NOTHING",
    )
    .bind(payment.payment_id.to_string())
    .bind(state_text(payment.state))
    .bind(payment.amount.map(|amount| amount.amount))
    .bind(payment.amount.map(|amount| amount.currency.as_str().to_owned()))
    .bind(payment.account_id.map(|account_id| account_id.to_string()))
    .bind(token_digest.clone())
    .bind(decline_reason.map(DeclineReason::as_str))
    .bind(payment.updated_at.as_micros())
    .execute(transaction)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Takes a payment from one state to another; `None` where it is in another one.
pub(crate) async fn change_state(
    transaction: &mut Transaction,
    payment_id: PaymentId,
    from: PaymentState,
    to: PaymentState,
    at: Timestamp,
) -> Result<Option<Stored>, sqlx::Error> {
    let row = sqlx::query(
        "UPDATE payments SET state = $3, updated_at = $4 WHERE payment_id = $1 AND state = $2 \
         RETURNING payment_id, state, amount, currency, account_id, token_digest, decline_reason, updated_at",
    )
    .bind(payment_id.to_string())
    .bind(state_text(from))
    .bind(state_text(to))
    .bind(at.as_micros())
    .fetch_optional(transaction)
    .await?;
    row.as_ref().map(stored).transpose()
}

/// A payment.
pub(crate) async fn payment(
    reader: impl Executor<'_, Database = Any>,
    payment_id: PaymentId,
) -> Result<Option<Stored>, sqlx::Error> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE payment_id = $1");
    let row =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(payment_id.to_string()).fetch_optional(reader).await?;
    row.as_ref().map(stored).transpose()
}

pub(crate) fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    let amount = row.try_get::<Option<i64>, _>(2)?;
    let currency = row.try_get::<Option<String>, _>(3)?;
    let amount = match (amount, currency) {
        (Some(amount), Some(currency)) => Some(Money { amount, currency: currency.parse().map_err(decode)? }),
        _ => None,
    };
    let account_id = row.try_get::<Option<String>, _>(4)?;
    let account_id = account_id.map(|text| text.parse::<AccountId>()).transpose().map_err(decode)?;
    let payment_id = row.try_get::<String, _>(0)?.parse().map_err(decode)?;
    let state = parse_state(&row.try_get::<String, _>(1)?)?;
    let updated_at = Timestamp::from_micros(row.try_get(7)?);
    let reason = row.try_get::<Option<String>, _>(6)?;
    Ok(Stored {
        payment: Payment { payment_id, state, amount, account_id, updated_at },
        token_digest: row.try_get(5)?,
        decline_reason: reason.map(|reason| parse_reason(&reason)).transpose()?,
    })
}

const STATES: [(PaymentState, &str); 5] = [
    (PaymentState::Authorized, "authorized"),
    (PaymentState::Captured, "captured"),
    (PaymentState::Voided, "voided"),
    (PaymentState::Refunded, "refunded"),
    (PaymentState::Declined, "declined"),
];

/// The word for a state, in this table and in the provider's ledger.
pub(crate) fn state_text(state: PaymentState) -> &'static str {
    STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, text)| text)
}

fn parse_state(text: &str) -> Result<PaymentState, sqlx::Error> {
    let found = STATES.iter().find(|(_, known)| *known == text);
    found.map(|(state, _)| *state).ok_or_else(|| decode(format!("`{text}` is not the state of a payment")))
}

fn parse_reason(text: &str) -> Result<DeclineReason, sqlx::Error> {
    [DeclineReason::CardDeclined, DeclineReason::InsufficientFunds]
        .into_iter()
        .find(|reason| reason.as_str() == text)
        .ok_or_else(|| decode(format!("`{text}` is not why a payment is declined")))
}

fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
