//! Connections that are handed from one user to the next.
//!
//! The pool of sqlx asks every connection that comes back whether it lives, in a task of its own: one more wake-up of the thread
//! that runs SQLite, or one more round trip to a server, for each statement. Here a user who has come to an end says so, and the
//! next one has the connection as it is; a connection that is merely dropped is closed.

use std::io::ErrorKind;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleResult, Timeouts};
use rand::RngExt as _;
use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::engine;

/// A connection to a server that has been idle for longer is asked whether it lives.
const LONGEST_TRUSTED_IDLING: Duration = Duration::from_secs(1);

/// Connections to one place. The one that was used last is used next: what it has read before is still at hand.
#[derive(Debug, Clone)]
pub(crate) struct Connections(Pool<Place, Connection>);

/// Where connections lead.
#[derive(Debug)]
pub(crate) struct Place {
    /// As the driver wants it.
    pub(crate) driver_url: String,
    /// What a session begins with.
    pub(crate) setup: &'static str,
    /// Whether connections can break while they lie idle.
    pub(crate) is_remote: bool,
}

/// A connection in the hands of one user.
///
/// Whoever drops it instead of [releasing](Self::release) it was interrupted: an answer may be under way, or a transaction for
/// whose locks others wait. So it is closed.
#[derive(Debug)]
pub struct Connection(Option<Object<Place>>);

impl Connections {
    /// So many at most, opened as they are needed; whoever needs one waits so long for it.
    pub(crate) fn new(place: Place, at_most: u32, timeout: Duration) -> Self {
        let timeouts = Timeouts { wait: Some(timeout), create: Some(timeout), recycle: Some(timeout) };
        let pool = Pool::builder(place)
            .max_size(at_most as usize)
            .queue_mode(QueueMode::Lifo)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .expect("with timeouts there has to be a runtime, which is given");
        Self(pool)
    }

    /// Opens the first.
    pub(crate) async fn open(place: Place, at_most: u32, timeout: Duration) -> Result<Self, sqlx::Error> {
        let connections = Self::new(place, at_most, timeout);
        connections.acquire().await?.release();
        Ok(connections)
    }

    pub(crate) async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        self.0.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolTimedOut
            }
        })
    }

    /// Closes those that nobody uses, and waits until that is done; the others are closed as they come back.
    pub(crate) async fn close(&self) {
        let idle = self.0.retain(|_, _| false).removed;
        self.0.close();
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "a connection cannot be closed in good order");
            }
        }
    }
}

impl Manager for Place {
    type Type = AnyConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<AnyConnection, sqlx::Error> {
        let mut attempt = 0;
        loop {
            match AnyConnection::connect(&self.driver_url).await {
                Ok(mut connection) => {
                    connection.execute(self.setup).await?;
                    return Ok(connection);
                }
                // For as long as the user waits: a server that is started again is there in a moment.
                Err(error) if is_starting(&error) => pause(attempt).await,
                Err(error) => return Err(error),
            }
            attempt += 1;
        }
    }

    async fn recycle(&self, connection: &mut AnyConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        // A server that was started again has left dead connections: those that nobody has used meanwhile.
        if self.is_remote && metrics.last_used() > LONGEST_TRUSTED_IDLING {
            connection.ping().await?;
        }
        Ok(())
    }
}

impl Connection {
    /// Hands it to the next user: nothing is under way on it.
    pub fn release(mut self) {
        drop(self.0.take());
    }

    /// The same after a statement, unless what became of that says that the connection is of no more use.
    pub(crate) fn release_after<T>(self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if !outcome.as_ref().is_err_and(has_ended) {
            self.release();
        }
        outcome
    }
}

impl From<Object<Place>> for Connection {
    fn from(object: Object<Place>) -> Self {
        Self(Some(object))
    }
}

impl Deref for Connection {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        self.0.as_deref().expect("present until it is released, which takes the connection itself")
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.0.as_deref_mut().expect("present until it is released, which takes the connection itself")
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

/// Whether a connection does not outlive this.
fn has_ended(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| engine::ends_session(&code)),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            true
        }
        _ => false,
    }
}

/// Whether nobody listens yet, or the server lets nobody in at this moment.
fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
        ),
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| engine::is_crowded_or_starting(&code))
        }
        _ => false,
    }
}

/// Waits a moment that grows with the attempts, up to half a second, and is never the same for two.
#[expect(
    clippy::disallowed_methods,
    reason = "jitter must differ between processes; no result depends on it"
)]
pub(crate) async fn pause(attempt: u32) {
    let longest = Duration::from_millis(2) * 2_u32.pow(attempt.min(8));
    let moment = longest.mul_f64(rand::rng().random::<f64>());
    tokio::time::sleep(moment).await;
}
