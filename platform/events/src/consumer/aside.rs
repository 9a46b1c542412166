//! Events that were put aside, and another try for them.

use cleave_core::{CallFailure, ContractError as _};
use cleave_db::{WriteError, failure_of};

use super::Consumer;
use crate::dead_letters::{self, DeadLetter};
use crate::log::EventLogError;

impl Consumer {
    /// The events that were put aside, in their order.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, EventLogError> {
        dead_letters::list(&self.database, self.topic()).await.map_err(|error| self.failed(&error))
    }

    /// How many events were put aside.
    pub async fn count_dead_letters(&self) -> Result<i64, EventLogError> {
        let stored: Option<i64> =
            sqlx::query_scalar("SELECT dead_letters FROM consumer_offsets WHERE topic = $1")
                .bind(self.topic())
                .fetch_optional(self.database.readers())
                .await
                .map_err(|error| self.failed(&error))?;
        Ok(stored.unwrap_or(0))
    }

    /// Tries the events that were put aside once more: that of `offset` or all, each with those that wait behind it, in
    /// their order. Tells how many could be applied.
    pub async fn retry(&self, offset: Option<i64>) -> Result<u64, EventLogError> {
        let letters = self.dead_letters().await?;
        let mut applied = 0;
        let mut seen: Vec<&str> = Vec::new();
        for first in &letters {
            let entity = first.event.entity.as_str();
            let is_first = !seen.contains(&entity);
            seen.push(entity);
            if !is_first || offset.is_some_and(|offset| offset != first.event.offset) {
                continue;
            }
            for letter in letters.iter().filter(|letter| letter.event.entity == entity) {
                if !self.retry_letter(letter).await? {
                    break;
                }
                applied += 1;
            }
        }
        Ok(applied)
    }

    async fn retry_letter(&self, letter: &DeadLetter) -> Result<bool, EventLogError> {
        let (topic, offset) = (self.topic(), letter.event.offset);
        let tried = self
            .database
            .write(async |transaction| {
                if !dead_letters::remove(transaction, topic, offset).await? {
                    return Ok(());
                }
                self.react(transaction, std::slice::from_ref(&letter.event)).await
            })
            .await;
        let reason = match tried {
            Ok(()) => return Ok(true),
            Err(WriteError::Refused(reason)) => reason,
            Err(WriteError::Database(error)) => match failure_of(self.name(), &error) {
                CallFailure::Internal => error.to_string(),
                failure => return Err(EventLogError::from_failure(failure)),
            },
        };
        self.database
            .write(async |transaction| {
                dead_letters::fail_again(transaction, topic, offset, &reason).await?;
                Ok::<_, WriteError<String>>(false)
            })
            .await
            .map_err(|error| self.write_failed(&error))
    }
}
