//! The client half's end of a link.
//!
//! A [`Peer`] belongs to one worker thread (see the ADR on cells): its connections and, over the `memory` link,
//! the server half itself live there, so that a call wakes no other thread of the process. Over the `thread` link it
//! does, and that is all it does otherwise.

mod address;
mod answer;
mod body;
mod choice;
mod connection;
mod endpoint;
mod lines;
mod pool;
mod request;
mod retry;
mod round_trip;
mod sending;

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use cleave_auth::ServiceCredential;
use cleave_core::{CallFailure, Caller, Clock, Context, ContractError};
use cleave_timing::Part;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use address::PeerAddress;
pub use answer::Fields;
pub use body::{Answer, PooledBody};
pub use endpoint::{AddressBook, Endpoint};
use pool::{Attempt, Pool};
pub use request::{InvalidPath, Outgoing, Request};
use request::{is_value, write_field, write_number};
use retry::Budget;
pub use round_trip::RoundTrip;

use crate::server::UNAUTHENTICATED;
use crate::{MemoryServer, Operation, PipeAddress, Problem, headers};

/// The largest answer that an adapter reads, in bytes.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// A module somewhere else, as one worker thread reaches it.
pub struct Peer {
    name: String,
    pool: Pool,
    budget: Budget,
    clock: Arc<dyn Clock>,
    /// The headers that are the same in every request to it, as they go over the wire.
    signature: Vec<u8>,
}

impl Peer {
    /// A peer in another process (or in this one, over a socket), at addresses that may change.
    pub fn remote(
        name: &str,
        addresses: AddressBook,
        clock: Arc<dyn Clock>,
        credential: &ServiceCredential,
    ) -> Self {
        Self::new(name, Pool::network(name, addresses, clock.clone()), clock, credential)
    }

    /// A peer on the caller's own thread, reached by the same HTTP bytes over a pipe in memory.
    pub fn memory(
        name: &str,
        server: Rc<MemoryServer>,
        clock: Arc<dyn Clock>,
        credential: &ServiceCredential,
    ) -> Self {
        Self::new(name, Pool::memory(server, clock.clone()), clock, credential)
    }

    /// A peer on another thread of this process, reached by the same HTTP bytes over a pipe in memory.
    pub fn thread(
        name: &str,
        address: PipeAddress,
        clock: Arc<dyn Clock>,
        credential: &ServiceCredential,
    ) -> Self {
        Self::new(name, Pool::thread(address, clock.clone()), clock, credential)
    }

    /// The same, as far away as this round trip: each attempt of a call takes one longer.
    #[must_use]
    pub fn at_distance(mut self, round_trip: Option<RoundTrip>) -> Self {
        self.pool.round_trip = round_trip;
        self
    }

    fn new(name: &str, pool: Pool, clock: Arc<dyn Clock>, credential: &ServiceCredential) -> Self {
        let mut signature = Vec::new();
        let host = if is_value(name) { name } else { "peer" };
        write_field(&mut signature, "host", host.as_bytes());
        write_field(&mut signature, headers::CREDENTIAL, credential.header_value().as_bytes());
        Self { name: name.to_owned(), pool, budget: Budget::default(), clock, signature }
    }

    /// Where the next call would go; nowhere where no address is known. It is a look into memory.
    pub fn next_address(&self) -> Option<PeerAddress> {
        self.pool.next_address()
    }

    /// Asks for `path` and reads the answer.
    pub async fn get<T, E>(&self, context: &Context, path: &str) -> Result<T, E>
    where
        T: DeserializeOwned,
        E: ContractError,
    {
        self.exchange(context, Method::GET, true, path, Bytes::new()).await
    }

    /// Sends a command whose key is in the path, so that it can always be repeated.
    pub async fn put<T, E>(&self, context: &Context, path: &str, body: &impl Serialize) -> Result<T, E>
    where
        T: DeserializeOwned,
        E: ContractError,
    {
        self.exchange(context, Method::PUT, true, path, json(body)).await
    }

