//! The events of a topic as they come.

use std::collections::VecDeque;

use cleave_core::Context;
use cleave_events::{EventLogError, EventStream, FollowEvents, ReadRange, RecordedEvent};
use futures_util::stream;
use tokio::sync::watch;

use crate::log::{LOOK_INTERVAL, NatsLog};

/// How many events are fetched at once: what a slow reader has not asked for yet stays on the server.
const PAGE: u32 = 256;

/// A reader that follows a topic.
struct Follower {
    log: NatsLog,
    context: Context,
    bell: watch::Receiver<i64>,
    request: FollowEvents,
    fetched: VecDeque<RecordedEvent>,
}

impl NatsLog {
    pub(crate) async fn follow_now(
        &self,
        context: &Context,
        request: FollowEvents,
    ) -> Result<EventStream, EventLogError> {
        let bell = self.bell(context, &request.topic).await?;
        let (log, fetched) = (self.clone(), VecDeque::new());
        let mut follower = Follower { log, context: context.clone(), bell, request, fetched };
        // What cannot be read is refused at once.
        follower.fetch().await?;
        let events = stream::try_unfold(follower, async |mut follower| {
            let event = follower.next().await?;
            Ok(Some((event, follower)))
        });
        Ok(Box::pin(events))
    }
}

impl Follower {
    async fn next(&mut self) -> Result<RecordedEvent, EventLogError> {
        loop {
            if let Some(event) = self.fetched.pop_front() {
                return Ok(event);
            }
            // The deadline was that of the beginning.
            self.context.deadline = self.log.soon();
            self.fetch().await?;
            if self.fetched.is_empty() {
                tokio::select! {
                    _rung = self.bell.changed() => {}
                    () = tokio::time::sleep(LOOK_INTERVAL) => {}
                }
            }
        }
    }

    async fn fetch(&mut self) -> Result<(), EventLogError> {
        self.bell.mark_unchanged();
        let range = ReadRange { after: self.request.after, limit: PAGE, wait_ms: 0 };
        self.fetched = self.log.read_now(&self.context, &self.request.topic, range).await?.into();
        if let Some(last) = self.fetched.back() {
            self.request.after = last.offset;
        }
        Ok(())
    }
}
