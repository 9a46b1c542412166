//! The event log with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Calls;

use crate::log::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    TopicStatus, Trim,
};
use crate::recorded::RecordedEvent;

/// Hands every call to [`Calls`] on its way to another [`EventLog`], whichever link that one stands for.
pub struct ObservedEventLog {
    inner: Rc<dyn EventLog>,
    calls: Calls,
}

impl ObservedEventLog {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn EventLog>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl EventLog for ObservedEventLog {
    async fn last_offset(&self, context: &Context, topic: String) -> Result<i64, EventLogError> {
        self.calls.observe("last_offset", context, self.inner.last_offset(context, topic)).await
    }

    async fn append(&self, context: &Context, request: Append) -> Result<i64, EventLogError> {
        self.calls.observe("append", context, self.inner.append(context, request)).await
    }

    async fn read(
        &self,
        context: &Context,
        request: ReadEvents,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        self.calls.observe("read", context, self.inner.read(context, request)).await
    }

    /// Counted and timed once, for its beginning.
    async fn follow(&self, context: &Context, request: FollowEvents) -> Result<EventStream, EventLogError> {
        self.calls.observe("follow", context, self.inner.follow(context, request)).await
    }

    async fn topics(&self, context: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        self.calls.observe("topics", context, self.inner.topics(context)).await
    }

    async fn report(&self, context: &Context, progress: ConsumerProgress) -> Result<(), EventLogError> {
        self.calls.observe("report", context, self.inner.report(context, progress)).await
    }

    async fn consumers(&self, context: &Context) -> Result<Vec<ConsumerProgress>, EventLogError> {
        self.calls.observe("consumers", context, self.inner.consumers(context)).await
    }

    async fn forget(&self, context: &Context, consumer: ConsumerId) -> Result<(), EventLogError> {
        self.calls.observe("forget", context, self.inner.forget(context, consumer)).await
    }

    async fn trim(&self, context: &Context, request: Trim) -> Result<i64, EventLogError> {
        self.calls.observe("trim", context, self.inner.trim(context, request)).await
    }
}
