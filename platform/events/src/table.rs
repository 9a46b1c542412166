//! The event log as a table.

mod append;
mod follow;
mod mend;
mod read;
mod topics;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cleave_core::{Clock, Context, ContractError as _};
use cleave_db::{Database, WriteError, failure_of};
use tokio::sync::watch;

use crate::log::admit;
use crate::log::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    TopicStatus, Trim,
};
use crate::recorded::RecordedEvent;
use append::Queue;

/// How many of a topic's latest events are kept in memory, for readers that have just been woken.
const RECENT_EVENTS: usize = 256;

/// How often a waiting reader looks for what another process has appended.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// How long a reader waits at most when the log is about to stop.
const LAST_WAIT: Duration = Duration::from_millis(50);

/// The number of the last event of the topic `$1`, also where it has been cut.
macro_rules! last_offset {
    () => {
        "(SELECT MAX(last) FROM (SELECT COALESCE(MAX(position), 0) AS last FROM events WHERE topic = $1 \
         UNION ALL SELECT trimmed_through FROM topics WHERE topic = $1) AS ends)"
    };
}
use last_offset;

/// The event log in a database of this process. Clones are the same log: each thread takes one, and an append in one of
/// them wakes the readers in all.
#[derive(Debug, Clone)]
pub struct TableLog {
    database: Database,
    clock: Arc<dyn Clock>,
    topics: Arc<Mutex<BTreeMap<String, Arc<Topic>>>>,
    queue: Arc<Queue>,
    /// Whether the log is about to stop.
    ending: Arc<watch::Sender<bool>>,
}

/// What a process knows of a topic beside the table.
#[derive(Debug, Default)]
struct Topic {
    /// The events that this process has appended last, without a gap.
    recent: Mutex<VecDeque<RecordedEvent>>,
    /// Rung with the number of the last event.
    bell: watch::Sender<i64>,
}

impl TableLog {
    /// The log in this database, whose tables must be at the state of [`crate::LOG_MIGRATIONS`].
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock, topics: Arc::default(), queue: Arc::default(), ending: Arc::default() }
    }

    /// Lets nobody wait any longer for something new: who stops would have to wait for those who do.
    pub fn end_waiting(&self) {
        self.ending.send_replace(true);
    }

    fn topic(&self, name: &str) -> Arc<Topic> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(topic) = topics.get(name) {
            return topic.clone();
        }
        topics.entry(name.to_owned()).or_default().clone()
    }

    async fn last(&self, topic: &str) -> Result<i64, EventLogError> {
        sqlx::query_scalar(concat!("SELECT ", last_offset!()))
            .bind(topic)
            .fetch_one(self.database.readers())
            .await
            .map_err(|error| failed(&error))
    }

    fn tell_readers(&self, topic: &str, appended: &[RecordedEvent]) {
        let Some(last) = appended.last() else { return };
        let topic = self.topic(topic);
        let mut recent = topic.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.back().is_some_and(|newest| newest.offset + 1 != appended[0].offset) {
            recent.clear();
        }
        recent.extend(appended.iter().cloned());
        let surplus = recent.len().saturating_sub(RECENT_EVENTS);
        recent.drain(..surplus);
        drop(recent);
        topic.bell.send_replace(last.offset);
    }
}

impl Topic {
    /// The events after a number, where all of them are still in memory and there is one.
    fn recent_after(&self, after: i64, limit: u32) -> Option<Vec<RecordedEvent>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let first = recent.front()?.offset;
        let skipped = usize::try_from(after + 1 - first).ok()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let events = recent.iter().skip(skipped).take(limit).cloned().collect::<Vec<_>>();
        (!events.is_empty()).then_some(events)
    }

    /// Keeps what has been cut from being read any more.
    fn forget_before(&self, first_offset: i64) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|event| event.offset >= first_offset);
    }
}

#[async_trait(?Send)]
impl EventLog for TableLog {
    async fn last_offset(&self, context: &Context, topic: String) -> Result<i64, EventLogError> {
        admit(context)?;
        self.last(&topic).await
    }

    async fn append(&self, context: &Context, request: Append) -> Result<i64, EventLogError> {
        admit(context)?;
        self.append_with_others(request).await
    }

    async fn read(
        &self,
        context: &Context,
        request: ReadEvents,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        admit(context)?;
        let ReadEvents { topic, range } = request;
        // Half of the time that is left at most: the answer has to arrive in time too.
        let now = self.clock.instant();
        let wait = Duration::from_millis(range.wait_ms).min(context.remaining(now) / 2);
        let mut bell = self.topic(&topic).bell.subscribe();
        let mut ending = self.ending.subscribe();
        loop {
            bell.mark_unchanged();
            let wait = if *ending.borrow_and_update() { wait.min(LAST_WAIT) } else { wait };
            let events = self.read_now(&topic, range).await?;
            let waited = self.clock.instant() - now;
            if !events.is_empty() || waited >= wait {
                return Ok(events);
            }
            tokio::select! {
                _rung = bell.changed() => {}
                _ended = ending.changed() => {}
                () = tokio::time::sleep(LOOK_INTERVAL.min(wait.saturating_sub(waited))) => {}
            }
        }
    }

    async fn follow(&self, context: &Context, request: FollowEvents) -> Result<EventStream, EventLogError> {
        admit(context)?;
        self.follow_now(request).await
    }

    async fn topics(&self, context: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        admit(context)?;
        self.list_topics().await
    }

    async fn report(&self, context: &Context, progress: ConsumerProgress) -> Result<(), EventLogError> {
        admit(context)?;
        self.register(&progress).await
    }

    async fn consumers(&self, context: &Context) -> Result<Vec<ConsumerProgress>, EventLogError> {
        admit(context)?;
        self.list_consumers().await
    }

    async fn forget(&self, context: &Context, consumer: ConsumerId) -> Result<(), EventLogError> {
        admit(context)?;
        self.unregister(&consumer).await
    }

    async fn trim(&self, context: &Context, request: Trim) -> Result<i64, EventLogError> {
        admit(context)?;
        self.cut(&request).await
    }
}

fn failed(error: &sqlx::Error) -> EventLogError {
    EventLogError::from_failure(failure_of("events", error))
}

fn write_failed(error: &WriteError<()>) -> EventLogError {
    match error {
        WriteError::Database(error) => failed(error),
        WriteError::Refused(()) => EventLogError::Internal,
    }
}
