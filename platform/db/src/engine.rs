//! What differs between engines.

mod codes;
mod postgres;
mod sqlite;

use sqlx::AnyConnection;

use crate::DatabaseError;

pub(crate) use self::codes::{ends_session, is_conflict, is_crowded_or_starting, is_outage};
pub(crate) use self::postgres::OLDEST_MAJOR;
pub use self::postgres::{Server, without_password};
pub(crate) use self::sqlite::NoLook;
pub use self::sqlite::SqliteFile;

/// A database engine and the place that is meant, told from a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own for each module, in the process of the module.
    Sqlite(SqliteFile),
    /// A schema and a user of its own for each module, in a database of a server.
    Postgres(Server),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Reader,
    Writer,
}

impl Engine {
    /// The engine and the place that a URL names: `sqlite:data/catalog.db`, or `postgres://HOST/DATABASE`.
    pub fn of_url(url: &str) -> Result<Self, DatabaseError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => SqliteFile::parse(path)
                .map(Self::Sqlite)
                .ok_or_else(|| DatabaseError::UnknownUrl { url: url.to_owned() }),
            Some(("postgres" | "postgresql", place)) => Server::parse(place)
                .map(Self::Postgres)
                .ok_or_else(|| DatabaseError::UnknownServer { url: without_password(url) }),
            _ => Err(DatabaseError::UnknownUrl { url: without_password(url) }),
        }
    }

    /// Whether each module has a place of its own under one and the same URL, as a user of its own.
    pub fn parts_modules(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// The URL without who administers the server: all that a process needs which hosts modules.
    pub fn without_admin(url: &str) -> Result<String, DatabaseError> {
        Ok(match Self::of_url(url)? {
            Self::Sqlite(_) => url.to_owned(),
            Self::Postgres(server) => server.without_admin(),
        })
    }

    /// The major version of the server behind a connection; none where the engine is no server.
    pub(crate) async fn server_version(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<Option<u32>, sqlx::Error> {
        if !self.is_remote() {
            return Ok(None);
        }
        let version: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(connection).await?;
        Ok(postgres::major_of(&version))
    }

    /// The URL as it may be shown: without a password.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Sqlite(file) => file.shown(),
            Self::Postgres(server) => server.shown(),
        }
    }

    /// The URL that the driver connects to for a module. SQLite's driver makes a missing file.
    pub(crate) fn driver_url(&self, module: &str, password: Option<&str>) -> String {
        match self {
            Self::Sqlite(file) => file.driver_url(),
            Self::Postgres(server) => server.url_of(module, password),
        }
    }

    /// The URL of a connection that makes nothing and changes nothing.
    pub(crate) fn looking_url(&self, module: &str, password: Option<&str>) -> Result<String, NoLook> {
        match self {
            Self::Sqlite(file) => file.looking_url(),
            Self::Postgres(server) => Ok(server.url_of(module, password)),
        }
    }

    /// What each new connection is told first.
    pub(crate) fn session_setup(&self, role: Role) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite::session_setup(role),
            Self::Postgres(_) => postgres::session_setup(role),
        }
    }

    /// How a writing transaction begins. SQLite's default fails at once when a read inside it becomes a
    /// write while somebody else writes, whatever the busy timeout: the lock is taken first. PostgreSQL waits for
    /// the rows that it changes, and looks at them again after that.
    pub(crate) fn begin_write(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }

    /// How many connections of one pool can write at the same time.
    pub(crate) fn writers(&self) -> u32 {
        match self {
            Self::Sqlite(_) => 1,
            Self::Postgres(_) => postgres::WRITERS,
        }
    }

    /// Whether connections can break while they lie idle: then one that has is found out before it is used.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// The process that keeps other writers out now, where the engine tells.
    pub(crate) fn writing_process(&self) -> Option<u32> {
        match self {
            Self::Sqlite(file) => file.writing_process(),
            Self::Postgres(_) => None,
        }
    }

    /// How many bytes the database has, where that is cheap to tell.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            Self::Sqlite(file) => Some(file.bytes()),
            Self::Postgres(_) => None,
        }
    }

    /// The statement that reads a whole database and answers `ok`, or the first damage; none where the engine looks by itself.
    pub(crate) fn integrity_check(&self) -> Option<&'static str> {
        match self {
            Self::Sqlite(_) => Some("PRAGMA quick_check(1)"),
            Self::Postgres(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_another_engine_is_refused_by_name() {
        for url in ["mysql://host/db", "sqlite:", "data/catalog.db", "postgres://host", "postgres://host/"] {
            let error = Engine::of_url(url).expect_err(url);
            assert!(error.to_string().contains(url), "{error}");
        }
    }
}
