//! What applies events, each once.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{CallFailure, Clock, Context, ContractError as _, Ids};
use cleave_db::{Database, Transaction, WriteError, failure_of};
use tokio::sync::watch;

use crate::Settings;
use crate::dead_letters::{self, DeadLetter, DeadLetterState};
use crate::log::{ConsumerProgress, EventLog, EventLogError, ReadEvents, ReadRange};
use crate::progress::Reports;
use crate::reaction::{Reaction, ReactionError};
use crate::recorded::RecordedEvent;
use crate::replay::{self, ReplayError, Replayed};

/// How long one step may take beside the time that it waits for something new.
const STEP_DEADLINE: Duration = Duration::from_secs(10);

/// How often an event is tried on which the database refuses a statement.
const MAX_ATTEMPTS: i64 = 3;

/// Applies the events of one topic to the database of one module.
pub struct Consumer {
    database: Database,
    log: Rc<dyn EventLog>,
    reaction: Rc<dyn Reaction>,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    settings: Settings,
    /// The last event that was applied, as far as is known: a hint, which the compare-and-set corrects.
    position: Cell<Option<i64>>,
    /// The event that failed last, and how often.
    failing: Cell<(i64, i64)>,
    reports: Reports,
}

/// What became of a batch.
enum Outcome {
    Applied,
    /// Somebody else has moved the offset.
    Lost,
    /// An event that cannot be applied, and why.
    Failed(RecordedEvent, String),
}

impl Consumer {
    /// The consumer of the module that this database belongs to.
    pub fn new(
        database: Database,
        log: Rc<dyn EventLog>,
        reaction: Rc<dyn Reaction>,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        settings: Settings,
    ) -> Self {
        let (position, failing, reports) = (Cell::new(None), Cell::new((0, 0)), Reports::default());
        Self { database, log, reaction, clock, ids, settings, position, failing, reports }
    }

