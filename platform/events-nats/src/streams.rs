//! The streams: their names, and how they must be.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use cleave_events::{EventLogError, TopicStatus};

use crate::api::{Api, Stream};
use crate::error::NatsError;

const PREFIX: &str = "CLEAVE_";

/// The bucket in which consumers tell how far they have come, as `nats kv` knows it, and its stream.
pub(crate) const CONSUMERS: &str = "KV_cleave_consumers";

/// What a record has beside what it counts for: the names of the fields, quotes, headers, the subject, and the store's own.
const OVERHEAD: i64 = 300;

/// The stream of a topic.
pub(crate) fn stream_of(topic: &str) -> Result<String, EventLogError> {
    check_name(topic)?;
    Ok(format!("{PREFIX}{topic}"))
}

/// Where its events are published.
pub(crate) fn subject_of(topic: &str) -> String {
    format!("cleave.events.{topic}")
}

/// Where it is said that one has been stored.
pub(crate) fn bell_of(topic: &str) -> String {
    format!("cleave.stored.{topic}")
}

/// Where a consumer's progress is kept.
pub(crate) fn key_of(topic: &str, consumer: &str) -> Result<String, EventLogError> {
    check_name(topic)?;
    check_name(consumer)?;
    Ok(format!("$KV.cleave_consumers.{topic}.{consumer}"))
}

/// The names of modules can stand in the names of streams and subjects as they are; others cannot.
fn check_name(name: &str) -> Result<(), EventLogError> {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(is_plain) {
        return Ok(());
    }
    tracing::error!(
        name,
        "topics and consumers have names of a-z, 0-9, _ and -, up to 64, where the log is NATS"
    );
    Err(EventLogError::Internal)
}

/// How the stream of a topic must be. What stands here is set right at each migration; what does not (a limit, a placement, a
/// compression that an operator has chosen) stays.
fn of_topic(topic: &str, replicas: u32) -> Value {
    json!({
        "name": format!("{PREFIX}{topic}"),
        "description": format!("what {topic} tells, numbered like its outbox"),
        "subjects": [subject_of(topic)],
        "retention": "limits",
        "storage": "file",
        "num_replicas": replicas,
        // A full stream refuses, and forgets nothing by itself: what is cut is decided with the consumers in view.
        "discard": "new",
        "max_age": 0,
        "max_msgs_per_subject": -1,
        "deny_delete": true,
        "allow_direct": true,
        "allow_atomic": true,
        "republish": {"src": subject_of(topic), "dest": bell_of(topic), "headers_only": true},
    })
}

fn of_consumers(replicas: u32) -> Value {
    json!({
        "name": CONSUMERS,
        "description": "how far the consumers of the event log have come",
        "subjects": ["$KV.cleave_consumers.>"],
        "retention": "limits",
        "storage": "file",
        "num_replicas": replicas,
        "discard": "new",
        "max_msgs_per_subject": 1,
        "allow_rollup_hdrs": true,
        "deny_delete": true,
        "allow_direct": true,
    })
}

impl Api<'_> {
    /// Makes the stream of a topic, or sets right what differs.
    pub(crate) async fn prepare_topic(&self, topic: &str, replicas: u32) -> Result<(), NatsError> {
        self.prepare(of_topic(topic, replicas)).await
    }

    /// The same for the bucket of the consumers.
    pub(crate) async fn prepare_consumers(&self, replicas: u32) -> Result<(), NatsError> {
        self.prepare(of_consumers(replicas)).await
    }

    /// Takes the stream of a topic away and makes it anew, as it was, but empty: its next event has this number.
    pub(crate) async fn renew_topic(
        &self,
        topic: &str,
        replicas: u32,
        first_offset: i64,
    ) -> Result<(), NatsError> {
        let Value::Object(mut config) = of_topic(topic, replicas) else { return Ok(()) };
        let name = format!("{PREFIX}{topic}");
        if let Some(stream) = self.stream(&name).await? {
            config = merged(&stream.config, &config);
            let deleted = self.ask::<Value>(&format!("STREAM.DELETE.{name}"), &()).await?;
            deleted.map_err(|refusal| self.refused(refusal))?;
        }
        config.insert("first_seq".to_owned(), first_offset.into());
        let created = self.ask::<Stream>(&format!("STREAM.CREATE.{name}"), &config).await?;
        created.map(drop).map_err(|refusal| self.refused(refusal))
    }

    async fn prepare(&self, wanted: Value) -> Result<(), NatsError> {
        let Value::Object(wanted) = wanted else { return Ok(()) };
        let name = wanted.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (request, config) = match self.stream(&name).await? {
            None => ("CREATE", wanted),
            Some(Stream { config, .. }) => {
                let right = merged(&config, &wanted);
                if right == config {
                    return Ok(());
                }
                ("UPDATE", right)
            }
        };
        match self.ask::<Stream>(&format!("STREAM.{request}.{name}"), &config).await? {
            Ok(_) => Ok(()),
            Err(refusal) => Err(self.refused(refusal)),
        }
    }

    /// What all topics have that were ever told of.
    pub(crate) async fn topics(&self) -> Result<Vec<TopicStatus>, NatsError> {
        #[derive(Deserialize)]
        struct Page {
            total: usize,
            #[serde(default)]
            streams: Option<Vec<Stream>>,
        }
        let (mut topics, mut offset) = (Vec::new(), 0);
        loop {
            let request = json!({"subject": subject_of("*"), "offset": offset});
            let page = self.ask::<Page>("STREAM.LIST", &request).await?;
            let Page { total, streams } = page.map_err(|refusal| self.refused(refusal))?;
            let streams = streams.unwrap_or_default();
            offset += streams.len();
            let is_last = streams.is_empty() || offset >= total;
            topics.extend(streams.iter().filter_map(status));
            if is_last {
                topics.sort_by(|one: &TopicStatus, other| one.topic.cmp(&other.topic));
                return Ok(topics);
            }
        }
    }
}

/// What there is, with what is wanted over it.
fn merged(existing: &Map<String, Value>, wanted: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = existing.clone();
    for (key, value) in wanted {
        merged.insert(key.clone(), value.clone());
    }
    merged
}

/// What a topic has; nothing where nothing was ever told in it.
fn status(stream: &Stream) -> Option<TopicStatus> {
    let topic = stream.config.get("name")?.as_str()?.strip_prefix(PREFIX)?.to_owned();
    let state = stream.state;
    let count = i64::try_from(state.messages).unwrap_or(i64::MAX);
    let all = i64::try_from(state.bytes).unwrap_or(i64::MAX);
    let bytes = all.saturating_sub(count.saturating_mul(OVERHEAD)).max(0);
    let status =
        TopicStatus { topic, first_offset: state.first_offset(), last_offset: state.last_seq, bytes };
    (state.last_seq > 0).then_some(status)
}
