//! Whether what must always be true of a store is true of its databases.
//!
//! Each module hands out facts about its own tables; here they are compared. An invariant that does not hold is told with the
//! smallest counterexample. The names (I1, I2 …) are those of `docs/correctness.md`.

mod events;
mod money;
mod stock;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use cleave_events::EventLogError;
use orders::audit::{OrderFacts, Phase};
use serde::Serialize;

use crate::compose::Cell;

/// What an audit says of one invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name: `I1`.
    pub invariant: &'static str,
    /// What must be true.
    pub says: &'static str,
    /// How many things were looked at.
    pub examined: usize,
    /// The first thing of which it is not true.
    pub counterexample: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, says, examined, counterexample } = self;
        match counterexample {
            None => write!(formatter, "{invariant:<4} holds   {examined:>8} examined  {says}"),
            Some(counterexample) => {
                write!(
                    formatter,
                    "{invariant:<4} BROKEN  {examined:>8} examined  {says}\n      {counterexample}"
                )
            }
        }
    }
}

/// An audit cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A database cannot be read.
    #[error("the database of {module} cannot be read")]
    Database {
        /// Whose database.
        module: &'static str,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The event log cannot be read.
    #[error("the event log cannot be read: {0}")]
    Log(#[from] EventLogError),
}

/// All that the invariants speak of.
struct Facts {
    orders: Vec<OrderFacts>,
    payments: payments::audit::PaymentFacts,
    inventory: inventory::audit::AuditFacts,
    in_stock: BTreeMap<catalog_api::ProductId, bool>,
    accounts: std::collections::BTreeSet<String>,
    notifications: BTreeMap<String, i64>,
    /// By topic: what stands in the outbox, and what in the log.
    told: BTreeMap<&'static str, events::Told>,
}

/// Audits the whole store, all of which `cell` hosts.
pub async fn audit(cell: &Cell) -> Result<Vec<Finding>, AuditError> {
    let facts = Facts::gather(cell).await?;
    let consumers = events::consumers(cell).await?;
    Ok(vec![
        stock::no_oversell(&facts),
        stock::stock_is_conserved(&facts),
        money::money_follows_orders(&facts),
        money::every_checkout_ends(&facts),
        money::one_key_is_one_order(&facts),
        events::every_change_is_told(&facts),
        events::every_event_has_its_effect_once(&facts, &consumers),
    ])
}

impl Facts {
    async fn gather(cell: &Cell) -> Result<Self, AuditError> {
        let database = |module| cell.process().database(module).expect("the whole store is here");
        Ok(Self {
            orders: orders::audit::audit_facts(&database("orders")).await.map_err(failed("orders"))?,
            payments: payments::audit::payment_facts(&database("payments"))
                .await
                .map_err(failed("payments"))?,
            inventory: inventory::audit::audit_facts(&database("inventory"))
                .await
                .map_err(failed("inventory"))?,
            in_stock: catalog::audit::shown_in_stock(&database("catalog"))
                .await
                .map_err(failed("catalog"))?,
            accounts: accounts::audit::account_ids(&database("accounts"))
                .await
                .map_err(failed("accounts"))?,
            notifications: notifications::audit::told_by_topic(&database("notifications"))
                .await
                .map_err(failed("notifications"))?,
            told: events::told(cell).await?,
        })
    }
}

/// What is told of a database that cannot be read.
fn failed<E: Error + Send + Sync + 'static>(module: &'static str) -> impl Fn(E) -> AuditError {
    move |source| AuditError::Database { module, source: Box::new(source) }
}

fn is_settled(order: &OrderFacts) -> bool {
    order.phase == Phase::Settled
}

/// Looks at everything until something is not as it must be.
fn find<T>(
    invariant: &'static str,
    says: &'static str,
    things: impl IntoIterator<Item = T>,
    objection: impl Fn(&T) -> Option<String>,
) -> Finding {
    let mut examined = 0;
    let mut counterexample = None;
    for thing in things {
        examined += 1;
        if counterexample.is_none() {
            counterexample = objection(&thing);
        }
    }
    Finding { invariant, says, examined, counterexample }
}
