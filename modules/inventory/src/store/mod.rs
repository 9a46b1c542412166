//! The SQL of the inventory, and nothing else: one file a table, in the words that all engines share.
//!
//! Functions that take a [`Transaction`](cleave_db::Transaction) are parts of a larger change; those that
//! take any executor read one committed state.

mod facts;
mod ledger;
mod levels;
mod receipts;
mod reservations;

use sqlx::{Any, Executor};

pub(crate) use facts::{level_facts, reservation_facts};
pub(crate) use ledger::{record_lines, record_opened, record_received};
pub(crate) use levels::{
    available, commit_units, is_known, open_levels, receive_units, release_units, reserve_units, return_units,
};
pub(crate) use receipts::{insert_receipt, receipt};
pub(crate) use reservations::{
    bury_reservation, change_state, due_reservations, insert_lines, insert_reservation, reservation,
    reservation_lines,
};

/// The most rows that one statement inserts. SQLite looks placeholders up by a walk over all of them, so
/// larger statements cost more a row: filling levels with 1,000 rows each took about twice the time.
pub(crate) const MAX_ROWS_PER_STATEMENT: usize = 100;

/// The rows of a `VALUES` list, each written from its index.
fn values(rows: usize, row: impl Fn(usize) -> String) -> String {
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// An id as it was stored.
fn parse<T: std::str::FromStr>(text: &str) -> Result<T, sqlx::Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Where a query may run: on the readers, or inside a transaction.
pub(crate) trait Reader<'c>: Executor<'c, Database = Any> {}

impl<'c, E: Executor<'c, Database = Any>> Reader<'c> for E {}
