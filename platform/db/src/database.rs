//! Readers, a writer, transactions.

use std::sync::Arc;
use std::time::Duration;

use cleave_timing::Part;
use rand::RngExt as _;
use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor as _};

use crate::engine::{Engine, OLDEST_MAJOR, Role};
use crate::error::{is_conflict, is_out_of_step};
use crate::{DatabaseError, Migrations, Statements, WriteError, preparation};

/// A transaction, as statements run in it.
pub type Transaction = AnyConnection;

/// How often a transaction is begun when it meets other writers.
const MAX_WRITE_ATTEMPTS: u32 = 8;

/// A connection to a server that has been idle for longer is asked whether it lives.
const LONGEST_TRUSTED_IDLING: Duration = Duration::from_secs(1);

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
    pub(crate) readers: AnyPool,
    pub(crate) writer: AnyPool,
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
        let place = Place { driver_url: engine.driver_url(module, settings.password.as_deref()), engine };
        if !place.engine.is_remote() {
            preparation::prepare(module, settings).await?;
        }
        let open = |source| DatabaseError::Open { module, url: url.clone(), source };
        // A pool says no more than that its time is over, so one connection shows first why there can be none.
        match place.try_connection().await {
            Err(error) if !is_conflict(&error) => return Err(open(error)),
            Ok(Some(found)) if found < OLDEST_MAJOR => {
                return Err(DatabaseError::TooOld { module, url, found, oldest: OLDEST_MAJOR });
            }
            _ => {}
        }
        // The writer comes first: it makes the file and sets the journal's mode, which readers only find.
        let writer = place.pool(settings, Role::Writer).await.map_err(open)?;
        let readers = place.pool(settings, Role::Reader).await.map_err(open)?;
        Ok(Self { module, url: url.into(), engine: Arc::new(place.engine), readers, writer })
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

/// Where connections lead.
struct Place {
    engine: Engine,
    driver_url: String,
}

impl Place {
    /// Tells the major version of a server.
    async fn try_connection(&self) -> Result<Option<u32>, sqlx::Error> {
        let mut connection = AnyConnection::connect(&self.driver_url).await?;
        connection.execute(self.engine.session_setup(Role::Writer)).await?;
        let version = self.engine.server_version(&mut connection).await?;
        connection.close().await?;
        Ok(version)
    }

    async fn pool(&self, settings: &DatabaseSettings, role: Role) -> Result<AnyPool, sqlx::Error> {
        let setup = self.engine.session_setup(role);
        let connections = match role {
            Role::Reader => settings.max_readers.max(1),
            Role::Writer => self.engine.writers(),
        };
        let is_remote = self.engine.is_remote();
        AnyPoolOptions::new()
            .min_connections(1)
            .max_connections(connections)
            .acquire_timeout(settings.acquire_timeout)
            // A ping before each use would double what a point read costs; a broken connection shows itself.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .before_acquire(move |connection, usage| {
                Box::pin(async move {
                    // A server that was started again has left dead connections: those that nobody has used meanwhile.
                    if is_remote && usage.idle_for > LONGEST_TRUSTED_IDLING {
                        return Ok(connection.ping().await.is_ok());
                    }
                    Ok(true)
                })
            })
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(setup).await.map(|_| ()) })
            })
            .connect(&self.driver_url)
            .await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "jitter must differ between processes; no result depends on it"
)]
async fn pause(attempt: u32) {
    let longest = Duration::from_millis(2) * 2_u32.pow(attempt);
    tokio::time::sleep(longest.mul_f64(rand::rng().random::<f64>())).await;
}