    /// The module that consumes.
    pub fn name(&self) -> &'static str {
        self.database.module()
    }

    /// The topic that is consumed.
    pub fn topic(&self) -> &'static str {
        self.reaction.topic()
    }

    /// Applies events until told to stop: as soon as the log has them.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        let (consumer, topic) = (self.name(), self.topic());
        let mut failing = false;
        while !*stopped.borrow() {
            let wait = self.settings.long_poll();
            let deadline = self.clock.instant() + STEP_DEADLINE + 2 * wait;
            let context = Context::background(&self.ids, deadline);
            let step = tokio::select! {
                step = self.step(&context, wait) => step,
                // Whatever was under way is rolled back, and comes again.
                _ = stopped.changed() => return,
            };
            if step.is_err() != failing {
                failing = step.is_err();
                if let Err(error) = &step {
                    tracing::warn!(consumer, topic, %error, "events have to wait in the log");
                } else {
                    tracing::info!(consumer, topic, "events are applied again");
                }
            }
            if failing {
                let pause = self.settings.poll_interval();
                let _stopped_or_time_to_go_on = tokio::time::timeout(pause, stopped.changed()).await;
            }
        }
    }

    /// Applies what the log has, up to a batch, and tells how far that went. Where there is nothing yet it waits.
    pub async fn step(&self, context: &Context, wait: Duration) -> Result<u64, EventLogError> {
        let position = match self.position.get() {
            Some(position) => position,
            None => self.stored_position().await?,
        };
        self.report(context, position, false).await;
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let range = ReadRange { after: position, limit: self.settings.batch.get(), wait_ms };
        let request = ReadEvents { topic: self.topic().to_owned(), range };
        let read = self.log.read(context, request).await;
        // Whoever mends what is wrong with the log may have moved the offset too.
        let events = read.inspect_err(|_| self.position.set(None))?;
        if events.is_empty() {
            // A replay may have moved it, of which nobody tells.
            let position = self.stored_position().await?;
            self.refuse_lost_log(context, position).await?;
            self.report(context, position, true).await;
            return Ok(0);
        }
        if !events.iter().zip(position + 1..).all(|(event, offset)| event.offset == offset) {
            let (consumer, topic) = (self.name(), self.topic());
            tracing::error!(consumer, topic, after = position, "the event log has a gap; nothing is applied");
            return Err(EventLogError::Internal);
        }
        self.apply(position, &events).await
    }

    async fn report(&self, context: &Context, position: i64, is_idle: bool) {
        let (consumer, topic) = (self.name().to_owned(), self.topic().to_owned());
        let progress = ConsumerProgress { consumer, topic, position };
        self.reports.tell(&*self.log, context, &*self.clock, progress, is_idle).await;
    }

    /// How many events there are to be applied yet.
    pub async fn left(&self, context: &Context) -> Result<i64, EventLogError> {
        let position = self.stored_position().await?;
        let last = self.log.last_offset(context, self.topic().to_owned()).await?;
        Ok((last - position).max(0))
    }

    /// The events that were put aside, in their order.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, EventLogError> {
        dead_letters::list(&self.database, self.topic()).await.map_err(|error| self.failed(&error))
    }

    /// How many events were put aside.
    pub async fn count_dead_letters(&self) -> Result<i64, EventLogError> {
        let stored: Option<i64> =
            sqlx::query_scalar("SELECT dead_letters FROM consumer_offsets WHERE topic = $1")
                .bind(self.topic())
                .fetch_optional(self.database.readers())
                .await
                .map_err(|error| self.failed(&error))?;
        Ok(stored.unwrap_or(0))
    }

    /// Tries the events that were put aside once more: that of `offset` or all, each with those that wait behind it, in
    /// their order. Tells how many could be applied.
    pub async fn retry(&self, offset: Option<i64>) -> Result<u64, EventLogError> {
        let letters = self.dead_letters().await?;
        let mut applied = 0;
        let mut seen: Vec<&str> = Vec::new();
        for first in &letters {
            let entity = first.event.entity.as_str();
            let is_first = !seen.contains(&entity);
            seen.push(entity);
            if !is_first || offset.is_some_and(|offset| offset != first.event.offset) {
                continue;
            }
            for letter in letters.iter().filter(|letter| letter.event.entity == entity) {
                if !self.retry_letter(letter).await? {
                    break;
                }
                applied += 1;
            }
        }
        Ok(applied)
    }

    /// Has this and all later events come again, also while others apply events: see [`ReplayError`] for what is refused.
    pub async fn replay(&self, context: &Context, from: i64) -> Result<Replayed, ReplayError> {
        replay::replay(&self.database, &*self.log, context, self.topic(), from).await
    }

    async fn apply(&self, position: i64, events: &[RecordedEvent]) -> Result<u64, EventLogError> {
        match self.try_batch(position, events).await? {
            Outcome::Applied => return Ok(events.len() as u64),
            Outcome::Lost => return Ok(0),
            Outcome::Failed(..) => {}
        }
        let mut applied = 0;
        for (event, position) in events.iter().zip(position..) {
            match self.try_batch(position, std::slice::from_ref(event)).await? {
                Outcome::Applied => {}
                Outcome::Lost => break,
                Outcome::Failed(event, error) => {
                    if !self.put_aside(position, event, error).await? {
                        break;
                    }
                }
            }
            applied += 1;
        }
        Ok(applied)
    }

    /// Applies all of the events with the offset behind them, or nothing.
    async fn try_batch(&self, position: i64, events: &[RecordedEvent]) -> Result<Outcome, EventLogError> {
        let Some(last) = events.last() else { return Ok(Outcome::Applied) };
        let written = self
            .database
            .write(async |transaction| {
                let Some(dead_letters) = self.advance(transaction, position, last.offset).await? else {
                    return Ok(false);
                };
                if dead_letters == 0 {
                    self.react(transaction, events).await?;
                    return Ok(true);
                }
                for event in events {
                    if dead_letters::blocks(transaction, self.topic(), &event.entity).await? {
                        self.park(transaction, event).await?;
                    } else {
                        self.react(transaction, std::slice::from_ref(event)).await?;
                    }
                }
                Ok(true)
            })
            .await;
        match written {
            Ok(true) => {
                self.position.set(Some(last.offset));
                Ok(Outcome::Applied)
            }
            Ok(false) => {
                self.position.set(None);
                Ok(Outcome::Lost)
            }
            Err(WriteError::Refused(reason)) => Ok(Outcome::Failed(last.clone(), reason)),
            Err(WriteError::Database(error)) => self.judge(last, &error),
        }
    }

    /// Whether an event on which the database failed is to blame for it.
    fn judge(&self, event: &RecordedEvent, error: &sqlx::Error) -> Result<Outcome, EventLogError> {
        let failure = failure_of(self.name(), error);
        if matches!(failure, CallFailure::Unavailable(_)) {
            return Err(EventLogError::from_failure(failure));
        }
        let attempts = match self.failing.get() {
            (offset, attempts) if offset == event.offset => attempts + 1,
            _ => 1,
        };
        self.failing.set((event.offset, attempts));
        if attempts < MAX_ATTEMPTS {
            return Err(EventLogError::Internal);
        }
        Ok(Outcome::Failed(event.clone(), error.to_string()))
    }

    async fn react(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), WriteError<String>> {
        self.reaction.apply(transaction, events).await.map_err(|error| match error {
            ReactionError::Database(error) => WriteError::Database(error),
            other => WriteError::Refused(other.to_string()),
        })
    }

    /// Puts an event aside and goes on behind it; `false` where somebody else has moved the offset.
    async fn put_aside(
        &self,
        position: i64,
        event: RecordedEvent,
        error: String,
    ) -> Result<bool, EventLogError> {
        let (consumer, topic, offset) = (self.name(), self.topic(), event.offset);
        tracing::error!(consumer, topic, offset, name = event.name, error, "an event is put aside");
        let letter = DeadLetter { state: DeadLetterState::Failed, error, attempts: 1, event };
        let moved = self
            .database
            .write(async |transaction| {
                if self.advance(transaction, position, offset).await?.is_none() {
                    return Ok::<_, WriteError<String>>(false);
                }
                dead_letters::insert(transaction, self.topic(), &letter).await?;
                Ok(true)
            })
            .await
            .map_err(|error| self.write_failed(&error))?;
        self.position.set(moved.then_some(offset));
        Ok(moved)
    }

    async fn park(&self, transaction: &mut Transaction, event: &RecordedEvent) -> Result<(), sqlx::Error> {
        let (state, error) = (DeadLetterState::Parked, String::new());
        let letter = DeadLetter { state, error, attempts: 0, event: event.clone() };
        dead_letters::insert(transaction, self.topic(), &letter).await
    }

    async fn retry_letter(&self, letter: &DeadLetter) -> Result<bool, EventLogError> {
        let (topic, offset) = (self.topic(), letter.event.offset);
        let tried = self
            .database
            .write(async |transaction| {
                if !dead_letters::remove(transaction, topic, offset).await? {
                    return Ok(());
                }
                self.react(transaction, std::slice::from_ref(&letter.event)).await
            })
            .await;
        let reason = match tried {
            Ok(()) => return Ok(true),
            Err(WriteError::Refused(reason)) => reason,
            Err(WriteError::Database(error)) => match failure_of(self.name(), &error) {
                CallFailure::Internal => error.to_string(),
                failure => return Err(EventLogError::from_failure(failure)),
            },
        };
        self.database
            .write(async |transaction| {
                dead_letters::fail_again(transaction, topic, offset, &reason).await?;
                Ok::<_, WriteError<String>>(false)
            })
            .await
            .map_err(|error| self.write_failed(&error))
    }

    /// Moves the offset from one event to another, and tells how many events are put aside; `None` where the offset is
    /// somewhere else.
    async fn advance(
        &self,
        transaction: &mut Transaction,
        from: i64,
        to: i64,
    ) -> Result<Option<i64>, sqlx::Error> {
        sqlx::query_scalar(
            "UPDATE consumer_offsets SET position = $3 WHERE topic = $1 AND position = $2 \
             RETURNING dead_letters",
        )
        .bind(self.topic())
        .bind(from)
        .bind(to)
        .fetch_optional(transaction)
        .await
    }

    /// The offset as it stands in the database; who has none begins at the first event.
    pub async fn stored_position(&self) -> Result<i64, EventLogError> {
        let stored = sqlx::query_scalar("SELECT position FROM consumer_offsets WHERE topic = $1")
            .bind(self.topic())
            .fetch_optional(self.database.readers())
            .await
            .map_err(|error| self.failed(&error))?;
        if let Some(position) = stored {
            self.position.set(Some(position));
            return Ok(position);
        }
        sqlx::query(
            "INSERT INTO consumer_offsets (topic, position, dead_letters) VALUES ($1, 0, 0) \
             ON CONFLICT (topic) DO NOTHING",
        )
        .bind(self.topic())
        .execute(self.database.writer())
        .await
        .map_err(|error| self.failed(&error))?;
        Ok(0)
    }

    /// A log that ends before what was applied has been lost, or restored from an older copy.
    async fn refuse_lost_log(&self, context: &Context, position: i64) -> Result<(), EventLogError> {
        if position == 0 {
            return Ok(());
        }
        let last = self.log.last_offset(context, self.topic().to_owned()).await?;
        if last >= position {
            return Ok(());
        }
        let (consumer, topic) = (self.name(), self.topic());
        tracing::error!(
            consumer,
            topic,
            position,
            last,
            "the event log ends before the last event that was applied: it was lost or restored from an older copy; \
             nothing is applied until it reaches that event again: `cleave events rebuild` writes it anew from the outbox"
        );
        Err(EventLogError::Internal)
    }

    fn failed(&self, error: &sqlx::Error) -> EventLogError {
        EventLogError::from_failure(failure_of(self.name(), error))
    }

    fn write_failed(&self, error: &WriteError<String>) -> EventLogError {
        match error {
            WriteError::Database(error) => self.failed(error),
            WriteError::Refused(_) => EventLogError::Internal,
        }
    }
}
