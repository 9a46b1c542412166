//! What can be wrong with NATS, for who sets it up.

use cleave_events::EventLogError;

/// The oldest server that can publish a batch atomically.
pub(crate) const OLDEST_SERVER: (i64, i64, i64) = (2, 12, 0);

/// Why NATS cannot do what is asked of it. No text has a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NatsError {
    /// No connection.
    #[error("NATS at {server} does not answer: {reason}; see that it runs, and that events.url is right")]
    Unreachable {
        /// Where.
        server: String,
        /// Why.
        reason: String,
    },
    /// It does not know who asks.
    #[error(
        "NATS at {server} refuses the user, the password or the token of events.url, or what they may do"
    )]
    Credentials {
        /// Where.
        server: String,
    },
    /// It lacks what is needed.
    #[error(
        "NATS at {server} has the version {found}; at least 2.12.0 is needed, which can publish a batch atomically"
    )]
    TooOld {
        /// Where.
        server: String,
        /// Its version.
        found: String,
    },
    /// It keeps nothing.
    #[error(
        "NATS at {server} runs without JetStream, or JetStream is still starting: its configuration needs \
         `jetstream {{ store_dir: \"/PATH\", sync_interval: always }}`"
    )]
    NoJetStream {
        /// Where.
        server: String,
    },
    /// It refuses.
    #[error("NATS at {server} refuses ({code}): {reason}")]
    Refused {
        /// Where.
        server: String,
        /// The number of JetStream's error.
        code: u64,
        /// In words.
        reason: String,
    },
    /// No answer before the deadline.
    #[error("NATS at {server} has not answered in time")]
    Timeout {
        /// Where.
        server: String,
    },
}

impl From<NatsError> for EventLogError {
    fn from(error: NatsError) -> Self {
        match error {
            NatsError::Timeout { .. } => Self::Timeout,
            other => Self::Unavailable { what: format!("the event log ({other})") },
        }
    }
}
