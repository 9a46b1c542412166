//! Readers, a writer, transactions.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor as _};

use crate::engine::{Engine, Role};
use crate::error::{is_conflict, is_out_of_step};
use crate::{DatabaseError, Migrations, WriteError};

/// A transaction, as statements run in it.
pub type Transaction = AnyConnection;

/// How often a transaction is begun when it meets other writers.
const MAX_WRITE_ATTEMPTS: u32 = 8;

/// Where a database is and how many connections it may have.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// For example `sqlite:data/catalog.db`.
    pub url: String,
    /// The most connections that read.
    pub max_readers: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
}

/// The database of one module, shared by all threads of a process; clones are the same database.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) module: &'static str,
    pub(crate) url: Arc<str>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) readers: AnyPool,
    pub(crate) writer: AnyPool,
}

impl Database {
    /// Opens the database of `module`. The file is made where there is none; its tables are not.
    pub async fn open(module: &'static str, settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let engine = Arc::new(Engine::of_url(&settings.url)?);
        engine.prepare()?;
        let open = |source| DatabaseError::Open { module, url: settings.url.clone(), source };
        // A pool says no more than that its time is over, so one connection shows first why there can be none.
        match try_connection(&engine).await {
            Err(error) if !is_conflict(&error) => return Err(open(error)),
            _ => {}
        }
        // The writer comes first: it makes the file and sets the journal's mode, which readers only find.
        let writer = pool(&engine, settings, Role::Writer).await.map_err(open)?;
        let readers = pool(&engine, settings, Role::Reader).await.map_err(open)?;
        Ok(Self { module, url: settings.url.as_str().into(), engine, readers, writer })
    }

    /// Whose database it is.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// The URL as it was given.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where queries that change nothing run.
    pub fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// Where one statement runs that is a whole transaction by itself: it saves the round trips of its beginning and its
    /// end. It is not repeated when it meets another writer.
    pub fn writer(&self) -> &AnyPool {
        &self.writer
    }

    /// Runs `work` in one transaction: all of it is durable, or nothing has happened. The transaction is run
    /// again when it met another writer or a broken connection, so `work` must do nothing else than its statements.
    pub async fn write<T, E>(
        &self,
        work: impl AsyncFn(&mut Transaction) -> Result<T, WriteError<E>>,
    ) -> Result<T, WriteError<E>> {
        let mut attempt = 1;
        loop {
            match self.write_once(&work).await {
                Err(WriteError::Database(error)) if may_run_again(&error) && attempt < MAX_WRITE_ATTEMPTS => {
                    tracing::debug!(module = self.module, attempt, %error, "a transaction is run again");
                    pause(attempt).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn write_once<T, E>(
        &self,
        work: &impl AsyncFn(&mut Transaction) -> Result<T, WriteError<E>>,
    ) -> Result<T, WriteError<E>> {
        let mut connection = self.writer.acquire().await?;
        match self.write_on(&mut connection, work).await {
            Ok(outcome) => outcome,
            Err(error) => {
                connection.close_on_drop();
                Err(error)
            }
        }
    }

    /// What the transaction came to; an error beside it means that the connection is of no more use.
    ///
    /// An engine that cannot write any more, on a full disk for example, ends a transaction by itself. The driver still counts
    /// it and would never begin another one.
    async fn write_on<T, E>(
        &self,
        connection: &mut AnyConnection,
        work: &impl AsyncFn(&mut Transaction) -> Result<T, WriteError<E>>,
    ) -> Result<Result<T, WriteError<E>>, WriteError<E>> {
        let mut transaction = connection.begin_with(self.engine.begin_write()).await?;
        let done = work(&mut transaction).await;
        let ended = if done.is_ok() { transaction.commit().await } else { transaction.rollback().await };
        match ended {
            Ok(()) => Ok(done),
            Err(error) => Err(done.err().unwrap_or(WriteError::Database(error))),
        }
    }

    /// Brings the tables to the state that the binary knows.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<(), DatabaseError> {
        migrations.run(self, &self.writer).await
    }

    /// Refuses a database that `migrate` would have to change first, or that a newer binary has changed.
    pub async fn verify(&self, migrations: &Migrations) -> Result<(), DatabaseError> {
        migrations.verify(self, &self.readers).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        self.readers.execute("SELECT 1").await.map(|_| ())
    }

    /// Closes all connections; SQLite folds its journal into the file when the last one goes.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Whether the transaction had no effect, and may have one when it is run again at once.
fn may_run_again(error: &sqlx::Error) -> bool {
    is_conflict(error) || is_out_of_step(error)
}

async fn try_connection(engine: &Engine) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(&engine.driver_url()).await?;
    connection.execute(engine.session_setup(Role::Writer)).await?;
    connection.close().await
}

async fn pool(engine: &Arc<Engine>, settings: &DatabaseSettings, role: Role) -> Result<AnyPool, sqlx::Error> {
    let setup = engine.session_setup(role);
    let connections = match role {
        Role::Reader => settings.max_readers.max(1),
        Role::Writer => engine.writers(),
    };
    AnyPoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(settings.acquire_timeout)
        // A ping before each use would double what a point read costs; a broken connection shows itself.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(setup).await.map(|_| ()) })
        })
        .connect(&engine.driver_url())
        .await
}

#[expect(
    clippy::disallowed_methods,
    reason = "jitter must differ between processes; no result depends on it"
)]
async fn pause(attempt: u32) {
    let longest = Duration::from_millis(2) * 2_u32.pow(attempt);
    tokio::time::sleep(longest.mul_f64(rand::rng().random::<f64>())).await;
}
