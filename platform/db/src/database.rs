//! Readers, a writer, transactions.

use std::sync::Arc;
use std::time::Duration;

use cleave_timing::Part;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::connections::{Connections, Place, pause};
use crate::engine::{Engine, OLDEST_MAJOR, Role};
use crate::error::{is_conflict, is_out_of_step};
use crate::{DatabaseError, Migrations, Statements, WriteError, preparation};

/// A transaction, as statements run in it.
pub type Transaction = AnyConnection;

/// How often a transaction is begun when it meets other writers.
const MAX_WRITE_ATTEMPTS: u32 = 8;

/// Where a database is and how many connections it may have.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `sqlite:data/catalog.db`, or `postgres://ADMIN@HOST/DATABASE`, in which the module has a schema and a user of its own.
    pub url: String,
    /// The password of the module's user, where the engine has users: letters, digits, `-` and `_`.
    pub password: Option<Secret>,
    /// The most connections that read.
    pub max_readers: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
}

/// A password, which does not print itself.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }
}

impl std::ops::Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

/// The database of one module, shared by all threads of a process; clones are the same database.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) module: &'static str,
    pub(crate) url: Arc<str>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) readers: Connections,
    pub(crate) writer: Connections,
}

impl Database {
    /// Makes what the database of `module` needs before it can be opened, with the rights that the URL gives: a folder, or a
    /// database, a schema and a user of a server. What is there stays as it is.
    pub async fn prepare(module: &'static str, settings: &DatabaseSettings) -> Result<(), DatabaseError> {
        sqlx::any::install_default_drivers();
        preparation::prepare(module, settings).await
    }

    /// Opens the database of `module`. A file is made where there is none; its tables are not.
    pub async fn open(module: &'static str, settings: &DatabaseSettings) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let engine = Engine::of_url(&settings.url)?;
        let url = engine.shown();
        let driver_url = engine.driver_url(module, settings.password.as_deref());
        if !engine.is_remote() {
            preparation::prepare(module, settings).await?;
        }
        let open = |source| DatabaseError::Open { module, url: url.clone(), source };
        // Who waits for a connection learns no more than that the time is over, so one shows first why there can be none.
        match engine.try_connection(&driver_url).await {
            Err(error) if !is_conflict(&error) => return Err(open(error)),
            Ok(Some(found)) if found < OLDEST_MAJOR => {
                return Err(DatabaseError::TooOld { module, url, found, oldest: OLDEST_MAJOR });
            }
            _ => {}
        }
        // The writer comes first: it makes the file and sets the journal's mode, which readers only find.
        let connections = |role, at_most| {
            let place = Place {
                driver_url: driver_url.clone(),
                setup: engine.session_setup(role),
                is_remote: engine.is_remote(),
            };
            Connections::open(place, at_most, settings.acquire_timeout)
        };
        let writer = connections(Role::Writer, engine.writers()).await.map_err(open)?;
        let readers = connections(Role::Reader, settings.max_readers.max(1)).await.map_err(open)?;
        Ok(Self { module, url: url.into(), engine: Arc::new(engine), readers, writer })
    }

    /// Whose database it is.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// Where it is, without a password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where queries that change nothing run.
    pub fn readers(&self) -> Statements<'_> {
        Statements(&self.readers)
    }

    /// Where one statement runs that is a whole transaction by itself: it saves the round trips of its beginning and its
    /// end. It is not repeated when it meets another writer.
    pub fn writer(&self) -> Statements<'_> {
        Statements(&self.writer)
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
        let mut connection = self.writer().acquire().await?;
        let _running = cleave_timing::begin(Part::Database);
        let outcome = self.write_on(&mut connection, work).await?;
        connection.release();
        outcome
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
        migrations.run(self).await
    }

    /// Refuses a database that `migrate` would have to change first, or that a newer binary has changed.
    pub async fn verify(&self, migrations: &Migrations) -> Result<(), DatabaseError> {
        migrations.verify(self).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        self.readers().execute("SELECT 1").await.map(|_| ())
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

impl Engine {
    /// Tells the major version of a server.
    async fn try_connection(&self, driver_url: &str) -> Result<Option<u32>, sqlx::Error> {
        let mut connection = AnyConnection::connect(driver_url).await?;
        connection.execute(self.session_setup(Role::Writer)).await?;
        let version = self.server_version(&mut connection).await?;
        connection.close().await?;
        Ok(version)
    }
}
