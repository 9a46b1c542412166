//! What the log does not keep for ever.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Clock, Context, Ids};
use tokio::sync::watch;

use crate::log::{ConsumerProgress, EventLog, EventLogError, ReadEvents, ReadRange, TopicStatus, Trim};
use crate::recorded::RecordedEvent;
use crate::settings::RetentionSettings;

/// How many events are looked at, and cut, at once.
const BATCH: u32 = 500;

/// How long one step may take.
const STEP_DEADLINE: Duration = Duration::from_secs(30);

/// Cuts what is too old or too much of one topic, whichever engine keeps it, and never what a registered consumer has yet to
/// read. Any number of them may look after the same topic.
pub struct Retention {
    topic: &'static str,
    log: Rc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    settings: RetentionSettings,
    held_by: RefCell<Option<ConsumerProgress>>,
}

impl Retention {
    /// The retention of a topic.
    pub fn new(
        topic: &'static str,
        log: Rc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        settings: RetentionSettings,
    ) -> Self {
        Self { topic, log, clock, ids, settings, held_by: RefCell::default() }
    }

    /// Looks after the topic until told to stop. Where nothing is ever cut, it has nothing to do.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        let mut failing = false;
        while self.settings.is_on() && !*stopped.borrow() {
            let context = Context::background(&self.ids, self.clock.instant() + STEP_DEADLINE);
            let step = self.step(&context).await;
            if step.is_err() != failing {
                failing = step.is_err();
                if let Err(error) = step {
                    tracing::warn!(topic = self.topic, %error, "the log cannot be cut, and grows");
                }
            }
            let pause = Duration::from_millis(self.settings.interval_ms.get());
            let _stopped_or_time_to_go_on = tokio::time::timeout(pause, stopped.changed()).await;
        }
    }

    /// Cuts what is to be cut now, and tells how many events that were.
    pub async fn step(&self, context: &Context) -> Result<i64, EventLogError> {
        let mut cut = 0;
        loop {
            let topics = self.log.topics(context).await?;
            let Some(status) = topics.into_iter().find(|status| status.topic == self.topic) else {
                return Ok(cut);
            };
            let slowest = self.slowest_consumer(context).await?;
            let range = ReadRange { after: status.first_offset - 1, limit: BATCH, wait_ms: 0 };
            let events = self.log.read(context, ReadEvents { topic: self.topic.to_owned(), range }).await?;
            let surplus = self.surplus(&status, &events);
            let needed = slowest.as_ref().map_or(i64::MAX, |progress| progress.position);
            let through = surplus.min(needed);
            self.note(slowest.filter(|_| surplus > needed));
            if through < status.first_offset {
                return Ok(cut);
            }
            let first_offset = self.log.trim(context, Trim { topic: self.topic.to_owned(), through }).await?;
            cut += first_offset - status.first_offset;
            let is_all = events.last().is_none_or(|last| through < last.offset);
            if is_all || first_offset == status.first_offset {
                return Ok(cut);
            }
        }
    }

    /// Who keeps more in the log than its limits want.
    pub fn held_by(&self) -> Option<ConsumerProgress> {
        self.held_by.borrow().clone()
    }

    /// The topic.
    pub fn topic(&self) -> &'static str {
        self.topic
    }

    async fn slowest_consumer(&self, context: &Context) -> Result<Option<ConsumerProgress>, EventLogError> {
        let consumers = self.log.consumers(context).await?;
        let of_topic = consumers.into_iter().filter(|progress| progress.topic == self.topic);
        Ok(of_topic.min_by_key(|progress| progress.position))
    }

    /// The last of these, the oldest events, that is too old or too much.
    fn surplus(&self, status: &TopicStatus, events: &[RecordedEvent]) -> i64 {
        let RetentionSettings { max_age_seconds, max_bytes, .. } = self.settings;
        let micros = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let oldest = self.clock.now().as_micros().saturating_sub(micros(max_age_seconds));
        let most = i64::try_from(max_bytes).unwrap_or(i64::MAX);
        let (mut bytes, mut surplus) = (status.bytes, status.first_offset - 1);
        for event in events {
            let is_too_old = max_age_seconds > 0 && event.recorded_at.as_micros() < oldest;
            let is_too_much = max_bytes > 0 && bytes > most;
            if !is_too_old && !is_too_much {
                break;
            }
            bytes -= event.stored_bytes();
            surplus = event.offset;
        }
        surplus
    }

    fn note(&self, held_by: Option<ConsumerProgress>) {
        let was_held = self.held_by.borrow().is_some();
        if let Some(ConsumerProgress { consumer, position, .. }) = &held_by
            && !was_held
        {
            tracing::warn!(
                topic = self.topic,
                consumer,
                position,
                "the log keeps more than events.retention wants, because this consumer has yet to read it: start it, or, \
                 where it will not come back, take it from the register with `cleave events forget`"
            );
        } else if was_held && held_by.is_none() {
            tracing::info!(topic = self.topic, "the log keeps no more than events.retention wants again");
        }
        *self.held_by.borrow_mut() = held_by;
    }
}
