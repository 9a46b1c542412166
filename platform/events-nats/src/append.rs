//! Appending: the server compares the number of the last event with the one that was expected, and all of a batch are stored,
//! or none.

use async_nats::HeaderMap;
use bytes::Bytes;
use cleave_core::Context;
use cleave_events::{Append, EventLogError, RecordedEvent, checksum};
use futures_util::StreamExt as _;

use crate::api::{Api, Refusal, Stored, code, is_nobody};
use crate::error::NatsError;
use crate::log::NatsLog;
use crate::streams::{stream_of, subject_of};

/// The most events of one batch that a server takes as it comes.
const MAX_EVENTS_PER_BATCH: usize = 1_000;

/// How often an append is tried that meets others, of which each time one has succeeded, or whose stream is not as it must be.
const MAX_MEETINGS: u32 = 20;

/// The header of a record's checksum.
pub(crate) const CHECKSUM: &str = "Cleave-Checksum";

impl NatsLog {
    pub(crate) async fn append_now(&self, context: &Context, request: Append) -> Result<i64, EventLogError> {
        let Append { topic, events } = request;
        if !events.windows(2).all(|pair| pair[0].offset + 1 == pair[1].offset) {
            return Err(EventLogError::Disordered);
        }
        let stream = stream_of(&topic)?;
        let mut rest = events.as_slice();
        let mut last = None;
        for _ in 0..MAX_MEETINGS {
            let Some(first) = rest.first() else { break };
            let api = self.api(context).await?;
            let (batch, later) = rest.split_at(rest.len().min(MAX_EVENTS_PER_BATCH));
            let refusal = match api.append(&topic, batch).await? {
                Some(Ok(stored)) => {
                    let expected = batch.last().map_or(0, |event| event.offset);
                    if stored.sequence != expected {
                        let found = stored.sequence;
                        tracing::error!(
                            topic,
                            expected,
                            found,
                            "the log numbers differently from who appends"
                        );
                        return Err(EventLogError::Internal);
                    }
                    (rest, last) = (later, Some(expected));
                    continue;
                }
                Some(Err(refusal)) => Some(refusal),
                None => None,
            };
            match refusal {
                // No stream, or one that somebody else has made.
                None => api.prepare_topic(&topic, self.replicas()).await?,
                Some(refusal) if refusal.code == code::NO_BATCHES => {
                    api.prepare_topic(&topic, self.replicas()).await?;
                }
                Some(refusal) if code::WRONG_LAST_SEQUENCE.contains(&refusal.code) => {
                    let found = api.stream(&stream).await?.map_or(0, |stream| stream.state.last_seq);
                    if first.offset > found + 1 {
                        return Err(EventLogError::Gap { topic, last_offset: found });
                    }
                    let has = rest.iter().take_while(|event| event.offset <= found).count();
                    (rest, last) = (&rest[has..], Some(found));
                }
                Some(refusal) => return Err(not_stored(&api, topic, refusal)),
            }
        }
        match last {
            Some(last) if rest.is_empty() => Ok(last),
            None if rest.is_empty() => self.last(context, &topic).await,
            _ => {
                tracing::error!(
                    topic,
                    "events cannot be appended: each time somebody else does, or the stream refuses"
                );
                Err(EventLogError::Internal)
            }
        }
    }
}

impl Api<'_> {
    /// Appends events behind the one right before them. Nothing where there is no such stream.
    async fn append(
        &self,
        topic: &str,
        events: &[RecordedEvent],
    ) -> Result<Option<Result<Stored, Refusal>>, NatsError> {
        let Some(first) = events.first() else { return Ok(None) };
        let records = events.iter().map(|event| self.record(topic, event)).collect::<Result<Vec<_>, _>>()?;
        let expected = first.offset - 1;
        let subject = subject_of(topic);
        match <[_; 1]>::try_from(records) {
            Ok([(mut headers, payload)]) => {
                headers.insert("Nats-Expected-Last-Sequence", expected.to_string());
                self.publish(subject, headers, payload).await
            }
            Err(records) => {
                self.connection.within(self.time, self.publish_batch(subject, expected, records)).await
            }
        }
    }

    /// What is published of an event.
    fn record(&self, topic: &str, event: &RecordedEvent) -> Result<(HeaderMap, Bytes), NatsError> {
        let payload = serde_json::to_vec(event).map_err(|error| self.connection.failed(&error))?;
        let mut headers = HeaderMap::new();
        headers.insert(CHECKSUM, checksum(topic, event).to_string());
        Ok((headers, payload.into()))
    }

    async fn publish_batch(
        &self,
        subject: String,
        expected: i64,
        records: Vec<(HeaderMap, Bytes)>,
    ) -> Result<Option<Result<Stored, Refusal>>, NatsError> {
        let client = &self.connection.client;
        let failed = |error: &dyn std::error::Error| self.connection.failed(error);
        let inbox = client.new_inbox();
        // Unlike any other, as the inbox is.
        let id = inbox.rsplit('.').next().unwrap_or_default().to_owned();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(|error| failed(&error))?;
        let count = records.len();
        for (number, (mut headers, payload)) in (1..).zip(records) {
            headers.insert("Nats-Batch-Id", id.as_str());
            headers.insert("Nats-Batch-Sequence", number.to_string());
            if number == 1 {
                headers.insert("Nats-Expected-Last-Sequence", expected.to_string());
            }
            if number == count {
                headers.insert("Nats-Batch-Commit", "1");
            }
            // The first one is answered where the stream takes no batch, or is not there; the last one in any case.
            let published = if number == 1 || number == count {
                client.publish_with_reply_and_headers(subject.clone(), inbox.clone(), headers, payload).await
            } else {
                client.publish_with_headers(subject.clone(), headers, payload).await
            };
            published.map_err(|error| failed(&error))?;
        }
        while let Some(answer) = answers.next().await {
            if is_nobody(&answer) {
                return Ok(None);
            }
            // Nothing in it: the batch goes on.
            if !answer.payload.is_empty() {
                return self.read(&answer.payload).map(Some);
            }
        }
        Err(self.connection.broken())
    }
}

/// Why events have not been stored.
fn not_stored(api: &Api<'_>, topic: String, refusal: Refusal) -> EventLogError {
    let is_limit = refusal.code == code::STORE_FAILED && refusal.description.contains("maximum");
    if is_limit || code::NO_RESOURCES.contains(&refusal.code) {
        return EventLogError::Full { topic, limit: format!("NATS says: {}", refusal.description) };
    }
    api.refused(refusal).into()
}
