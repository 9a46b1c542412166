//! How far a module has come in a topic, and which of its processes takes it further: a row of `consumer_offsets`.

use cleave_db::{Database, Transaction};

/// Where a module stands in a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The number of the last event that was applied or put aside.
    pub(crate) position: i64,
    /// The process that applies events, by a name that no other one has; empty where none does.
    pub(crate) holder: String,
}

/// What is true of a topic whose offset was moved.
#[derive(Debug)]
pub(crate) struct Advanced {
    /// How many of its events are put aside.
    pub(crate) dead_letters: i64,
    /// As in [`Standing`].
    pub(crate) holder: String,
}

/// Where the module stands; `None` where it has never begun.
pub(crate) async fn load(database: &Database, topic: &str) -> Result<Option<Standing>, sqlx::Error> {
    let row: Option<(i64, String)> =
        sqlx::query_as("SELECT position, holder FROM consumer_offsets WHERE topic = $1")
            .bind(topic)
            .fetch_optional(database.readers())
            .await?;
    Ok(row.map(|(position, holder)| Standing { position, holder }))
}

/// Makes the row, where there is none: whoever has none begins at the first event.
pub(crate) async fn begin(database: &Database, topic: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO consumer_offsets (topic, position, dead_letters) VALUES ($1, 0, 0) \
         ON CONFLICT (topic) DO NOTHING",
    )
    .bind(topic)
    .execute(database.writer())
    .await
    .map(|_| ())
}

/// Moves the offset from one event to another; `None` where it is somewhere else.
pub(crate) async fn advance(
    transaction: &mut Transaction,
    topic: &str,
    from: i64,
    to: i64,
) -> Result<Option<Advanced>, sqlx::Error> {
    let row: Option<(i64, String)> = sqlx::query_as(
        "UPDATE consumer_offsets SET position = $3 WHERE topic = $1 AND position = $2 \
         RETURNING dead_letters, holder",
    )
    .bind(topic)
    .bind(from)
    .bind(to)
    .fetch_optional(transaction)
    .await?;
    Ok(row.map(|(dead_letters, holder)| Advanced { dead_letters, holder }))
}

/// Makes a process the holder, whoever was.
pub(crate) async fn claim(database: &Database, topic: &str, holder: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE consumer_offsets SET holder = $2 WHERE topic = $1")
        .bind(topic)
        .bind(holder)
        .execute(database.writer())
        .await
        .map(|_| ())
}

/// Makes a process the holder, where all still stands as it was seen.
pub(crate) async fn take_over(
    database: &Database,
    topic: &str,
    seen: &Standing,
    holder: &str,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query(
        "UPDATE consumer_offsets SET holder = $4 WHERE topic = $1 AND position = $2 AND holder = $3",
    )
    .bind(topic)
    .bind(seen.position)
    .bind(&seen.holder)
    .bind(holder)
    .execute(database.writer())
    .await?;
    Ok(taken.rows_affected() > 0)
}

/// Leaves the topic to whoever comes next, where this process is still the holder.
pub(crate) async fn give_up(database: &Database, topic: &str, holder: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE consumer_offsets SET holder = '' WHERE topic = $1 AND holder = $2")
        .bind(topic)
        .bind(holder)
        .execute(database.writer())
        .await
        .map(|_| ())
}
