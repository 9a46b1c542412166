//! What carries events from an outbox to the log.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Clock, Context, ContractError as _, Ids};
use cleave_db::{Database, failure_of};
use tokio::sync::watch;

use crate::log::{Append, EventLog, EventLogError};
use crate::recorded::RecordedEvent;
use crate::{Outbox, Settings, outbox};

/// How long one step may take.
const STEP_DEADLINE: Duration = Duration::from_secs(10);

/// The most bytes of one append, but for an event that alone has more: a quarter of what a peer's body may have, of which quotes
/// within quotes take up to a half.
const MAX_BYTES_PER_APPEND: usize = 256 * 1024;

/// Carries the events of one module to the log. It keeps no state that it could lose: what it remembers is a hint.
pub struct Relay {
    topic: &'static str,
    database: Database,
    outbox: Outbox,
    log: Rc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    settings: Settings,
    /// Where the log ended when it was last heard of.
    logged: Cell<Option<i64>>,
}

impl Relay {
    /// The relay of the module that this database belongs to; its topic has the module's name.
    pub fn new(
        database: Database,
        outbox: Outbox,
        log: Rc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        settings: Settings,
    ) -> Self {
        let topic = database.module();
        Self { topic, database, outbox, log, clock, ids, settings, logged: Cell::new(None) }
    }

    /// The topic.
    pub fn topic(&self) -> &'static str {
        self.topic
    }

    /// Relays until told to stop: at once after a commit that has recorded something.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        let mut failing = false;
        while !*stopped.borrow() {
            let deadline = self.clock.instant() + STEP_DEADLINE;
            let relayed = self.step(&Context::background(&self.ids, deadline)).await;
            if relayed.is_err() != failing {
                failing = relayed.is_err();
                if let Err(error) = &relayed {
                    tracing::warn!(topic = self.topic, %error, "events have to wait in the outbox");
                } else {
                    tracing::info!(topic = self.topic, "events reach the log again");
                }
            }
            let poll = tokio::time::sleep(self.settings.poll_interval());
            tokio::select! {
                () = self.outbox.woken(), if !failing => {}
                () = poll => {}
                _ = stopped.changed() => {}
            }
        }
    }

    /// Relays all that the outbox has and the log has not, and tells how many events that were.
    pub async fn step(&self, context: &Context) -> Result<u64, EventLogError> {
        let mut relayed = 0;
        loop {
            let last = match self.logged.get() {
                Some(last) => last,
                None => self.last_logged(context).await?,
            };
            let limit = self.settings.batch.get();
            let events = outbox::outbox_events(&self.database, last, limit)
                .await
                .map_err(|error| self.failed(&error))?;
            let events = fitting(events);
            if events.is_empty() {
                return Ok(relayed);
            }
            let count = events.len() as u64;
            let append = Append { topic: self.topic.to_owned(), events };
            match self.log.append(context, append).await {
                Ok(last) => self.logged.set(Some(last)),
                Err(error) => {
                    // Whatever was known of the log may be no longer true.
                    self.logged.set(None);
                    return Err(error);
                }
            }
            relayed += count;
        }
    }

    /// How many events the log has yet to get.
    pub async fn left(&self, context: &Context) -> Result<i64, EventLogError> {
        let head = outbox::head(&self.database).await.map_err(|error| self.failed(&error))?;
        let last = self.log.last_offset(context, self.topic.to_owned()).await?;
        Ok((head - last).max(0))
    }

    async fn last_logged(&self, context: &Context) -> Result<i64, EventLogError> {
        let last = self.log.last_offset(context, self.topic.to_owned()).await?;
        let head = outbox::head(&self.database).await.map_err(|error| self.failed(&error))?;
        if last > head {
            tracing::error!(
                topic = self.topic,
                last,
                head,
                "the event log is ahead of the outbox, which was lost or restored from an older copy: events that are \
                 told from here on would be taken for those that the log has; restore the newer database"
            );
            return Err(EventLogError::Internal);
        }
        self.logged.set(Some(last));
        Ok(last)
    }

    fn failed(&self, error: &sqlx::Error) -> EventLogError {
        EventLogError::from_failure(failure_of(self.topic, error))
    }
}

/// As many of the events as one append can carry, at least one.
fn fitting(mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    let mut bytes = 0;
    let count = events.iter().take_while(|event| {
        bytes += event.size();
        bytes <= MAX_BYTES_PER_APPEND
    });
    let count = count.count().max(1);
    events.truncate(count);
    events
}
