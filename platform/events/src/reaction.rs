//! What a module does on others' events.

use async_trait::async_trait;
use cleave_core::UnreadableEvent;
use cleave_db::Transaction;

use crate::RecordedEvent;

/// What a module does on the events of one topic.
#[async_trait(?Send)]
pub trait Reaction {
    /// Which topic.
    fn topic(&self) -> &'static str;

    /// Applies some events, in their order, in the transaction that also stores how far the module has come. It must do
    /// nothing else than its statements. After a failure everything is rolled back, and the events come one by one.
    async fn apply(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), ReactionError>;
}

/// Why an event could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ReactionError {
    /// This binary cannot read it.
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
    /// It makes no sense where it arrived, and never will.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}
