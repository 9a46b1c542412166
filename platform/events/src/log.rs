//! The event log: what it promises, wherever it is.

use async_trait::async_trait;
use cleave_core::{CallFailure, Caller, Context, ContractError, ErrorKind};
use futures_util::stream::LocalBoxStream;
use serde::{Deserialize, Serialize};

use crate::RecordedEvent;

/// Events as they come. It ends without an error where the log stops: who goes on asks again.
pub type EventStream = LocalBoxStream<'static, Result<RecordedEvent, EventLogError>>;

/// An ordered, durable log of events for each topic, which refuses what is damaged and never skips it.
///
/// It is for the store's own work: only the system may ask.
#[async_trait(?Send)]
pub trait EventLog {
    /// The number of the topic's last event, also where it has been cut; 0 where there never was one.
    async fn last_offset(&self, context: &Context, topic: String) -> Result<i64, EventLogError>;

    /// Appends events, durably before it answers, and tells the number of the topic's last event then. What the log has
    /// already, or had before it was cut, is ignored; a gap is refused. All of them are appended, or none.
    async fn append(&self, context: &Context, request: Append) -> Result<i64, EventLogError>;

    /// The events after a number, in order. Where there is none, waits for one as long as it was asked to.
    async fn read(&self, context: &Context, request: ReadEvents)
    -> Result<Vec<RecordedEvent>, EventLogError>;

    /// The events after a number as they come, until the stream is dropped or an error ends it. The deadline holds for the
    /// beginning only.
    async fn follow(&self, context: &Context, request: FollowEvents) -> Result<EventStream, EventLogError>;

    /// All topics, sorted by name.
    async fn topics(&self, context: &Context) -> Result<Vec<TopicStatus>, EventLogError>;

    /// A consumer tells how far it has come, which registers it: retention keeps what it has yet to read. The last word
    /// holds, also where it goes back.
    async fn report(&self, context: &Context, progress: ConsumerProgress) -> Result<(), EventLogError>;

    /// The registered consumers and how far they have come, sorted by name and topic.
    async fn consumers(&self, context: &Context) -> Result<Vec<ConsumerProgress>, EventLogError>;

    /// Takes a consumer that will not come back from the register; one that is not there changes nothing.
    async fn forget(&self, context: &Context, consumer: ConsumerId) -> Result<(), EventLogError>;

    /// Cuts the events up to and including a number, whoever has yet to read them, and tells the number of the oldest event
    /// that is kept: one behind the last where none is. What is not there yet is not cut.
    async fn trim(&self, context: &Context, request: Trim) -> Result<i64, EventLogError>;
}

/// Lets the system pass, which an engine of the log does first of all.
pub fn admit(context: &Context) -> Result<(), EventLogError> {
    match &context.caller {
        Caller::System => Ok(()),
        Caller::Anonymous => Err(EventLogError::Unauthenticated),
        Caller::User(_) => Err(EventLogError::Forbidden),
    }
}

/// Events to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Which topic.
    pub topic: String,
    /// In the order of their offsets, without a gap.
    pub events: Vec<RecordedEvent>,
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadEvents {
    /// Which topic.
    pub topic: String,
    /// From where to how long.
    pub range: ReadRange,
}

/// From where to read, how much, and how long to wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRange {
    /// The number of the last event that the reader has; 0 for all.
    pub after: i64,
    /// The most events to read, up to 1,000.
    pub limit: u32,
    /// How long to wait where there is nothing yet, in milliseconds.
    #[serde(default)]
    pub wait_ms: u64,
}

/// What to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowEvents {
    /// Which topic.
    pub topic: String,
    /// The number of the last event that the reader has; 0 for all.
    pub after: i64,
}

/// A topic and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicStatus {
    /// Its name.
    pub topic: String,
    /// The number of the oldest event that is kept; one behind the last where all are cut.
    pub first_offset: i64,
    /// The number of its last event.
    pub last_offset: i64,
    /// About how many bytes the events have that are kept.
    pub bytes: i64,
}

/// How far a consumer has come in a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerProgress {
    /// Who: the name of a module.
    pub consumer: String,
    /// Which topic.
    pub topic: String,
    /// The number of the last event that it has no more need of; 0 for none.
    pub position: i64,
}

/// A consumer of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerId {
    /// Who: the name of a module.
    pub consumer: String,
    /// Which topic.
    pub topic: String,
}

/// What to cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trim {
    /// Which topic.
    pub topic: String,
    /// The number of the last event to cut.
    pub through: i64,
}

/// Why the log did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EventLogError {
    /// Events are missing before those that were to be appended.
    #[error("the topic {topic} ends at {last_offset}: append from {} on", last_offset + 1)]
    Gap {
        /// Which topic.
        topic: String,
        /// The number of its last event.
        last_offset: i64,
    },
    /// The events to append have gaps among themselves, or there are too many.
    #[error("events are appended in the order of their offsets, without a gap")]
    Disordered,
    /// An event is not what was written, or is missing. It is never skipped.
    #[error(
        "the event {offset} of the topic {topic} is damaged: {reason}; \
         write it anew from its outbox with `cleave events rebuild {topic}`"
    )]
    Damaged {
        /// Which topic.
        topic: String,
        /// The number of the event.
        offset: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// What was asked for has been cut.
    #[error("the topic {topic} begins with the event {first_offset}: what was before has been cut")]
    Trimmed {
        /// Which topic.
        topic: String,
        /// The number of the oldest event that is kept.
        first_offset: i64,
    },
    /// The log takes no more.
    #[error("the topic {topic} is full ({limit}); cut events, or raise the limit")]
    Full {
        /// Which topic.
        topic: String,
        /// What limits it, in words.
        limit: String,
    },
    /// It is not known who asks.
    #[error("the event log is for the store's own work: present the service credential as the system")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("the event log is for the store's own work, and for nobody else")]
    Forbidden,
    /// No answer before the deadline.
    #[error("no answer in time; append the same events again, which is safe")]
    Timeout,
    /// A part of the store is away.
    #[error("{what} is away; try again in a moment")]
    Unavailable {
        /// What is away.
        what: String,
    },
    /// A fault of the store.
    #[error("a fault of the store; its log tells more under the id of this request")]
    Internal,
}

impl ContractError for EventLogError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Gap { .. } | Self::Trimmed { .. } => ErrorKind::Conflict,
            Self::Disordered => ErrorKind::Invalid,
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } | Self::Full { .. } => ErrorKind::Unavailable,
            Self::Damaged { .. } | Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "gap",
            Self::Disordered => "disordered",
            Self::Damaged { .. } => "damaged",
            Self::Trimmed { .. } => "trimmed",
            Self::Full { .. } => "full",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timeout",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal => "internal",
        }
    }

    fn from_failure(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unavailable(what) => Self::Unavailable { what },
            CallFailure::Timeout => Self::Timeout,
            CallFailure::Unauthenticated => Self::Unauthenticated,
            CallFailure::Internal => Self::Internal,
        }
    }
}
