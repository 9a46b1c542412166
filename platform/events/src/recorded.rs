//! An event as it stands in an outbox, in the log and among the dead letters.

use cleave_core::{Event, Timestamp, UnreadableEvent};
use serde::{Deserialize, Serialize};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _};

/// The most rows that one statement inserts: larger ones cost more a row on SQLite.
pub(crate) const MAX_ROWS_PER_STATEMENT: usize = 100;

/// What the columns without a length of their own count for in the bytes of a record; the statements that migrate the log's
/// table and list its topics count alike.
const FIXED_BYTES: usize = 64;

/// An event with its place and its origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// Its number in its topic: 1, 2, 3 …
    pub offset: i64,
    /// What happened, in snake case.
    pub name: String,
    /// The version of the payload's form.
    pub version: u32,
    /// To what it happened.
    pub entity: String,
    /// JSON.
    pub payload: String,
    /// Whose request it was: the id of an account, `anonymous` or `system`.
    pub actor: String,
    /// Which request it was.
    pub request_id: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl RecordedEvent {
    /// The event itself.
    pub fn read<E: Event>(&self) -> Result<E, UnreadableEvent> {
        E::read(&self.name, self.version, &self.payload)
    }

    /// About how many bytes it has as JSON.
    pub(crate) fn size(&self) -> usize {
        // The payload is escaped once more where it has quotes, and the names of the fields are long.
        2 * self.payload.len() + self.name.len() + self.entity.len() + self.actor.len() + 250
    }

    /// About how many bytes it has in a table.
    pub(crate) fn stored_bytes(&self) -> i64 {
        let texts = [&self.name, &self.entity, &self.payload, &self.actor, &self.request_id];
        let bytes = FIXED_BYTES + texts.iter().map(|text| text.len()).sum::<usize>();
        i64::try_from(bytes).unwrap_or(i64::MAX)
    }

    /// Reads a row of [`COLUMNS`] that begins at column `first`.
    pub(crate) fn from_row(row: &AnyRow, first: usize) -> Result<Self, sqlx::Error> {
        let version = row.try_get::<i64, _>(first + 2)?;
        Ok(Self {
            offset: row.try_get(first)?,
            name: row.try_get(first + 1)?,
            version: u32::try_from(version).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            entity: row.try_get(first + 3)?,
            payload: row.try_get(first + 4)?,
            actor: row.try_get(first + 5)?,
            request_id: row.try_get(first + 6)?,
            recorded_at: Timestamp::from_micros(row.try_get(first + 7)?),
        })
    }
}

/// The columns that every table of events has, in the order in which they are read and written.
macro_rules! event_columns {
    () => {
        "position, name, version, entity, payload, actor, request_id, recorded_at"
    };
}
pub(crate) use event_columns;

/// How many columns that are.
const COLUMNS: usize = 8;

/// Binds the values of these columns.
pub(crate) fn bind_columns<'query>(
    query: Query<'query, Any, AnyArguments>,
    event: &'query RecordedEvent,
) -> Query<'query, Any, AnyArguments> {
    query
        .bind(event.offset)
        .bind(&event.name)
        .bind(i64::from(event.version))
        .bind(&event.entity)
        .bind(&event.payload)
        .bind(&event.actor)
        .bind(&event.request_id)
        .bind(event.recorded_at.as_micros())
}

/// Writes events into a table; `head` is the statement up to `VALUES`.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    head: &str,
    events: &[RecordedEvent],
) -> Result<(), sqlx::Error> {
    for events in events.chunks(MAX_ROWS_PER_STATEMENT) {
        let row = |index: usize| {
            let first = index * COLUMNS + 1;
            let places = (first..first + COLUMNS).map(|place| format!("${place}")).collect::<Vec<_>>();
            format!("({})", places.join(", "))
        };
        let rows = (0..events.len()).map(row).collect::<Vec<_>>().join(", ");
        let query = sqlx::query(AssertSqlSafe(format!("{head} VALUES {rows}")));
        events.iter().fold(query, bind_columns).execute(&mut *connection).await?;
    }
    Ok(())
}
