//! The event log.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_events::{Append, EventLog, EventLogError, ReadEvents, RecordedEvent, TopicStatus};

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
}
