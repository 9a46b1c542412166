//! Rebuilding a topic of the log from the outbox that it was copied from.

use cleave_core::ContractError as _;
use cleave_db::{Database, failure_of};

use crate::log::EventLogError;
use crate::outbox::{self, outbox_events};
use crate::table::TableLog;

/// How many events are compared in one transaction, so that who appends meanwhile does not wait for long.
const BATCH: u32 = 100;

/// What a rebuilding has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// How many events were compared.
    pub compared: u64,
    /// The numbers of those that were missing or damaged, and have been written anew.
    pub written: Vec<i64>,
    /// How many damaged records stood where no event belongs, and were taken away.
    pub removed: u64,
}

/// Why a topic could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The outbox does not have what the log lacks.
    #[error(
        "the event {offset} of {topic} is damaged in the log, and its outbox does not have it: restore the database \
         of {topic} or that of the log from a copy that has it"
    )]
    Lacking {
        /// Which topic.
        topic: String,
        /// The number of the event.
        offset: i64,
    },
    /// The log has intact events of which the outbox knows nothing.
    #[error(
        "the log of {topic} has the event {offset}, and its outbox ends at {head}: the outbox was lost or restored from an \
         older copy; restore the newer database of {topic}"
    )]
    Ahead {
        /// Which topic.
        topic: String,
        /// The number of the event.
        offset: i64,
        /// Where the outbox ends.
        head: i64,
    },
    /// The log failed.
    #[error(transparent)]
    Log(#[from] EventLogError),
}

/// Compares a topic with its outbox, event by event, and writes anew what is missing or damaged, under the same numbers. What
/// was cut stays cut. Others may append and read meanwhile. Without an outbox (the topic is none that anybody tells), only
/// damaged records are taken away.
pub async fn rebuild(
    log: &TableLog,
    outbox: Option<&Database>,
    topic: &str,
) -> Result<Rebuilt, RebuildError> {
    let failed = |error: sqlx::Error| EventLogError::from_failure(failure_of(topic, &error));
    let mut rebuilt = Rebuilt::default();
    let mut head = 0;
    if let Some(outbox) = outbox {
        let mut after = log.trimmed_through(topic).await?;
        loop {
            let events = outbox_events(outbox, after, BATCH).await.map_err(failed)?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                // What the outbox lacks must be right in the log.
                if let Some(offset) = log.first_damaged_between(topic, after, event.offset).await? {
                    return Err(RebuildError::Lacking { topic: topic.to_owned(), offset });
                }
                after = event.offset;
            }
            rebuilt.written.extend(log.mend(topic, &events).await?);
            rebuilt.compared += events.len() as u64;
        }
        head = outbox::head(outbox).await.map_err(failed)?.max(after);
        if let Some(offset) = log.first_damaged_between(topic, after, head + 1).await? {
            return Err(RebuildError::Lacking { topic: topic.to_owned(), offset });
        }
    }
    match log.discard_damaged_after(topic, head).await? {
        Ok(removed) => Ok(Rebuilt { removed, ..rebuilt }),
        Err(offset) => Err(RebuildError::Ahead { topic: topic.to_owned(), offset, head }),
    }
}
