//! The history of a module's tables.

use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migrate as _, MigrateError, MigrationType, Migrator};

use crate::{Database, DatabaseError};

/// One step of the history: a file of `migrations/MODULE/`.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3 …
    pub version: i64,
    /// What the step does.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// The steps of one module, oldest first. Each module has its history in its own database.
#[derive(Debug, Clone, Copy)]
pub struct Migrations(pub &'static [Migration]);

impl Migrations {
    pub(crate) async fn run(&self, database: &Database) -> Result<(), DatabaseError> {
        let explain = |error| self.explain(database, error);
        let mut connection = database.writer.acquire().await.map_err(MigrateError::from).map_err(explain)?;
        self.migrator().run(&mut *connection).await.map_err(explain)?;
        connection.release();
        Ok(())
    }

    pub(crate) async fn verify(&self, database: &Database) -> Result<(), DatabaseError> {
        let explain = |error| self.explain(database, error);
        let mut connection = database.readers.acquire().await.map_err(MigrateError::from).map_err(explain)?;
        let migrator = self.migrator();
        // Where the table of the history is missing, nothing has been applied.
        let applied = connection.list_applied_migrations(&migrator.table_name).await.unwrap_or_default();
        connection.release();
        if let Some(unknown) = applied.iter().find(|step| !migrator.version_exists(step.version)) {
            return Err(explain(MigrateError::VersionMissing(unknown.version)));
        }
        if applied.len() < self.0.len() {
            return Err(DatabaseError::Outdated {
                module: database.module(),
                url: database.url().to_owned(),
            });
        }
        Ok(())
    }

    fn migrator(&self) -> Migrator {
        let steps = self.0.iter().map(|step| {
            sqlx::migrate::Migration::new(
                step.version,
                Cow::Borrowed(step.name),
                MigrationType::Simple,
                step.sql.into_sql_str(),
                false,
            )
        });
        Migrator::with_migrations(steps.collect())
    }

    fn explain(&self, database: &Database, error: MigrateError) -> DatabaseError {
        let (module, url) = (database.module(), database.url().to_owned());
        match error {
            MigrateError::VersionMissing(found) => {
                let known = self.0.last().map_or(0, |step| step.version);
                DatabaseError::NewerThanBinary { module, url, found, known }
            }
            MigrateError::VersionMismatch(version) => DatabaseError::Changed { module, url, version },
            source => DatabaseError::Migration { module, url, source },
        }
    }
}
