//! What the tables say of themselves, for whoever checks a whole store: facts, and no judgement.

use cleave_core::{AccountId, Money};
use cleave_db::Database;
use orders_api::{OrderId, OrderStatus};

pub use crate::order::{Line as LineFacts, Phase};
use crate::store;

/// One order. What belongs to it elsewhere (taking, reservation, payment) has the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFacts {
    /// Its id.
    pub order_id: OrderId,
    /// Whose order.
    pub account_id: AccountId,
    /// Under which key it was placed: no other order of the account has it.
    pub idempotency_key: String,
    /// What the customer sees.
    pub status: OrderStatus,
    /// What there is to do.
    pub phase: Phase,
    /// The code of its refusal; none unless it is refused, or is about to be.
    pub reason: Option<String>,
    /// The price, fixed when the checkout began; equal to the sum of the lines.
    pub total: Money,
    /// What was bought.
    pub lines: Vec<LineFacts>,
    /// Whether the customer's payment token still stands in the row: only while it is needed.
    pub keeps_payment_token: bool,
}

/// Reads all orders in the order of their ids. Rows arrive one by one, so a store of 100,000 orders costs some dozen
/// megabytes.
pub async fn audit_facts(database: &Database) -> Result<Vec<OrderFacts>, sqlx::Error> {
    let mut facts = Vec::new();
    store::for_each(database, |record| {
        facts.push(OrderFacts {
            order_id: record.order_id,
            account_id: record.account_id,
            idempotency_key: record.idempotency_key,
            status: record.status,
            phase: record.phase,
            reason: record
                .refusal
                .as_ref()
                .map(|refusal| cleave_core::ContractError::code(refusal).to_owned()),
            total: record.total,
            lines: record.lines,
            keeps_payment_token: record.payment_token.is_some(),
        });
    })
    .await?;
    Ok(facts)
}
