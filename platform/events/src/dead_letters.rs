//! Events that were put aside: those that failed, and those that wait behind them.

use std::collections::BTreeSet;

use cleave_db::{Database, Transaction};
use sqlx::query::QueryScalar;
use sqlx::{AssertSqlSafe, Row as _};

use crate::recorded::{RecordedEvent, bind_columns, event_columns};

/// An event that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Whether it failed itself.
    pub state: DeadLetterState,
    /// What went wrong with it; empty where it only waits.
    pub error: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The event.
    pub event: RecordedEvent,
}

/// Why an event was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLetterState {
    /// It failed.
    Failed,
    /// An earlier event of the same entity failed.
    Parked,
}

impl DeadLetterState {
    /// The word that the table uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Parked => "parked",
        }
    }
}

/// The events of a topic that were put aside, in their order.
pub(crate) async fn list(database: &Database, topic: &str) -> Result<Vec<DeadLetter>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT state, error, attempts, ",
        event_columns!(),
        " FROM dead_letters WHERE topic = $1 ORDER BY position"
    ))
    .bind(topic)
    .fetch_all(database.readers())
    .await?;
    let letter = |row: &sqlx::any::AnyRow| {
        let state = match row.try_get::<String, _>(0)?.as_str() {
            "failed" => DeadLetterState::Failed,
            _ => DeadLetterState::Parked,
        };
        let event = RecordedEvent::from_row(row, 3)?;
        Ok(DeadLetter { state, error: row.try_get(1)?, attempts: row.try_get(2)?, event })
    };
    rows.iter().map(letter).collect()
}

/// Puts an event aside. The number of dead letters that the topic's offset keeps is moved by the caller.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    topic: &str,
    letter: &DeadLetter,
) -> Result<(), sqlx::Error> {
    let DeadLetter { state, error, attempts, event } = letter;
    let insert = sqlx::query(concat!(
        "INSERT INTO dead_letters (topic, state, error, attempts, ",
        event_columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    ));
    let insert = insert.bind(topic).bind(state.as_str()).bind(error).bind(attempts);
    bind_columns(insert, event).execute(&mut *transaction).await?;
    change_count(transaction, topic, 1).await
}

/// Those of the events' entities of which an event was put aside.
pub(crate) async fn blocked(
    transaction: &mut Transaction,
    topic: &str,
    events: &[RecordedEvent],
) -> Result<BTreeSet<String>, sqlx::Error> {
    let entities = events.iter().map(|event| event.entity.as_str()).collect::<BTreeSet<_>>();
    let places = (2..entities.len() + 2).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let select =
        format!("SELECT DISTINCT entity FROM dead_letters WHERE topic = $1 AND entity IN ({places})");
    let select = sqlx::query_scalar(AssertSqlSafe(select)).bind(topic);
    let blocked: Vec<String> =
        entities.into_iter().fold(select, QueryScalar::bind).fetch_all(transaction).await?;
    Ok(blocked.into_iter().collect())
}

/// Takes a letter away; `false` where somebody else has.
pub(crate) async fn remove(
    transaction: &mut Transaction,
    topic: &str,
    offset: i64,
) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query("DELETE FROM dead_letters WHERE topic = $1 AND position = $2")
        .bind(topic)
        .bind(offset)
        .execute(&mut *transaction)
        .await?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    change_count(transaction, topic, -1).await?;
    Ok(true)
}

/// Notes that a letter has failed once more.
pub(crate) async fn fail_again(
    transaction: &mut Transaction,
    topic: &str,
    offset: i64,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE dead_letters SET state = 'failed', error = $3, attempts = attempts + 1 \
         WHERE topic = $1 AND position = $2",
    )
    .bind(topic)
    .bind(offset)
    .bind(error)
    .execute(transaction)
    .await
    .map(|_| ())
}

async fn change_count(transaction: &mut Transaction, topic: &str, by: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE consumer_offsets SET dead_letters = dead_letters + $2 WHERE topic = $1")
        .bind(topic)
        .bind(by)
        .execute(transaction)
        .await
        .map(|_| ())
}
