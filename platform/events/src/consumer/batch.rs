//! Applying a batch of events: all with the offset behind them, or nothing.

use cleave_core::{CallFailure, ContractError as _};
use cleave_db::{Transaction, WriteError, failure_of};

use super::Consumer;
use crate::dead_letters::{self, DeadLetter, DeadLetterState};
use crate::log::EventLogError;
use crate::reaction::ReactionError;
use crate::recorded::RecordedEvent;
use crate::standing;

/// How often an event is tried on which the database refuses a statement.
const MAX_ATTEMPTS: i64 = 3;

/// What became of a batch.
enum Outcome {
    Applied,
    /// Somebody else has moved the offset.
    Lost,
    /// An event that cannot be applied, and why.
    Failed(RecordedEvent, String),
}

impl Consumer {
    pub(super) async fn apply(&self, position: i64, events: &[RecordedEvent]) -> Result<u64, EventLogError> {
        match self.try_batch(position, events).await? {
            Outcome::Applied => return Ok(events.len() as u64),
            Outcome::Lost => return Ok(0),
            Outcome::Failed(..) => {}
        }
        let mut applied = 0;
        for (event, position) in events.iter().zip(position..) {
            match self.try_batch(position, std::slice::from_ref(event)).await? {
                Outcome::Applied => {}
                Outcome::Lost => break,
                Outcome::Failed(event, error) => {
                    if !self.put_aside(position, event, error).await? {
                        break;
                    }
                }
            }
            applied += 1;
        }
        Ok(applied)
    }

    /// Applies all of the events with the offset behind them, or nothing.
    async fn try_batch(&self, position: i64, events: &[RecordedEvent]) -> Result<Outcome, EventLogError> {
        let Some(last) = events.last() else { return Ok(Outcome::Applied) };
        let written = self
            .database
            .write(async |transaction| {
                let topic = self.topic();
                let Some(advanced) = standing::advance(transaction, topic, position, last.offset).await?
                else {
                    return Ok(None);
                };
                if advanced.dead_letters == 0 {
                    self.react(transaction, events).await?;
                    return Ok(Some(advanced));
                }
                let blocked = dead_letters::blocked(transaction, topic, events).await?;
                let (parked, free): (Vec<_>, Vec<_>) =
                    events.iter().cloned().partition(|event| blocked.contains(&event.entity));
                for event in &parked {
                    self.park(transaction, event).await?;
                }
                if !free.is_empty() {
                    self.react(transaction, &free).await?;
                }
                Ok(Some(advanced))
            })
            .await;
        match written {
            Ok(Some(advanced)) => {
                self.position.set(Some(last.offset));
                self.learn(&advanced.holder);
                Ok(Outcome::Applied)
            }
            Ok(None) => {
                self.position.set(None);
                Ok(Outcome::Lost)
            }
            Err(WriteError::Refused(reason)) => Ok(Outcome::Failed(last.clone(), reason)),
            Err(WriteError::Database(error)) => self.judge(last, &error),
        }
    }

    /// Whether an event on which the database failed is to blame for it.
    fn judge(&self, event: &RecordedEvent, error: &sqlx::Error) -> Result<Outcome, EventLogError> {
        let failure = failure_of(self.name(), error);
        if matches!(failure, CallFailure::Unavailable(_)) {
            return Err(EventLogError::from_failure(failure));
        }
        let attempts = match self.failing.get() {
            (offset, attempts) if offset == event.offset => attempts + 1,
            _ => 1,
        };
        self.failing.set((event.offset, attempts));
        if attempts < MAX_ATTEMPTS {
            return Err(EventLogError::Internal);
        }
        Ok(Outcome::Failed(event.clone(), error.to_string()))
    }

    pub(super) async fn react(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), WriteError<String>> {
        self.reaction.apply(transaction, events).await.map_err(|error| match error {
            ReactionError::Database(error) => WriteError::Database(error),
            other => WriteError::Refused(other.to_string()),
        })
    }

    /// Puts an event aside and goes on behind it; `false` where somebody else has moved the offset.
    async fn put_aside(
        &self,
        position: i64,
        event: RecordedEvent,
        error: String,
    ) -> Result<bool, EventLogError> {
        let (consumer, topic, offset) = (self.name(), self.topic(), event.offset);
        tracing::error!(consumer, topic, offset, name = event.name, error, "an event is put aside");
        let letter = DeadLetter { state: DeadLetterState::Failed, error, attempts: 1, event };
        let moved = self
            .database
            .write(async |transaction| {
                if standing::advance(transaction, self.topic(), position, offset).await?.is_none() {
                    return Ok::<_, WriteError<String>>(false);
                }
                dead_letters::insert(transaction, self.topic(), &letter).await?;
                Ok(true)
            })
            .await
            .map_err(|error| self.write_failed(&error))?;
        self.position.set(moved.then_some(offset));
        Ok(moved)
    }

    async fn park(&self, transaction: &mut Transaction, event: &RecordedEvent) -> Result<(), sqlx::Error> {
        let (state, error) = (DeadLetterState::Parked, String::new());
        let letter = DeadLetter { state, error, attempts: 0, event: event.clone() };
        dead_letters::insert(transaction, self.topic(), &letter).await
    }
}
