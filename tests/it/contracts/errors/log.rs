//! An event log that refuses everything.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_events::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    RecordedEvent, TopicStatus, Trim,
};

/// Answers every call with this error.
pub(super) struct RefusingLog(pub(super) EventLogError);

#[async_trait(?Send)]
impl EventLog for RefusingLog {
    async fn last_offset(&self, _context: &Context, _topic: String) -> Result<i64, EventLogError> {
        Err(self.0.clone())
    }

    async fn append(&self, _context: &Context, _request: Append) -> Result<i64, EventLogError> {
        Err(self.0.clone())
    }

    async fn read(
        &self,
        _context: &Context,
        _request: ReadEvents,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        Err(self.0.clone())
    }

    async fn topics(&self, _context: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        Err(self.0.clone())
    }

    async fn follow(&self, _context: &Context, _request: FollowEvents) -> Result<EventStream, EventLogError> {
        Err(self.0.clone())
    }

    async fn report(&self, _context: &Context, _progress: ConsumerProgress) -> Result<(), EventLogError> {
        Err(self.0.clone())
    }

    async fn consumers(&self, _context: &Context) -> Result<Vec<ConsumerProgress>, EventLogError> {
        Err(self.0.clone())
    }

    async fn forget(&self, _context: &Context, _consumer: ConsumerId) -> Result<(), EventLogError> {
        Err(self.0.clone())
    }

    async fn trim(&self, _context: &Context, _request: Trim) -> Result<i64, EventLogError> {
        Err(self.0.clone())
    }
}
