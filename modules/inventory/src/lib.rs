//! The inventory: levels, movements, receipts, reservations.
//!
//! [`LocalInventory`] keeps what `inventory-api` promises, in a database of its own. A level can neither fall
//! below zero nor lose a unit, because each change is one conditional `UPDATE` under the table's checks, and
//! each change leaves a row in a ledger that sums to the level: nothing here rests on an isolation level.
//! Every command is one transaction, and every refusal leaves the tables as they were.
//!
//! It knows no HTTP: the adapter stands in `inventory_api::rest`. It runs nothing by itself: whoever
//! composes the store calls [`LocalInventory::expire_reservations`] every [`Settings::expiry_interval`].
//!
//! Start at `local.rs` (the use cases), go on to `transactions.rs` (what happens together) and `store/` (the
//! SQL); `stock.rs` and `reservation.rs` hold the rules that need no database, and `audit.rs` shows what the
//! tables say of themselves.

pub mod audit;
mod expiry;
mod import;
mod local;
mod origin;
mod reservation;
mod stock;
mod store;
#[cfg(test)]
mod tests;
mod transactions;

use std::num::NonZeroU64;
use std::time::Duration;

use cleave_db::{Migration, Migrations};
use serde::Deserialize;

pub use local::LocalInventory;

/// The history of the inventory's tables.
pub const MIGRATIONS: Migrations = Migrations(&[
    Migration {
        version: 1,
        name: "levels_ledger_reservations",
        sql: include_str!("../../../migrations/inventory/0001_levels_ledger_reservations.sql"),
    },
    Migration {
        version: 2,
        name: "returned",
        sql: include_str!("../../../migrations/inventory/0002_returned.sql"),
    },
    Migration { version: 3, name: "outbox", sql: cleave_events::OUTBOX_SQL },
    Migration {
        version: 4,
        name: "stock_changes_to_outbox",
        sql: include_str!("../../../migrations/inventory/0004_stock_changes_to_outbox.sql"),
    },
]);

/// What can be set: the section `inventory` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How often forgotten reservations are looked for, in milliseconds.
    pub expiry_interval_ms: NonZeroU64,
}

impl Settings {
    /// How often to call [`LocalInventory::expire_reservations`].
    pub fn expiry_interval(&self) -> Duration {
        Duration::from_millis(self.expiry_interval_ms.get())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { expiry_interval_ms: const { NonZeroU64::new(1_000).expect("not zero") } }
    }
}
