//! What a consumer tells the log of how far it has come.

use std::cell::Cell;
use std::time::{Duration, Instant};

use cleave_core::{Clock, Context};

use crate::log::{ConsumerProgress, EventLog};

/// A consumer at work reports after so many events, or so much time, whichever comes first.
const EVENTS_BETWEEN: i64 = 1_000;
const TIME_BETWEEN: Duration = Duration::from_secs(10);

/// Reports now and then, so that the log can be cut behind a consumer: its first word registers it, one that has nothing to do
/// says so once, and a busy one seldom.
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
            Some((last, _)) if position == last => false,
            // Back: the log must keep more than it knows.
            Some((last, _)) if position < last => true,
            Some((last, at)) => is_idle || position - last >= EVENTS_BETWEEN || now - at >= TIME_BETWEEN,
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
