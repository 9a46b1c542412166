//! The payments: what was paid, and the sandbox that plays the provider.
//!
//! [`LocalPayments`] keeps what `payments-api` promises, in a database of its own. Every command is one transaction: a
//! compare-and-set on the payment's state, and a row in the ledger of the provider.
//!
//! The provider is a sandbox (`sandbox.rs`) that lives here: it decides by the token, and keeps a ledger of its own, so that
//! money can be counted from outside. Being in the process, it takes part in the transaction. A provider behind a network could
//! not: it would be asked first, under the payment's id as its key, and its answer be recorded after; the place for that is
//! `local.rs`, before its transactions.
//!
//! It knows no HTTP: the adapter stands in `payments_api::rest`. It runs nothing by itself.

pub mod audit;
mod local;
mod sandbox;
mod store;
#[cfg(test)]
mod tests;

use std::time::Duration;

use cleave_db::{Migration, Migrations};
use serde::Deserialize;

pub use local::LocalPayments;

/// The history of the payments' tables.
pub const MIGRATIONS: Migrations = Migrations(&[Migration {
    version: 1,
    name: "payments_sandbox",
    sql: include_str!("../../../migrations/payments/0001_payments_sandbox.sql"),
}]);

/// What can be set: the section `payments` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How late the sandbox answers to the token `tok_slow`, in milliseconds.
    pub slow_ms: u64,
}

impl Settings {
    pub(crate) fn slow(&self) -> Duration {
        Duration::from_millis(self.slow_ms)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { slow_ms: 3_000 }
    }
}
