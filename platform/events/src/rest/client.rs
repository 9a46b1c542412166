//! The client half: an [`EventLog`] that is somewhere else.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Peer;

use super::body::{LastOffset, NewEvents};
use super::paths;
use crate::log::{Append, EventLog, EventLogError, ReadEvents, TopicStatus};
use crate::recorded::RecordedEvent;

/// The event log behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteEventLog(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl EventLog for RemoteEventLog {
    async fn last_offset(&self, context: &Context, topic: String) -> Result<i64, EventLogError> {
        let LastOffset { last_offset } = self.0.get(context, &paths::topic(&topic)).await?;
        Ok(last_offset)
    }

    async fn append(&self, context: &Context, request: Append) -> Result<i64, EventLogError> {
        let Append { topic, events } = request;
        let LastOffset { last_offset } =
            self.0.put(context, &paths::events(&topic), &NewEvents { events }).await?;
        Ok(last_offset)
    }

    async fn read(
        &self,
        context: &Context,
        request: ReadEvents,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        self.0.get(context, &paths::events_in(&request.topic, &request.range)).await
    }

    async fn topics(&self, context: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        self.0.get(context, paths::TOPICS).await
    }
}
