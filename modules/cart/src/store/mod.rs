//! The SQL of the cart, and nothing else, in the words that all engines share.
//!
//! Functions that take a [`Transaction`](cleave_db::Transaction) are parts of a larger change; those that
//! take any executor read one committed state.

mod carts;
mod takings;

use sqlx::{Any, Executor};

pub(crate) use carts::{
    advance_version, contents, delete_line, delete_lines, lines, next_version, upsert_line,
};
pub(crate) use takings::{end_taking, insert_taking, insert_taking_lines, taking, taking_lines};

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
