//! A module's database.
//!
//! Each module has one of its own, in every topology: [`Database::open`] takes a URL and gives readers and a
//! writer; [`Migrations`] bring its tables to the state that the binary knows; [`Database::write`] runs a
//! transaction and repeats it when two writers met. Queries are the modules' own, written once in the SQL
//! that all engines share (`$1` placeholders; TEXT, BIGINT, DOUBLE and BLOB columns; 0 and 1 for booleans).
//!
//! What an engine needs specially stands in [`engine`] and `preparation.rs`, and nowhere else: SQLite, a file a module, and
//! PostgreSQL, a schema and a user a module.

mod connections;
mod copy;
mod database;
pub mod engine;
mod error;
mod look;
mod migrations;
mod preparation;
mod statements;
mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use connections::Connection;
pub use copy::{CopiedTable, CopyError};
pub use database::{Database, DatabaseSettings, Secret, Transaction};
pub use error::{DatabaseError, WriteError, failure_of, is_unique_violation};
pub use migrations::{Migration, Migrations};
pub use statements::Statements;
