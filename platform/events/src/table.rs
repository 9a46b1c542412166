//! The event log as a table.

mod follow;
mod topics;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cleave_core::{Caller, Clock, Context, ContractError as _};
use cleave_db::{Database, failure_of, is_unique_violation};
use sqlx::AssertSqlSafe;
use tokio::sync::watch;

use crate::log::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    ReadRange, TopicStatus, Trim,
};
use crate::recorded::{MAX_ROWS_PER_STATEMENT, RecordedEvent, event_columns};

/// The most events that one answer has, and about how many bytes.
const MAX_EVENTS_PER_ANSWER: u32 = 1_000;
const MAX_BYTES_PER_ANSWER: usize = 1024 * 1024;

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
        Self { database, clock, topics: Arc::default(), ending: Arc::default() }
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

    /// Appends events that one statement can carry; `false` where the topic does not end right before them.
    async fn append_after_last(&self, topic: &str, events: &[RecordedEvent]) -> Result<bool, EventLogError> {
        let Some(first) = events.first() else { return Ok(true) };
        // One statement is one durable transaction: the guard and the insert stand or fall together.
        let row = |index: usize| {
            let places = (0..8).map(|column| format!("${}", 3 + index * 8 + column)).collect::<Vec<_>>();
            format!("({})", places.join(", "))
        };
        let rows = (0..events.len()).map(row).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "INSERT INTO events (topic, {columns}) \
             SELECT $1, CAST(column1 AS BIGINT), column2, CAST(column3 AS BIGINT), column4, column5, column6, column7, \
             CAST(column8 AS BIGINT) FROM (VALUES {rows}) AS fresh WHERE {last_offset} = $2",
            columns = event_columns!(),
            last_offset = last_offset!(),
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(topic).bind(first.offset - 1);
        for event in events {
            query = query
                .bind(event.offset)
                .bind(&event.name)
                .bind(i64::from(event.version))
                .bind(&event.entity)
                .bind(&event.payload)
                .bind(&event.actor)
                .bind(&event.request_id)
                .bind(event.recorded_at.as_micros());
        }
        match query.execute(self.database.writer()).await {
            Ok(done) => Ok(done.rows_affected() > 0),
            Err(error) if is_unique_violation(&error) => Ok(false),
            Err(error) => Err(failed(&error)),
        }
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

    async fn read_now(&self, topic: &str, range: ReadRange) -> Result<Vec<RecordedEvent>, EventLogError> {
        let limit = range.limit.clamp(1, MAX_EVENTS_PER_ANSWER);
        if let Some(recent) = self.topic(topic).recent_after(range.after, limit) {
            return Ok(recent);
        }
        let rows = sqlx::query(concat!(
            "SELECT ",
            event_columns!(),
            " FROM events WHERE topic = $1 AND position > $2 ORDER BY position LIMIT $3"
        ))
        .bind(topic)
        .bind(range.after)
        .bind(i64::from(limit))
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| failed(&error))?;
        self.refuse_trimmed(topic, range.after).await?;
        let mut bytes = 0;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            let event = RecordedEvent::from_row(row, 0).map_err(|error| failed(&error))?;
            bytes += event.size();
            if bytes > MAX_BYTES_PER_ANSWER && !events.is_empty() {
                break;
            }
            events.push(event);
        }
        Ok(events)
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
        let Append { topic, mut events } = request;
        if !events.windows(2).all(|pair| pair[0].offset + 1 == pair[1].offset) {
            return Err(EventLogError::Disordered);
        }
        while let Some(first) = events.first().map(|event| event.offset) {
            let count = events.len().min(MAX_ROWS_PER_STATEMENT);
            if self.append_after_last(&topic, &events[..count]).await? {
                self.tell_readers(&topic, &events[..count]);
                if count == events.len() {
                    return Ok(events[count - 1].offset);
                }
                events.drain(..count);
                continue;
            }
            let last_offset = self.last(&topic).await?;
            if last_offset < first - 1 {
                return Err(EventLogError::Gap { topic, last_offset });
            }
            events.retain(|event| event.offset > last_offset);
        }
        self.last(&topic).await
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

fn admit(context: &Context) -> Result<(), EventLogError> {
    match &context.caller {
        Caller::System => Ok(()),
        Caller::Anonymous => Err(EventLogError::Unauthenticated),
        Caller::User(_) => Err(EventLogError::Forbidden),
    }
}

fn failed(error: &sqlx::Error) -> EventLogError {
    EventLogError::from_failure(failure_of("events", error))
}