    /// Sends a command; it is repeated after a lost connection only when the context has a key.
    pub async fn post<T, E>(&self, context: &Context, path: &str, body: &impl Serialize) -> Result<T, E>
    where
        T: DeserializeOwned,
        E: ContractError,
    {
        let is_repeatable = context.idempotency_key.is_some();
        self.exchange(context, Method::POST, is_repeatable, path, json(body)).await
    }

    /// Sends a command of which a second one changes nothing more: one that is
    /// [repeatable](crate::Operation::repeatable).
    pub async fn post_repeatable<T, E>(
        &self,
        context: &Context,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, E>
    where
        T: DeserializeOwned,
        E: ContractError,
    {
        self.exchange(context, Method::POST, true, path, json(body)).await
    }

    /// Sends a change of a part of something; sending it again changes nothing more.
    pub async fn patch<T, E>(&self, context: &Context, path: &str, body: &impl Serialize) -> Result<T, E>
    where
        T: DeserializeOwned,
        E: ContractError,
    {
        self.exchange(context, Method::PATCH, true, path, json(body)).await
    }

    /// Takes something away; sending it again changes nothing more.
    pub async fn delete<T, E>(&self, context: &Context, path: &str) -> Result<T, E>
    where
        T: DeserializeOwned,
        E: ContractError,
    {
        self.exchange(context, Method::DELETE, true, path, Bytes::new()).await
    }

    /// Passes a whole request on and streams its answer back: what the gateway does.
    ///
    /// The caller has cleaned the headers; this adds what a peer needs. A request of which the body has begun to stream is not
    /// sent again, and neither is a command of which the caller does not know that it is repeatable.
    pub async fn forward(
        &self,
        context: &Context,
        operation: Option<&Operation>,
        request: Request,
    ) -> Result<Answer, CallFailure> {
        let is_repeatable = request.method != Method::POST
            || context.idempotency_key.is_some()
            || operation.is_some_and(|operation| operation.is_repeatable);
        let calling = cleave_timing::begin_call(&self.name);
        let answer = self.within_deadline(context, self.attempts(context, is_repeatable, request)).await;
        if let (Some(calling), Ok(answer)) = (calling, &answer) {
            calling.answered(server_timing(&answer.fields));
        }
        answer
    }

    async fn exchange<T, E>(
        &self,
        context: &Context,
        method: Method,
        is_repeatable: bool,
        path: &str,
        body: Bytes,
    ) -> Result<T, E>
    where
        T: DeserializeOwned,
        E: ContractError,
    {
        let calling = cleave_timing::begin_call(&self.name);
        let answer = self.within_deadline(context, async {
            let request = self.request(context, method, path, body)?;
            let answer = self.attempts(context, is_repeatable, request).await?;
            let body = answer.body.collect(MAX_ANSWER_BYTES).await.map_err(|error| {
                tracing::warn!(peer = self.name, %error, "the answer broke off");
                CallFailure::Unavailable(self.name.clone())
            })?;
            Ok((answer.status, answer.fields, body))
        });
        let (status, fields, body) = answer.await.map_err(E::from_failure)?;
        if let Some(calling) = calling {
            calling.answered(server_timing(&fields));
        }
        let _reading = cleave_timing::begin(Part::Serialisation);
        if status.is_success() {
            let body = if body.is_empty() { b"null" } else { &body[..] };
            return serde_json::from_slice(body)
                .map_err(|error| E::from_failure(self.fault("answers with another shape", &error)));
        }
        Err(self.restore(status, &body))
    }

    fn request(
        &self,
        context: &Context,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Request, CallFailure> {
        let has_body = !body.is_empty();
        let request = Request::new(method, path, Outgoing::full(body));
        let mut request = request.map_err(|error| self.fault("is asked for a path that is none", &error))?;
        request.append_text(headers::ERRORS, "typed");
        if has_body {
            request.append_text("content-type", "application/json");
        }
        match &context.caller {
            Caller::Anonymous => {}
            Caller::User(user) => {
                request.append_text("authorization", &format!("Bearer {}", user.access_token));
            }
            Caller::System => request.append_text(headers::CALLER, "system"),
        }
        if let Some(key) = &context.idempotency_key {
            request.append_text(headers::IDEMPOTENCY_KEY, key.as_str());
        }
        Ok(request)
    }

    /// What every attempt at a peer carries.
    fn sign(&self, context: &Context, head: &mut Vec<u8>) {
        head.extend_from_slice(&self.signature);
        write_field(head, headers::REQUEST_ID, context.request_id.as_str().as_bytes());
        let remaining = context.remaining(self.clock.instant()).as_millis();
        write_number(head, headers::DEADLINE_MS, u64::try_from(remaining).unwrap_or(u64::MAX).max(1));
    }

    /// Tries until an answer begins, as often as is safe and the budget allows. A lost connection leaves open whether the
    /// command was carried out; `is_repeatable` says that this does not matter.
    async fn attempts(
        &self,
        context: &Context,
        is_repeatable: bool,
        mut request: Request,
    ) -> Result<Answer, CallFailure> {
        let mut failed = None;
        for attempt in 0.. {
            request.seal(|head| self.sign(context, head));
            let error = match self.pool.send(&mut request, is_repeatable, &mut failed).await {
                Ok(answer) => {
                    self.budget.earn();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let safe = match error {
                Attempt::NoConnection(_) | Attempt::NotSent(_) => true,
                Attempt::Broken(_) => is_repeatable && request.is_whole(),
                Attempt::Withdrawn(_) | Attempt::Full => false,
            };
            // To ask another replica what has not left for this one is no load that a retry adds.
            let elsewhere = self.pool.has_others();
            let is_free =
                elsewhere && !matches!(error, Attempt::Broken(_)) && attempt + 1 < retry::MAX_ATTEMPTS;
            let again = safe && (is_free || self.budget.spend(attempt));
            tracing::debug!(peer = self.name, attempt, again, %error, "no answer");
            if !again {
                break;
            }
            if !elsewhere {
                retry::pause(attempt).await;
            }
        }
        Err(CallFailure::Unavailable(self.name.clone()))
    }

    async fn within_deadline<T>(
        &self,
        context: &Context,
        work: impl Future<Output = Result<T, CallFailure>>,
    ) -> Result<T, CallFailure> {
        let remaining = context.remaining(self.clock.instant());
        tokio::time::timeout(remaining, work).await.unwrap_or(Err(CallFailure::Timeout))
    }

    /// Restores the contract's error from a problem; without one, the status tells the kind of failure.
    fn restore<E: ContractError>(&self, status: StatusCode, body: &[u8]) -> E {
        let problem = serde_json::from_slice::<Problem>(body).ok();
        if let Some(error) = problem.as_ref().and_then(|problem| problem.error.clone()) {
            match serde_json::from_value(error) {
                Ok(error) => return error,
                Err(error) => return E::from_failure(self.fault("answers with an unknown error", &error)),
            }
        }
        E::from_failure(match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                CallFailure::Unavailable(self.name.clone())
            }
            StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => CallFailure::Timeout,
            StatusCode::UNAUTHORIZED if problem.as_ref().is_some_and(|it| it.code == UNAUTHENTICATED) => {
                CallFailure::Unauthenticated
            }
            _ => {
                let detail = problem.map_or_else(|| status.to_string(), |problem| problem.to_string());
                self.fault("refuses the adapter's request", &detail)
            }
        })
    }

    fn fault(&self, what: &str, error: &impl std::fmt::Display) -> CallFailure {
        tracing::error!(peer = self.name, %error, "the peer {what}");
        CallFailure::Internal
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Peer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the peer tells of the time that it took.
fn server_timing(fields: &Fields) -> Option<&str> {
    std::str::from_utf8(fields.get(cleave_timing::header::NAME)?).ok()
}

fn json(body: &impl Serialize) -> Bytes {
    let _writing = cleave_timing::begin(Part::Serialisation);
    // Contract types are plain data: they always serialise.
    serde_json::to_vec(body).unwrap_or_default().into()
}

/// The query of a URL that says what `parameters` says; empty where they say nothing.
pub fn query_string(parameters: &impl Serialize) -> String {
    // Contract types are plain data: they always serialise.
    serde_urlencoded::to_string(parameters).unwrap_or_default()
}
