//! What the payments and the provider's ledger say to an audit of the whole store.

use std::collections::BTreeMap;

use cleave_db::Database;
use payments_api::{Payment, PaymentId};
use sqlx::Row as _;

use crate::store;

/// Both sides of the money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFacts {
    /// The payments as the store knows them.
    pub payments: BTreeMap<PaymentId, Payment>,
    /// What the provider has moved for each payment: kinds and amounts in minor units.
    pub ledger: BTreeMap<PaymentId, BTreeMap<String, i64>>,
}

/// Reads both sides.
pub async fn payment_facts(database: &Database) -> Result<PaymentFacts, sqlx::Error> {
    let mut facts = PaymentFacts::default();
    let rows = sqlx::query(
        "SELECT payment_id, state, amount, currency, account_id, token_digest, decline_reason, updated_at \
         FROM payments",
    )
    .fetch_all(database.readers())
    .await?;
    for row in &rows {
        let payment = store::stored(row)?.payment;
        facts.payments.insert(payment.payment_id, payment);
    }
    let rows = sqlx::query("SELECT payment_id, kind, amount FROM sandbox_ledger")
        .fetch_all(database.readers())
        .await?;
    for row in &rows {
        let payment_id = row.try_get::<String, _>(0)?;
        let payment_id = payment_id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let movements: &mut BTreeMap<_, _> = facts.ledger.entry(payment_id).or_default();
        movements.insert(row.try_get(1)?, row.try_get(2)?);
    }
    Ok(facts)
}
