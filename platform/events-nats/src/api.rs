//! What is asked of JetStream, as JSON over the connection: the client's own layer has neither atomic batches nor batches of
//! direct gets, which are the two that matter here.

use std::time::Duration;

use async_nats::{HeaderMap, Message, Request, StatusCode};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::error::NatsError;

/// What JetStream's errors are told apart by.
pub(crate) mod code {
    /// There is no such stream.
    pub(crate) const STREAM_NOT_FOUND: u64 = 10_059;
    /// There is no such message.
    pub(crate) const NO_MESSAGE: u64 = 10_037;
    /// The stream does not end where it was expected to.
    pub(crate) const WRONG_LAST_SEQUENCE: [u64; 2] = [10_071, 10_164];
    /// The stream takes no batches.
    pub(crate) const NO_BATCHES: u64 = 10_174;
    /// A limit of the account or of the server: resources, memory, storage.
    pub(crate) const NO_RESOURCES: [u64; 4] = [10_002, 10_023, 10_028, 10_047];
    /// The stream could not store it, and says why in words.
    pub(crate) const STORE_FAILED: u64 = 10_077;
    /// JetStream is off, on the server or for the account.
    pub(crate) const OFF: [u64; 2] = [10_039, 10_076];
}

/// What JetStream answered where it refuses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Refusal {
    #[serde(default, rename = "err_code")]
    pub(crate) code: u64,
    #[serde(default)]
    pub(crate) description: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer<T> {
    Refused { error: Refusal },
    Given(T),
}

/// Where a stream begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct State {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    first_seq: i64,
    pub(crate) last_seq: i64,
}

impl State {
    /// The oldest one that is kept; one behind the last where all are cut.
    pub(crate) fn first_offset(self) -> i64 {
        if self.messages == 0 { self.last_seq + 1 } else { self.first_seq }
    }
}

/// A stream.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Stream {
    pub(crate) config: serde_json::Map<String, serde_json::Value>,
    pub(crate) state: State,
}

/// Where a publication has been stored.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Stored {
    #[serde(rename = "seq")]
    pub(crate) sequence: i64,
}

/// JetStream, as long as one caller is willing to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api<'connection> {
    pub(crate) connection: &'connection Connection,
    pub(crate) time: Duration,
}

impl Api<'_> {
    /// Asks JetStream's interface of this name; `()` is an empty body. Nothing where no part of the server listens to it.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        subject: &str,
        body: &impl Serialize,
    ) -> Result<Result<T, Refusal>, NatsError> {
        let mut body = serde_json::to_vec(body).map_err(|error| self.connection.failed(&error))?;
        if body == b"null" {
            body.clear();
        }
        let request = Request::new().payload(body.into());
        let answer = self.send(format!("$JS.API.{subject}"), request).await?;
        let Some(answer) = answer else {
            return Err(NatsError::NoJetStream { server: self.connection.server() });
        };
        self.read(&answer.payload)
    }

    /// Publishes one message; nothing where no stream takes it.
    pub(crate) async fn publish(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Option<Result<Stored, Refusal>>, NatsError> {
        let request = Request::new().headers(headers).payload(payload);
        let answer = self.send(subject, request).await?;
        answer.map(|answer| self.read(&answer.payload)).transpose()
    }

    async fn send(&self, subject: String, request: Request) -> Result<Option<Message>, NatsError> {
        let work = async {
            match self.connection.client.send_request(subject, request).await {
                Ok(message) => Ok(Some(message)),
                Err(error) if error.kind() == async_nats::RequestErrorKind::NoResponders => Ok(None),
                Err(error) => Err(self.connection.failed(&error)),
            }
        };
        self.connection.within(self.time, work).await
    }

    /// What an answer says.
    pub(crate) fn read<T: DeserializeOwned>(&self, payload: &[u8]) -> Result<Result<T, Refusal>, NatsError> {
        match serde_json::from_slice(payload) {
            Ok(Answer::Given(given)) => Ok(Ok(given)),
            Ok(Answer::Refused { error }) if code::OFF.contains(&error.code) => {
                Err(NatsError::NoJetStream { server: self.connection.server() })
            }
            Ok(Answer::Refused { error }) => Ok(Err(error)),
            Err(error) => Err(self.connection.failed(&format!("its answer cannot be read: {error}"))),
        }
    }

    /// The stream of this name, if there is one.
    pub(crate) async fn stream(&self, name: &str) -> Result<Option<Stream>, NatsError> {
        match self.ask(&format!("STREAM.INFO.{name}"), &()).await? {
            Ok(stream) => Ok(Some(stream)),
            Err(refusal) if refusal.code == code::STREAM_NOT_FOUND => Ok(None),
            Err(refusal) => Err(self.refused(refusal)),
        }
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> NatsError {
        let Refusal { code, description: reason } = refusal;
        NatsError::Refused { server: self.connection.server(), code, reason }
    }
}

/// What the server says to no responder.
pub(crate) fn is_nobody(message: &Message) -> bool {
    message.status == Some(StatusCode::NO_RESPONDERS)
}
