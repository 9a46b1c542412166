//! A database that has no room left; and, in a file of their own, the places of modules on a server.

mod connections;
mod postgres;
mod timing;

use std::time::Duration;

use cleave_core::CallFailure;
use tempfile::TempDir;

use crate::{Database, DatabaseSettings, Migration, Migrations, Transaction, WriteError, failure_of};

const MIGRATIONS: Migrations = Migrations(&[Migration {
    version: 1,
    name: "things",
    sql: "CREATE TABLE things (number BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)",
}]);

/// Larger than the room that [`World::fill_up`] leaves.
const TOO_LONG: usize = 100_000;

struct World {
    database: Database,
    _directory: TempDir,
}

impl World {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let settings = DatabaseSettings {
            url: format!("sqlite:{}", directory.path().join("things.db").display()),
            password: None,
            max_readers: 1,
            acquire_timeout: Duration::from_secs(30),
        };
        let database = Database::open("things", &settings).await.expect("the database can be opened");
        database.migrate(&MIGRATIONS).await.expect("the tables can be made");
        Self { database, _directory: directory }
    }

    /// Lets the engine refuse to grow, as it does on a full disk, for as long as its connection lives.
    async fn fill_up(&self) {
        sqlx::query("PRAGMA max_page_count = 1").execute(self.database.writer()).await.expect("SQLite");
    }

    async fn count(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM things").fetch_one(self.database.readers());
        count.await.expect("the query is right")
    }
}

async fn insert(transaction: &mut Transaction, number: i64, length: usize) -> Result<(), sqlx::Error> {
    let inserted = sqlx::query("INSERT INTO things (number, text) VALUES ($1, $2)")
        .bind(number)
        .bind("x".repeat(length))
        .execute(transaction);
    inserted.await.map(|_| ())
}

#[tokio::test]
async fn what_a_full_database_refuses_has_no_effect_and_is_an_outage_and_later_there_is_room_again() {
    let world = World::new().await;
    for round in 0..3 {
        world.fill_up().await;
        let refused = world.database.write(async |transaction| {
            insert(transaction, 100 * round, 1).await?;
            insert(transaction, 100 * round + 1, TOO_LONG).await?;
            Ok::<_, WriteError<()>>(())
        });
        let Err(WriteError::Database(error)) = refused.await else { panic!("there was room") };
        assert_eq!(failure_of("things", &error), CallFailure::Unavailable("things".to_owned()), "{error}");
        assert_eq!(world.count().await, round, "nothing of it has happened");
        let written = world.database.write(async |transaction| {
            insert(transaction, round, TOO_LONG).await?;
            Ok::<_, WriteError<()>>(())
        });
        written.await.expect("there is room again");
    }
}

#[tokio::test]
async fn whoever_comes_after_an_interrupted_transaction_that_the_engine_ended_is_not_refused() {
    let world = World::new().await;
    world.fill_up().await;
    let interrupted = world.database.write(async |transaction| {
        insert(transaction, 1, TOO_LONG).await.expect_err("there is no room");
        std::future::pending::<Result<(), WriteError<()>>>().await
    });
    tokio::time::timeout(Duration::from_millis(50), interrupted).await.expect_err("it hangs");
    let written = world.database.write(async |transaction| {
        insert(transaction, 1, TOO_LONG).await?;
        Ok::<_, WriteError<()>>(())
    });
    written.await.expect("there is room again");
    assert_eq!(world.count().await, 1);
}
