//! Having events come again.

use cleave_core::{Context, ContractError as _};
use cleave_db::{Database, Transaction, WriteError, failure_of};

use crate::log::{ConsumerProgress, EventLog, EventLogError, ReadEvents, ReadRange};
use crate::standing;

/// What a replay has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How far the consumer had come.
    pub position_before: i64,
    /// How far it has come now: the event right before the first that comes again.
    pub position: i64,
    /// How many dead letters were dropped, because their events come again.
    pub dead_letters: u64,
}

/// Why a consumer was not moved.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There is no such event.
    #[error("the topic {topic} has the events {first_offset} to {last_offset}: replay from one of them")]
    OutOfRange {
        /// Which topic.
        topic: String,
        /// The number of the oldest event.
        first_offset: i64,
        /// The number of the last event.
        last_offset: i64,
    },
    /// What the consumer has yet to read would be skipped.
    #[error(
        "{consumer} has come to the event {position} of {topic}: from {from} on it would skip what it has yet to read"
    )]
    Skips {
        /// Who.
        consumer: String,
        /// Which topic.
        topic: String,
        /// How far it has come.
        position: i64,
        /// From where it was to go on.
        from: i64,
    },
    /// The log or the consumer's database failed, or the events are cut or damaged.
    #[error(transparent)]
    Log(#[from] EventLogError),
}

/// Sets a consumer back, in its own database, so that it gets the events from `from` on again, and drops its dead letters among
/// them. It may run meanwhile: its compare-and-set notices. Forwards it goes only over what was cut.
pub(crate) async fn replay(
    database: &Database,
    log: &dyn EventLog,
    context: &Context,
    topic: &str,
    from: i64,
) -> Result<Replayed, ReplayError> {
    let failed = |error: &sqlx::Error| EventLogError::from_failure(failure_of(database.module(), error));
    let last_offset = log.last_offset(context, topic.to_owned()).await?;
    let topics = log.topics(context).await?;
    let first_offset = topics.iter().find(|it| it.topic == topic).map_or(1, |status| status.first_offset);
    if !(first_offset..=last_offset + 1).contains(&from) {
        return Err(if (1..first_offset).contains(&from) {
            EventLogError::Trimmed { topic: topic.to_owned(), first_offset }.into()
        } else {
            ReplayError::OutOfRange { topic: topic.to_owned(), first_offset, last_offset }
        });
    }
    let standing = standing::load(database, topic).await.map_err(|error| failed(&error))?;
    let before = standing.map_or(0, |standing| standing.position);
    let is_over_a_cut = before + 1 < first_offset && from == first_offset;
    if from > before + 1 && !is_over_a_cut {
        let (consumer, topic) = (database.module().to_owned(), topic.to_owned());
        return Err(ReplayError::Skips { consumer, topic, position: before, from });
    }
    // First the log is told to keep them; that they can be read shows that they are still there.
    report(log, context, database, topic, from - 1).await?;
    let range = ReadRange { after: from - 1, limit: 1, wait_ms: 0 };
    if let Err(error) = log.read(context, ReadEvents { topic: topic.to_owned(), range }).await {
        report(log, context, database, topic, before).await?;
        return Err(error.into());
    }
    let moved = database.write(async |transaction| set_back(transaction, topic, from - 1).await);
    let (position_before, dead_letters) = moved.await.map_err(|error| match error {
        WriteError::Database(error) => failed(&error),
        WriteError::Refused(()) => EventLogError::Internal,
    })?;
    Ok(Replayed { position_before, position: from - 1, dead_letters })
}

async fn report(
    log: &dyn EventLog,
    context: &Context,
    database: &Database,
    topic: &str,
    position: i64,
) -> Result<(), EventLogError> {
    let (consumer, topic) = (database.module().to_owned(), topic.to_owned());
    log.report(context, ConsumerProgress { consumer, topic, position }).await
}

/// Moves the offset, and tells where it was and how many dead letters went.
async fn set_back(
    transaction: &mut Transaction,
    topic: &str,
    position: i64,
) -> Result<(i64, u64), WriteError<()>> {
    let before: Option<i64> = sqlx::query_scalar("SELECT position FROM consumer_offsets WHERE topic = $1")
        .bind(topic)
        .fetch_optional(&mut *transaction)
        .await?;
    let dropped = sqlx::query("DELETE FROM dead_letters WHERE topic = $1 AND position > $2")
        .bind(topic)
        .bind(position)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    sqlx::query(
        "INSERT INTO consumer_offsets (topic, position, dead_letters) VALUES ($1, $2, 0) \
         ON CONFLICT (topic) DO UPDATE SET position = $2, \
         dead_letters = (SELECT COUNT(*) FROM dead_letters WHERE topic = $1)",
    )
    .bind(topic)
    .bind(position)
    .execute(transaction)
    .await?;
    Ok((before.unwrap_or(0), dropped))
}
