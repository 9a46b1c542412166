//! An answer that goes on: JSON, one object a line, as a stream.

use std::time::Duration;

use actix_web::http::Method;
use bytes::{Bytes, BytesMut};
use cleave_core::{CallFailure, Context, ContractError};
use futures_util::stream::{self, LocalBoxStream};
use serde::de::DeserializeOwned;

use super::body::PooledBody;
use super::{MAX_ANSWER_BYTES, Peer};

/// What has arrived and what is to come.
struct Lines {
    peer: String,
    body: PooledBody,
    arrived: BytesMut,
    longest_silence: Duration,
}

impl Peer {
    /// Asks for `path` and reads the answer line by line, as its reader asks for more. Empty lines say that the peer lives;
    /// one that says nothing for `longest_silence` is given up. The deadline holds for the beginning of the answer. Dropping
    /// the stream closes the connection.
    pub async fn lines<T, E>(
        &self,
        context: &Context,
        path: &str,
        longest_silence: Duration,
    ) -> Result<LocalBoxStream<'static, Result<T, CallFailure>>, E>
    where
        T: DeserializeOwned + 'static,
        E: ContractError,
    {
        let answer = self.within_deadline(context, async {
            let request = self.request(context, Method::GET, path, Bytes::new())?;
            let answer = self.attempts(context, true, request).await?;
            if answer.status.is_success() {
                return Ok(Ok(answer.body));
            }
            let body = answer.body.collect(MAX_ANSWER_BYTES).await;
            let body = body.map_err(|_| CallFailure::Unavailable(self.name.clone()))?;
            Ok(Err((answer.status, body)))
        });
        match answer.await.map_err(E::from_failure)? {
            Ok(body) => {
                let peer = self.name.clone();
                let lines = Lines { peer, body, arrived: BytesMut::new(), longest_silence };
                Ok(Box::pin(stream::try_unfold(lines, async |mut lines| {
                    let line = lines.next().await?;
                    Ok(line.map(|line| (line, lines)))
                })))
            }
            Err((status, body)) => Err(self.restore(status, &body)),
        }
    }
}

impl Lines {
    async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, CallFailure> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.arrived[searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.arrived.split_to(searched + end + 1);
                searched = 0;
                if line.len() == 1 {
                    continue;
                }
                return serde_json::from_slice(&line).map(Some).map_err(|error| {
                    tracing::error!(peer = self.peer, %error, "a line of the peer's answer has another shape");
                    CallFailure::Internal
                });
            }
            searched = self.arrived.len();
            if searched > MAX_ANSWER_BYTES {
                return Err(self.broken(&format!("a line is longer than {MAX_ANSWER_BYTES} bytes")));
            }
            let piece = std::future::poll_fn(|context| self.body.poll_data(context));
            match tokio::time::timeout(self.longest_silence, piece).await {
                Ok(Some(Ok(piece))) => self.arrived.extend_from_slice(&piece),
                Ok(Some(Err(error))) => return Err(self.broken(&error)),
                Ok(None) if self.arrived.is_empty() => return Ok(None),
                Ok(None) => return Err(self.broken(&"it ends within a line")),
                Err(_elapsed) => return Err(self.broken(&"the peer shows no life")),
            }
        }
    }

    fn broken(&self, error: &impl std::fmt::Display) -> CallFailure {
        tracing::debug!(peer = self.peer, %error, "a stream broke off");
        CallFailure::Unavailable(self.peer.clone())
    }
}
