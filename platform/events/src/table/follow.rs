//! The events of a topic as they come.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream;
use tokio::sync::watch;

use super::{LOOK_INTERVAL, TableLog, Topic};
use crate::log::{EventLogError, EventStream, FollowEvents, ReadRange};
use crate::recorded::RecordedEvent;

/// How many events are fetched at once: what a slow reader has not asked for yet stays in the table.
const PAGE: u32 = 256;

/// A reader that follows a topic.
struct Follower {
    log: TableLog,
    /// Keeps the bell alive.
    _topic: Arc<Topic>,
    bell: watch::Receiver<i64>,
    ending: watch::Receiver<bool>,
    request: FollowEvents,
    fetched: VecDeque<RecordedEvent>,
}

impl TableLog {
    pub(super) async fn follow_now(&self, request: FollowEvents) -> Result<EventStream, EventLogError> {
        let topic = self.topic(&request.topic);
        let (bell, ending) = (topic.bell.subscribe(), self.ending.subscribe());
        let fetched = VecDeque::new();
        let mut follower = Follower { log: self.clone(), _topic: topic, bell, ending, request, fetched };
        // What cannot be read is refused at once.
        follower.fetch().await?;
        let events = stream::try_unfold(follower, async |mut follower| {
            let event = follower.next().await?;
            Ok(event.map(|event| (event, follower)))
        });
        Ok(Box::pin(events))
    }
}

impl Follower {
    /// The next event; none where the log is about to stop.
    async fn next(&mut self) -> Result<Option<RecordedEvent>, EventLogError> {
        loop {
            if let Some(event) = self.fetched.pop_front() {
                return Ok(Some(event));
            }
            if *self.ending.borrow_and_update() {
                return Ok(None);
            }
            self.fetch().await?;
            if !self.fetched.is_empty() {
                continue;
            }
            tokio::select! {
                _rung = self.bell.changed() => {}
                _ended = self.ending.changed() => {}
                // For what another process has appended.
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
        }
    }

    async fn fetch(&mut self) -> Result<(), EventLogError> {
        self.bell.mark_unchanged();
        let range = ReadRange { after: self.request.after, limit: PAGE, wait_ms: 0 };
        self.fetched = self.log.read_now(&self.request.topic, range).await?.into();
        if let Some(last) = self.fetched.back() {
            self.request.after = last.offset;
        }
        Ok(())
    }
}
