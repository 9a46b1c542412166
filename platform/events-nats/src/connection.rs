//! The connection to NATS, on a thread of its own: it outlives whoever made it first, and is kept alive while others compute.

use std::fmt::Display;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, Subscriber};
use futures_util::StreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, oneshot, watch};

use crate::address::{Address, Credentials};
use crate::error::{NatsError, OLDEST_SERVER};

/// How long one try to connect may take.
const CONNECTING: Duration = Duration::from_secs(2);

/// The longest pause between two tries to come back.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Connects when it is first asked to, and until then each time anew.
#[derive(Debug)]
pub(crate) struct Connector {
    address: Address,
    home: OnceCell<Home>,
    connected: OnceCell<Connection>,
}

/// The runtime of the connection, which ends when this is dropped.
#[derive(Debug)]
struct Home {
    handle: Handle,
    _ends_when_dropped: oneshot::Sender<()>,
}

/// A connection that comes back by itself when it breaks.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    server: String,
    home: Handle,
    /// How often it has been lost.
    losses: Arc<watch::Sender<u64>>,
}

impl Home {
    fn new() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (guard, ended) = oneshot::channel();
        std::thread::Builder::new().name("nats".to_owned()).spawn(move || {
            let _dropped = runtime.block_on(ended);
        })?;
        Ok(Self { handle, _ends_when_dropped: guard })
    }
}

impl Connector {
    pub(crate) fn new(address: Address) -> Self {
        Self { address, home: OnceCell::new(), connected: OnceCell::new() }
    }

    /// Where NATS is, for people.
    pub(crate) fn server(&self) -> String {
        self.address.to_string()
    }

    /// The connection, where it stands; else why not.
    pub(crate) async fn connection(&self) -> Result<&Connection, NatsError> {
        let connection = self.connected.get_or_try_init(|| self.connect()).await?;
        match connection.client.connection_state() {
            State::Connected | State::Pending => Ok(connection),
            State::Disconnected => Err(connection.broken()),
        }
    }

    async fn connect(&self) -> Result<Connection, NatsError> {
        let unreachable = |reason: String| NatsError::Unreachable { server: self.server(), reason };
        let home = self.home.get_or_try_init(async || Home::new()).await;
        let home = home.map_err(|error| unreachable(error.to_string()))?;
        let losses = Arc::new(watch::Sender::new(0));
        let lost = losses.clone();
        let options = ConnectOptions::new()
            .name("cleave")
            .connection_timeout(CONNECTING)
            .request_timeout(None)
            .max_reconnects(None)
            .reconnect_delay_callback(pause_before)
            .event_callback(move |event| {
                match &event {
                    Event::Disconnected => {
                        lost.send_modify(|losses| *losses += 1);
                        tracing::warn!("the connection to NATS is lost");
                    }
                    Event::Connected => tracing::info!("connected to NATS"),
                    other => tracing::debug!(event = %other, "NATS"),
                }
                std::future::ready(())
            });
        let options = match self.address.credentials() {
            Credentials::Nothing => options,
            Credentials::Token(token) => options.token(token.clone()),
            Credentials::Password { user, password } => {
                options.user_and_password(user.clone(), password.clone())
            }
        };
        let servers = self.address.servers().map_err(|error| unreachable(error.to_string()))?;
        let connecting = home.handle.spawn(async move { options.connect(servers).await });
        let connected = connecting.await.map_err(|error| unreachable(error.to_string()))?;
        let client = connected.map_err(|error| match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                NatsError::Credentials { server: self.server() }
            }
            _ => unreachable(innermost(&error)),
        })?;
        let found = client.server_info().version;
        let (major, minor, patch) = OLDEST_SERVER;
        if !client.is_server_compatible(major, minor, patch) {
            return Err(NatsError::TooOld { server: self.server(), found });
        }
        Ok(Connection { client, server: self.server(), home: home.handle.clone(), losses })
    }
}

impl Connection {
    /// Does what needs the connection: in time, and not longer than the connection stands.
    pub(crate) async fn within<T>(
        &self,
        time: Duration,
        work: impl Future<Output = Result<T, NatsError>>,
    ) -> Result<T, NatsError> {
        let mut losses = self.losses.subscribe();
        if self.client.connection_state() == State::Disconnected {
            return Err(self.broken());
        }
        tokio::select! {
            biased;
            done = work => done,
            _lost = losses.changed() => Err(self.broken()),
            () = tokio::time::sleep(time) => Err(NatsError::Timeout { server: self.server.clone() }),
        }
    }

    /// Calls `hear` with each message of a subscription, and each time that the connection is lost, since what is said until it is
    /// back is not heard; as long as `hear` wants to.
    pub(crate) fn listen(
        &self,
        mut subscriber: Subscriber,
        mut hear: impl FnMut(Option<async_nats::Message>) -> bool + Send + 'static,
    ) {
        let mut losses = self.losses.subscribe();
        self.home.spawn(async move {
            loop {
                let heard = tokio::select! {
                    message = subscriber.next() => match message {
                        Some(message) => Some(message),
                        None => return,
                    },
                    Ok(()) = losses.changed() => None,
                };
                if !hear(heard) {
                    return;
                }
            }
        });
    }

    pub(crate) fn server(&self) -> String {
        self.server.clone()
    }

    pub(crate) fn broken(&self) -> NatsError {
        self.failed("the connection is broken")
    }

    pub(crate) fn failed(&self, reason: &(impl Display + ?Sized)) -> NatsError {
        NatsError::Unreachable { server: self.server.clone(), reason: reason.to_string() }
    }
}

fn pause_before(attempt: usize) -> Duration {
    let attempt = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    (Duration::from_millis(20).saturating_mul(attempt)).min(LONGEST_PAUSE)
}

/// What an error says that wraps others.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
