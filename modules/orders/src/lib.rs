//! The orders: what was bought, and the checkout saga.
//!
//! [`LocalOrders`] keeps what `orders-api` promises, in a database of its own. A checkout is a saga over four modules. Its row
//! says at any time what is left to do, so whoever holds the row's lease can go on, in this process or after its end:
//!
//! ```text
//!            take cart, reserve stock,        capture payment,
//!            authorise payment                sell stock
//!  placing ──────────────────────▶ settling ──────────────────▶ settled
//!     │            (the pivot: confirmed)                          │ cancelled
//!     │ refused                                                    ▼
//!     └──────▶ undoing ──▶ settled          settled ◀──────── cancelling
//!        release, void, put back                      refund, return stock
//! ```
//!
//! All that is to be done before the pivot is written down with the order itself, and each step can be repeated by the order's
//! id: so between two steps nothing has to be written. A confirmed checkout has three commits here and one for each step.
//!
//! It knows no HTTP: the adapter stands in `orders_api::rest`. Whoever composes the store calls [`LocalOrders::recover`] every
//! [`Settings::recovery_interval`].
//!
//! Start at `local.rs` (the use cases), go on to `checkout.rs` (the saga), `steps.rs` and `asking.rs` (what it asks of
//! others, and how) and `store.rs` (the SQL); `order.rs` holds the rules that need no database.

mod asking;
pub mod audit;
mod checkout;
mod local;
mod order;
mod parts;
mod steps;
mod store;
#[cfg(test)]
mod tests;

use std::num::NonZeroU64;
use std::time::Duration;

use cleave_db::{Migration, Migrations};
use serde::Deserialize;

pub use local::LocalOrders;

/// The history of the orders' tables.
pub const MIGRATIONS: Migrations = Migrations(&[
    Migration { version: 1, name: "orders", sql: include_str!("../../../migrations/orders/0001_orders.sql") },
    Migration { version: 2, name: "outbox", sql: cleave_events::OUTBOX_SQL },
]);

/// What can be set: the section `orders` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long placing or cancelling an order waits for its outcome, in milliseconds.
    pub answer_within_ms: NonZeroU64,
    /// How long one step of a checkout may take, in milliseconds.
    pub step_timeout_ms: NonZeroU64,
    /// After this long a checkout that is not confirmed is undone, in milliseconds.
    pub placing_limit_ms: NonZeroU64,
    /// A checkout whose driver says nothing for this long is taken over, in milliseconds; longer than a step may take.
    pub lease_ms: NonZeroU64,
    /// How often abandoned checkouts are looked for, in milliseconds.
    pub recovery_interval_ms: NonZeroU64,
    /// How long after it was placed an order can be cancelled, in seconds.
    pub cancellable_seconds: u64,
}

impl Settings {
    /// What is wrong with the values taken together: a key and what would be right.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.lease_ms > self.step_timeout_ms {
            return Ok(());
        }
        let limit = self.step_timeout_ms;
        Err(("orders.lease_ms", format!("write more than orders.step_timeout_ms, which is {limit}")))
    }

    /// How often to call [`LocalOrders::recover`].
    pub fn recovery_interval(&self) -> Duration {
        Duration::from_millis(self.recovery_interval_ms.get())
    }

    pub(crate) fn answer_within(&self) -> Duration {
        Duration::from_millis(self.answer_within_ms.get())
    }

    pub(crate) fn step_timeout(&self) -> Duration {
        Duration::from_millis(self.step_timeout_ms.get())
    }

    pub(crate) fn placing_limit(&self) -> Duration {
        Duration::from_millis(self.placing_limit_ms.get())
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms.get())
    }

    pub(crate) fn cancellable(&self) -> Duration {
        Duration::from_secs(self.cancellable_seconds)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            answer_within_ms: const { NonZeroU64::new(2_000).expect("not zero") },
            step_timeout_ms: const { NonZeroU64::new(10_000).expect("not zero") },
            placing_limit_ms: const { NonZeroU64::new(30_000).expect("not zero") },
            lease_ms: const { NonZeroU64::new(15_000).expect("not zero") },
            recovery_interval_ms: const { NonZeroU64::new(1_000).expect("not zero") },
            cancellable_seconds: 14 * 24 * 60 * 60,
        }
    }
}
