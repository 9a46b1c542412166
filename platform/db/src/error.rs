//! What can go wrong with a database.

use std::io;
use std::path::PathBuf;

use cleave_core::CallFailure;

use crate::engine;

/// A database cannot be opened or brought to the state that the binary knows.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// No engine has such a URL.
    #[error("`{url}` is not the URL of a database; write `sqlite:PATH` or `postgres://HOST/DATABASE`")]
    UnknownUrl {
        /// The URL as it was given, without a password.
        url: String,
    },
    /// A server without a database.
    #[error(
        "`{url}` names no database of a server; write `postgres://HOST/DATABASE`, the name of the database in small \
         letters, digits and underscores"
    )]
    UnknownServer {
        /// The URL as it was given, without a password.
        url: String,
    },
    /// A module has no place on the server yet, and none can be made.
    #[error(
        "the user and the schema of {module} at {url} are not there or refuse their password, and cannot be made; check \
         that the server runs, and that database.url names a user who may make them: postgres://USER:PASSWORD@HOST/DATABASE"
    )]
    NotPrepared {
        /// Whose.
        module: &'static str,
        /// Where.
        url: String,
        /// Why not.
        source: sqlx::Error,
    },
    /// The directory of the file cannot be made.
    #[error("the directory {} cannot be made; choose another one with --data-dir", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no connection.
    #[error(
        "the database of {module} at {url} cannot be opened; check that it is a database and that the path can be written, \
         or that the server runs and `cleave data migrate` has prepared it"
    )]
    Open {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
        /// Why not.
        source: sqlx::Error,
    },
    /// The server is of a version that its makers have given up.
    #[error(
        "the server of {module} at {url} is PostgreSQL {found}; Cleave needs {oldest} or newer: upgrade it, or name another one in \
         database.url"
    )]
    TooOld {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
        /// Its major version.
        found: u32,
        /// The oldest that will do.
        oldest: u32,
    },
    /// There is no file, or an empty one, and nobody asked to make one.
    #[error(
        "the database of {module} at {url} is not there, or empty: run `cleave data migrate`, or bring the file"
    )]
    Absent {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
    },
    /// A journal lies beside the file without its index, which only a writer can make anew.
    #[error("the database of {module} at {url} has a journal that only a start of the store can read")]
    JournalAlone {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
    },
    /// A newer binary has been at work.
    #[error(
        "the database of {module} at {url} has migration {found}, and this binary knows no later one than \
         {known}: run the newer binary that made it, or restore an older copy"
    )]
    NewerThanBinary {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
        /// The migration that this binary does not know.
        found: i64,
        /// The latest that it knows.
        known: i64,
    },
    /// A migration is not what was once applied.
    #[error("migration {version} of {module} at {url} is not the one that was applied: restore its file")]
    Changed {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
        /// Which migration.
        version: i64,
    },
    /// The database lacks migrations.
    #[error("the database of {module} at {url} is not up to date: run `cleave data migrate`")]
    Outdated {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
    },
    /// A migration failed; what it began was rolled back.
    #[error("a migration of {module} at {url} failed")]
    Migration {
        /// Whose database.
        module: &'static str,
        /// Where.
        url: String,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
}

/// Why a transaction had no effect.
#[derive(Debug)]
pub enum WriteError<E> {
    /// The business refused; everything was rolled back.
    Refused(E),
    /// The database failed.
    Database(sqlx::Error),
}

impl<E> From<sqlx::Error> for WriteError<E> {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// What a caller of the module sees of a failing database, which is logged here, once.
pub fn failure_of(module: &str, error: &sqlx::Error) -> CallFailure {
    let outage = match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| engine::is_outage(&code)),
        _ => false,
    };
    if outage {
        tracing::warn!(module, %error, "the database is away");
        CallFailure::Unavailable(module.to_owned())
    } else {
        tracing::error!(module, %error, "the database refused a statement");
        CallFailure::Internal
    }
}

/// Whether a row with the same unique value stands already.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.is_unique_violation())
}

pub(crate) fn is_conflict(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error)
        if error.code().is_some_and(|code| engine::is_conflict(&code)))
}

/// Whether the driver counts a transaction that the engine has ended: somebody was interrupted while the engine gave up.
pub(crate) fn is_out_of_step(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::InvalidSavePointStatement)
}
