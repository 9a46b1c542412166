//! Reading, which believes nothing that it has not checked.

use async_nats::Message;
use bytes::Bytes;
use cleave_core::Context;
use cleave_events::{EventLogError, ReadRange, RecordedEvent, checksum};
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use crate::api::{Api, code, is_nobody};
use crate::append::CHECKSUM;
use crate::error::NatsError;
use crate::log::NatsLog;
use crate::streams::stream_of;

/// The most events that one answer has, and about how many bytes.
const MAX_EVENTS_PER_ANSWER: u32 = 1_000;
const MAX_BYTES_PER_ANSWER: u64 = 1024 * 1024;

impl NatsLog {
    /// What there is now, up to the first event that is damaged; an error where that is the first of all.
    pub(crate) async fn read_now(
        &self,
        context: &Context,
        topic: &str,
        range: ReadRange,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        let stream = stream_of(topic)?;
        let api = self.api(context).await?;
        let limit = range.limit.clamp(1, MAX_EVENTS_PER_ANSWER);
        let after = range.after.max(0);
        let request = json!({"seq": after + 1, "batch": limit, "max_bytes": MAX_BYTES_PER_ANSWER});
        let Some(messages) = api.get(&stream, &request).await? else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        let mut fault = None;
        for (message, expected) in messages.iter().zip(after + 1..) {
            match event_of(topic, message, expected) {
                Ok(event) => events.push(event),
                Err(reason) => {
                    fault = Some((expected, reason));
                    break;
                }
            }
        }
        if !events.is_empty() {
            return Ok(events);
        }
        let state = api.stream(&stream).await?.map(|stream| stream.state);
        let Some(state) = state else { return Ok(events) };
        let topic = topic.to_owned();
        let first_offset = state.first_offset();
        if first_offset > after + 1 {
            return Err(EventLogError::Trimmed { topic, first_offset });
        }
        match fault {
            // Where it is there nevertheless, only the answer had lost it.
            Some((offset, _)) if is_lost(&messages, offset) && api.has(&stream, offset).await? => {
                Err(EventLogError::Timeout)
            }
            Some((offset, reason)) => Err(EventLogError::Damaged { topic, offset, reason }),
            // All of the rest was lost, and not only not yet read.
            None if messages.is_empty() && state.last_seq > after && !api.has(&stream, after + 1).await? => {
                let reason = "it is missing, and so are all that follow".to_owned();
                Err(EventLogError::Damaged { topic, offset: after + 1, reason })
            }
            None => Ok(events),
        }
    }
}

impl Api<'_> {
    /// The messages that a batch of direct gets finds; nothing where there is no such stream.
    pub(crate) async fn get(&self, stream: &str, request: &Value) -> Result<Option<Vec<Message>>, NatsError> {
        let client = &self.connection.client;
        let work = async {
            let inbox = client.new_inbox();
            let failed = |error: &dyn std::error::Error| self.connection.failed(error);
            let mut answers = client.subscribe(inbox.clone()).await.map_err(|error| failed(&error))?;
            let body = Bytes::from(request.to_string());
            let asked = client.publish_with_reply(format!("$JS.API.DIRECT.GET.{stream}"), inbox, body).await;
            asked.map_err(|error| failed(&error))?;
            let mut messages = Vec::new();
            while let Some(message) = answers.next().await {
                if is_nobody(&message) {
                    return Ok(None);
                }
                match message.status.map(|status| status.as_u16()) {
                    None => messages.push(message),
                    // The end, or nothing at all.
                    Some(204 | 404) => return Ok(Some(messages)),
                    Some(status) => {
                        let said = message.description.unwrap_or_default();
                        return Err(self.connection.failed(&format!("it refuses a read ({status}): {said}")));
                    }
                }
            }
            Err(self.connection.broken())
        };
        self.connection.within(self.time, work).await
    }

    /// Whether the leader of a stream has a message.
    async fn has(&self, stream: &str, sequence: i64) -> Result<bool, NatsError> {
        let request = json!({"seq": sequence});
        match self.ask::<Value>(&format!("STREAM.MSG.GET.{stream}"), &request).await? {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.code == code::NO_MESSAGE => Ok(false),
            Err(refusal) => Err(self.refused(refusal)),
        }
    }
}

/// Whether there is no message of this number among these.
fn is_lost(messages: &[Message], offset: i64) -> bool {
    !messages.iter().any(|message| number(message, "Nats-Sequence") == Some(offset))
}

/// The number in a header.
pub(crate) fn number(message: &Message, header: &str) -> Option<i64> {
    message.headers.as_ref()?.get(header)?.as_str().parse().ok()
}

/// The event that a message must be, or what is wrong with it.
fn event_of(topic: &str, message: &Message, expected: i64) -> Result<RecordedEvent, String> {
    let found = number(message, "Nats-Sequence").ok_or("it has no number")?;
    if found != expected {
        return Err(format!("it is missing, and the next one there is {found}"));
    }
    let event = serde_json::from_slice::<RecordedEvent>(&message.payload);
    let event = event.map_err(|error| format!("it cannot be read: {error}"))?;
    if event.offset != expected {
        return Err(format!("it says that it is the event {}", event.offset));
    }
    match number(message, CHECKSUM) {
        Some(written) if written == checksum(topic, &event) => Ok(event),
        Some(_) => Err("it does not match its checksum".to_owned()),
        None => Err("it has no checksum".to_owned()),
    }
}
