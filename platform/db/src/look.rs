//! A look at a database that changes nothing: no file is made, no journal folded in, no lock kept.

use std::sync::Arc;

use sqlx::{AnyConnection, Connection as _, Executor as _, Row as _};

use crate::connections::{Connections, Place};
use crate::engine::{Engine, NoLook, Role};
use crate::{Database, DatabaseError, DatabaseSettings};

impl Database {
    /// Opens what is there, to be read alone: writing to it fails.
    pub async fn look_at(module: &'static str, settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let engine = Arc::new(Engine::of_url(&settings.url)?);
        let url = || engine.shown();
        let place =
            engine.looking_url(module, settings.password.as_deref()).map_err(|reason| match reason {
                NoLook::Absent => DatabaseError::Absent { module, url: url() },
                NoLook::JournalAlone => DatabaseError::JournalAlone { module, url: url() },
            })?;
        let open = |source| DatabaseError::Open { module, url: url(), source };
        // Who waits for a connection learns no more than that the time is over, so one shows first why there can be none.
        engine.try_reading(&place).await.map_err(open)?;
        let (setup, is_remote) = (engine.session_setup(Role::Reader), engine.is_remote());
        let place = Place { driver_url: place, setup, is_remote };
        let only = Connections::new(place, 1, settings.acquire_timeout);
        Ok(Self { module, url: url().into(), engine, readers: only.clone(), writer: only })
    }

    /// How large it is, where the engine tells that without counting.
    pub fn bytes(&self) -> Option<u64> {
        self.engine.bytes()
    }

    /// The first damage of its structure, if there is any. The whole database is read, but by an engine that looks after that
    /// itself.
    pub async fn damage(&self) -> Result<Option<String>, sqlx::Error> {
        let Some(check) = self.engine.integrity_check() else { return Ok(None) };
        let row = self.readers().fetch_one(check).await?;
        let verdict = row.try_get::<String, _>(0)?;
        Ok((verdict != "ok").then_some(verdict))
    }

    /// The process that is writing at this moment, where it is another one.
    pub fn writing_process(&self) -> Option<u32> {
        self.engine.writing_process()
    }
}

impl Engine {
    async fn try_reading(&self, place: &str) -> Result<(), sqlx::Error> {
        let mut connection = AnyConnection::connect(place).await?;
        if let Self::Sqlite(_) = self {
            // A file is looked at with the first statement only.
            connection.execute("SELECT COUNT(*) FROM sqlite_master").await?;
        }
        connection.close().await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::{Migration, Migrations, WriteError};

    const HISTORY: Migrations = Migrations(&[Migration {
        version: 1,
        name: "notes",
        sql: "CREATE TABLE notes (text TEXT NOT NULL)",
    }]);

    fn settings(folder: &Path) -> DatabaseSettings {
        let url = format!("sqlite:{}", folder.join("notes.db").display());
        DatabaseSettings { url, password: None, max_readers: 1, acquire_timeout: Duration::from_secs(10) }
    }

    fn files(folder: &Path) -> BTreeMap<String, u64> {
        let entries = std::fs::read_dir(folder).expect("the folder can be read").flatten();
        let sized = entries.map(|entry| {
            let bytes = entry.metadata().map_or(0, |file| file.len());
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        });
        sized.collect()
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().expect("a folder");
        let look = Database::look_at("notes", &settings(folder.path())).await;
        assert!(matches!(look, Err(DatabaseError::Absent { .. })), "{look:?}");
        assert_eq!(files(folder.path()), BTreeMap::new());
    }

    #[tokio::test]
    async fn a_look_sees_what_was_written_and_changes_nothing_while_others_write_and_after() {
        let folder = tempfile::tempdir().expect("a folder");
        let writing = Database::open("notes", &settings(folder.path())).await.expect("it can be made");
        writing.migrate(&HISTORY).await.expect("it can be migrated");
        let note = writing.write(async |transaction| {
            transaction.execute("INSERT INTO notes VALUES ('milk')").await?;
            Ok::<_, WriteError<()>>(())
        });
        note.await.expect("the table takes it");
        // The note stands in the journal alone.
        look_around(folder.path()).await;
        writing.close().await;
        assert_eq!(files(folder.path()).len(), 1, "the journal was folded in");
        look_around(folder.path()).await;
    }

    async fn look_around(folder: &Path) {
        let before = files(folder);
        let look = Database::look_at("notes", &settings(folder)).await.expect("it is there");
        look.verify(&HISTORY).await.expect("it is up to date");
        let row = look.readers().fetch_one("SELECT text FROM notes").await.expect("it can be read");
        assert_eq!(row.get::<String, _>(0), "milk");
        assert_eq!(look.damage().await.expect("it can be read"), None);
        assert!(look.writer().execute("DELETE FROM notes").await.is_err(), "a look can write");
        look.close().await;
        assert_eq!(files(folder), before, "the look changed something");
    }

    #[tokio::test]
    async fn a_journal_without_its_index_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open("notes", &settings(folder.path())).await.expect("it can be made");
        database.close().await;
        std::fs::write(folder.path().join("notes.db-wal"), "a journal").expect("it can be written");
        let look = Database::look_at("notes", &settings(folder.path())).await;
        assert!(matches!(look, Err(DatabaseError::JournalAlone { .. })), "{look:?}");
        assert_eq!(files(folder.path()).len(), 2);
    }
}
