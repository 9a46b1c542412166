//! What the orders say to an audit of the whole store.

use cleave_core::{AccountId, Money};
use cleave_db::Database;
use orders_api::{OrderId, OrderStatus};

use crate::order::Phase;
use crate::store;

/// How many orders are read at once.
const BATCH: i64 = 1_000;

/// An order as an audit compares it with payments and reservations, which have the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderFacts {
    /// Its id.
    pub order_id: OrderId,
    /// Whose it is.
    pub account_id: AccountId,
    /// The customer's key.
    pub idempotency_key: String,
    /// What the customer sees.
    pub status: OrderStatus,
    /// Whether there is nothing left to do for it.
    pub is_settled: bool,
    /// What it costs.
    pub total: Money,
    /// The sum of its lines, in minor units.
    pub sum_of_lines: i64,
    /// Product and units of each line.
    pub lines: Vec<(String, i64)>,
}

/// Hands every order to `visit`, by their ids.
pub async fn visit_orders(database: &Database, mut visit: impl FnMut(OrderFacts)) -> Result<(), sqlx::Error> {
    let mut after = String::new();
    loop {
        let orders = store::orders_after(database, &after, BATCH).await?;
        let Some(last) = orders.last() else { return Ok(()) };
        after = last.order_id.to_string();
        for order in orders {
            visit(OrderFacts {
                order_id: order.order_id,
                account_id: order.account_id,
                is_settled: order.phase == Phase::Settled,
                status: order.status,
                total: order.total,
                sum_of_lines: order.view().lines.iter().map(|line| line.line_total.amount).sum(),
                lines: order.lines.iter().map(|line| (line.product_id.to_string(), line.quantity)).collect(),
                idempotency_key: order.idempotency_key,
            });
        }
    }
}
