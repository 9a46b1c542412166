//! What a consumer tells the log of how far it has come.

use std::cell::Cell;
use std::time::{Duration, Instant};

use cleave_core::{Clock, Context};

use crate::log::{ConsumerProgress, EventLog};

/// A consumer reports after so many events, or so much time, whichever comes first.
const EVENTS_BETWEEN: i64 = 1_000;
const TIME_BETWEEN: Duration = Duration::from_secs(10);

/// Reports now and then, so that the log can be cut behind a consumer: its first word registers it, one that has nothing to do
/// says so at once, and a busy one seldom. What was said is said again after a while, because the log may have it otherwise: an
/// earlier word can come late, and a log can be restored from an older copy.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    last: Cell<Option<(i64, Instant)>>,
}

impl Reports {
    /// Reports where it is time. A report that fails hurts nobody: the log keeps more than it must until the next one.
    pub(crate) async fn tell(
        &self,
        log: &dyn EventLog,
        context: &Context,
        clock: &dyn Clock,
        progress: ConsumerProgress,
        is_idle: bool,
    ) {
        let (position, now) = (progress.position, clock.instant());
        let is_due = match self.last.get() {
            None => true,
            // Back: the log must keep more than it knows.
            Some((last, _)) if position < last => true,
            Some((last, _)) if position > last && is_idle => true,
            Some((last, at)) => position - last >= EVENTS_BETWEEN || now - at >= TIME_BETWEEN,
        };
        if !is_due {
            return;
        }
        let (consumer, topic) = (progress.consumer.clone(), progress.topic.clone());
        match log.report(context, progress).await {
            Ok(()) => self.last.set(Some((position, now))),
            Err(error) => {
                tracing::debug!(consumer, topic, position, %error, "a report did not reach the log");
            }
        }
    }
}
