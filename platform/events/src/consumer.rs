//! What applies events, each once.

mod aside;
mod batch;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Clock, Context, ContractError as _, Ids};
use cleave_db::{Database, WriteError, failure_of};
use tokio::sync::watch;

use crate::Settings;
use crate::lease::Lease;
use crate::log::{ConsumerProgress, EventLog, EventLogError, ReadEvents, ReadRange};
use crate::progress::Reports;
use crate::reaction::Reaction;
use crate::replay::{self, ReplayError, Replayed};
use crate::standing::{self, Standing};

/// How long one step may take beside the time that it waits for something new.
const STEP_DEADLINE: Duration = Duration::from_secs(10);

/// How long a process that stops tries to give up its lease.
const FAREWELL: Duration = Duration::from_secs(1);

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
    lease: Lease,
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
        let lease = Lease::new(ids.next().to_string());
        Self { database, log, reaction, clock, ids, settings, position, failing, reports, lease }
    }

    /// The module that consumes.
    pub fn name(&self) -> &'static str {
        self.database.module()
    }

    /// The topic that is consumed.
    pub fn topic(&self) -> &'static str {
        self.reaction.topic()
    }

    /// Whether it is this process that applies the events: see [`Self::run`].
    pub fn is_holder(&self) -> bool {
        self.lease.is_held()
    }

    /// The name of this process in the lease.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn lease_name(&self) -> &str {
        self.lease.own()
    }

    /// Applies events until told to stop: as soon as the log has them, where this process holds the lease; else it stands by, and
    /// takes over from a holder who lets events wait.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        let (consumer, topic) = (self.name(), self.topic());
        let mut failing = false;
        while !*stopped.borrow() {
            let wait = self.settings.long_poll();
            let deadline = self.clock.instant() + STEP_DEADLINE + 2 * wait;
            let context = Context::background(&self.ids, deadline);
            let turn = tokio::select! {
                turn = self.turn(&context, wait) => turn,
                // Whatever was under way is rolled back, and comes again.
                _ = stopped.changed() => break,
            };
            if turn.is_err() != failing {
                failing = turn.is_err();
                if let Err(error) = &turn {
                    tracing::warn!(consumer, topic, %error, "events have to wait in the log");
                } else {
                    tracing::info!(consumer, topic, "events are applied again");
                }
            }
            let pause = match (failing, self.lease.is_held()) {
                (true, _) => self.settings.poll_interval(),
                (false, true) => continue,
                (false, false) => self.settings.lease() / 2,
            };
            let _stopped_or_time_to_go_on = tokio::time::timeout(pause, stopped.changed()).await;
        }
        let given_up = standing::give_up(&self.database, topic, self.lease.own());
        if self.lease.is_held() && !matches!(tokio::time::timeout(FAREWELL, given_up).await, Ok(Ok(()))) {
            tracing::debug!(consumer, topic, "the lease is not given up: others take it over in a while");
        }
    }

    /// What a process does next that is one of several.
    async fn turn(&self, context: &Context, wait: Duration) -> Result<(), EventLogError> {
        if self.lease.is_held() || self.takes_over(context).await? {
            self.step(context, wait).await?;
        }
        Ok(())
    }

    /// Whether this process has become the holder.
    async fn takes_over(&self, context: &Context) -> Result<bool, EventLogError> {
        let (consumer, topic, own) = (self.name(), self.topic(), self.lease.own());
        let seen = self.standing().await?;
        let is_taken = if self.lease.is_unclaimed() {
            standing::claim(&self.database, topic, own).await.map(|()| true)
        } else {
            let last = self.log.last_offset(context, topic.to_owned()).await?;
            if !self.lease.is_over(&seen, last, self.clock.instant(), self.settings.lease()) {
                return Ok(false);
            }
            standing::take_over(&self.database, topic, &seen, own).await
        };
        let is_taken = is_taken.map_err(|error| self.failed(&error))?;
        if is_taken {
            self.lease.hold();
            tracing::info!(consumer, topic, after = seen.position, "this process applies the events");
        }
        Ok(is_taken)
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
        self.left_after(context, self.stored_position().await?).await
    }

    /// How many events there are behind this one.
    pub async fn left_after(&self, context: &Context, position: i64) -> Result<i64, EventLogError> {
        let last = self.log.last_offset(context, self.topic().to_owned()).await?;
        Ok((last - position).max(0))
    }

    /// Has this and all later events come again, also while others apply events: see [`ReplayError`] for what is refused.
    pub async fn replay(&self, context: &Context, from: i64) -> Result<Replayed, ReplayError> {
        replay::replay(&self.database, &*self.log, context, self.topic(), from).await
    }

    /// The offset as it stands in the database; who has none begins at the first event.
    pub async fn stored_position(&self) -> Result<i64, EventLogError> {
        Ok(self.standing().await?.position)
    }

    async fn standing(&self) -> Result<Standing, EventLogError> {
        let topic = self.topic();
        let load = async || {
            if let Some(standing) = standing::load(&self.database, topic).await? {
                return Ok(standing);
            }
            standing::begin(&self.database, topic).await?;
            standing::load(&self.database, topic).await?.ok_or(sqlx::Error::RowNotFound)
        };
        let standing = load().await.map_err(|error| self.failed(&error))?;
        self.position.set(Some(standing.position));
        self.learn(&standing.holder);
        Ok(standing)
    }

    /// Takes note of who applies the events.
    fn learn(&self, holder: &str) {
        if self.lease.is_lost_to(holder) {
            let (consumer, topic) = (self.name(), self.topic());
            tracing::info!(consumer, topic, holder, "another process applies the events now");
        }
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
