//! An event log that refuses everything.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_events::{Append, EventLog, EventLogError, ReadEvents, RecordedEvent, TopicStatus};

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
}
