//! The event log.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_events::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    RecordedEvent, TopicStatus, Trim,
};

use super::{Twice, same};

#[async_trait(?Send)]
impl EventLog for Twice<dyn EventLog> {
    async fn last_offset(&self, context: &Context, topic: String) -> Result<i64, EventLogError> {
        same(async || self.0.last_offset(context, topic.clone()).await).await
    }

    async fn append(&self, context: &Context, request: Append) -> Result<i64, EventLogError> {
        same(async || self.0.append(context, request.clone()).await).await
    }

    async fn read(
        &self,
        context: &Context,
        request: ReadEvents,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        same(async || self.0.read(context, request.clone()).await).await
    }

    async fn topics(&self, context: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        same(async || self.0.topics(context).await).await
    }

    /// Who follows a second time gets the same; the first stream is dropped.
    async fn follow(&self, context: &Context, request: FollowEvents) -> Result<EventStream, EventLogError> {
        drop(self.0.follow(context, request.clone()).await?);
        self.0.follow(context, request).await
    }

    async fn report(&self, context: &Context, progress: ConsumerProgress) -> Result<(), EventLogError> {
        same(async || self.0.report(context, progress.clone()).await).await
    }

    async fn consumers(&self, context: &Context) -> Result<Vec<ConsumerProgress>, EventLogError> {
        same(async || self.0.consumers(context).await).await
    }

    async fn forget(&self, context: &Context, consumer: ConsumerId) -> Result<(), EventLogError> {
        same(async || self.0.forget(context, consumer.clone()).await).await
    }

    async fn trim(&self, context: &Context, request: Trim) -> Result<i64, EventLogError> {
        same(async || self.0.trim(context, request.clone()).await).await
    }
}
