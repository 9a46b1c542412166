//! The client half: an [`EventLog`] that is somewhere else.

use async_trait::async_trait;
use cleave_core::{Context, ContractError as _};
use cleave_rest::Peer;
use futures_util::StreamExt as _;

use super::body::{FirstOffset, LastOffset, Line, NewEvents, Position};
use super::{LONGEST_SILENCE, paths};
use crate::log::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    TopicStatus, Trim,
};
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

    async fn follow(&self, context: &Context, request: FollowEvents) -> Result<EventStream, EventLogError> {
        let lines = self.0.lines(context, &paths::stream(&request), LONGEST_SILENCE).await;
        let events = lines.map(|lines| {
            lines.map(|line| match line {
                Ok(Line::Event(event)) => Ok(event),
                Ok(Line::Error(error)) => Err(error),
                Err(failure) => Err(EventLogError::from_failure(failure)),
            })
        });
        Ok(events?.boxed_local())
    }

    async fn topics(&self, context: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        self.0.get(context, paths::TOPICS).await
    }

    async fn report(&self, context: &Context, progress: ConsumerProgress) -> Result<(), EventLogError> {
        let ConsumerProgress { consumer, topic, position } = progress;
        self.0.put(context, &paths::consumer(&ConsumerId { consumer, topic }), &Position { position }).await
    }

    async fn consumers(&self, context: &Context) -> Result<Vec<ConsumerProgress>, EventLogError> {
        self.0.get(context, paths::CONSUMERS).await
    }

    async fn forget(&self, context: &Context, consumer: ConsumerId) -> Result<(), EventLogError> {
        self.0.delete(context, &paths::consumer(&consumer)).await
    }

    async fn trim(&self, context: &Context, request: Trim) -> Result<i64, EventLogError> {
        let FirstOffset { first_offset } = self.0.delete(context, &paths::events_to_trim(&request)).await?;
        Ok(first_offset)
    }
}
