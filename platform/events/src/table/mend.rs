//! Writing anew what is damaged.

use cleave_db::{Transaction, WriteError};
use sqlx::Row as _;

use super::read::{Record, is_unreadable, record_columns};
use super::{TableLog, failed, write_failed};
use crate::checksum::checksum;
use crate::log::{EventLogError, TopicStatus};
use crate::recorded::{RecordedEvent, bind_columns, event_columns};

/// How many events are read at once.
const PAGE: u32 = 500;

impl TableLog {
    /// Reads everything that the log keeps and gives the first damage of each topic.
    pub async fn damages(&self) -> Result<Vec<EventLogError>, EventLogError> {
        let mut damages = Vec::new();
        for TopicStatus { topic, first_offset, last_offset, .. } in self.list_topics().await? {
            let mut after = first_offset - 1;
            while after < last_offset {
                let (events, refusal) = self.read_table(&topic, after, PAGE).await?;
                damages.extend(refusal.clone());
                match events.last() {
                    Some(last) if refusal.is_none() => after = last.offset,
                    _ => break,
                }
            }
        }
        Ok(damages)
    }

    /// The last event of a topic that was cut; 0 where none was.
    pub(crate) async fn trimmed_through(&self, topic: &str) -> Result<i64, EventLogError> {
        let stored: Option<i64> = sqlx::query_scalar("SELECT trimmed_through FROM topics WHERE topic = $1")
            .bind(topic)
            .fetch_optional(self.database.readers())
            .await
            .map_err(|error| failed(&error))?;
        Ok(stored.unwrap_or(0))
    }

    /// The first event behind one number and before another that cannot be read from the table, whatever is wrong with it.
    pub(crate) async fn first_damaged_between(
        &self,
        topic: &str,
        mut after: i64,
        end: i64,
    ) -> Result<Option<i64>, EventLogError> {
        while after + 1 < end {
            let (events, refusal) = self.read_table(topic, after, PAGE).await?;
            after = events.last().map_or(after, |last| last.offset);
            if refusal.is_some() || events.is_empty() {
                return Ok((after + 1 < end).then_some(after + 1));
            }
        }
        Ok(None)
    }

    /// Writes those of the events anew that do not stand in the table as they are here, and tells their numbers.
    pub(crate) async fn mend(
        &self,
        topic: &str,
        events: &[RecordedEvent],
    ) -> Result<Vec<i64>, EventLogError> {
        let unchecked_through = self.unchecked_through(topic).await?;
        let written = self.database.write(async |transaction| {
            let mut mended = Vec::new();
            for event in events {
                let record = record(transaction, topic, event.offset).await?;
                let is_right = record.is_some_and(|record| {
                    let is_unchecked = event.offset <= unchecked_through;
                    record.event == *event && record.fault(topic, is_unchecked).is_none()
                });
                if !is_right {
                    replace(transaction, topic, event).await?;
                    mended.push(event.offset);
                }
            }
            Ok::<_, WriteError<()>>(mended)
        });
        written.await.map_err(|error| write_failed(&error))
    }

    /// Takes the damaged records behind a number away, and tells how many there were; an intact one is refused.
    pub(crate) async fn discard_damaged_after(
        &self,
        topic: &str,
        last: i64,
    ) -> Result<Result<u64, i64>, EventLogError> {
        let unchecked_through = self.unchecked_through(topic).await?;
        let written = self.database.write(async |transaction| {
            let sql = "SELECT position FROM events WHERE topic = $1 AND position > $2 ORDER BY position";
            let positions: Vec<i64> =
                sqlx::query_scalar(sql).bind(topic).bind(last).fetch_all(&mut *transaction).await?;
            for &position in &positions {
                let record = record(transaction, topic, position).await?;
                let is_intact = |record: Record| record.fault(topic, position <= unchecked_through).is_none();
                if record.is_some_and(is_intact) {
                    return Ok(Err(position));
                }
                remove(transaction, topic, position).await?;
            }
            Ok::<_, WriteError<()>>(Ok(positions.len() as u64))
        });
        written.await.map_err(|error| write_failed(&error))
    }
}

/// A record; none where there is none that can be read.
async fn record(
    transaction: &mut Transaction,
    topic: &str,
    position: i64,
) -> Result<Option<Record>, sqlx::Error> {
    let row =
        sqlx::query(concat!("SELECT ", record_columns!(), " FROM events WHERE topic = $1 AND position = $2"))
            .bind(topic)
            .bind(position)
            .fetch_optional(transaction)
            .await;
    match row.and_then(|row| row.as_ref().map(Record::from_row).transpose()) {
        Err(error) if is_unreadable(&error) => Ok(None),
        read => read,
    }
}

async fn replace(
    transaction: &mut Transaction,
    topic: &str,
    event: &RecordedEvent,
) -> Result<(), sqlx::Error> {
    remove(transaction, topic, event.offset).await?;
    // Where it stands nevertheless, a relay has just appended it.
    let before: Option<i64> =
        sqlx::query("SELECT bytes_through FROM events WHERE topic = $1 AND position = $2")
            .bind(topic)
            .bind(event.offset - 1)
            .fetch_optional(&mut *transaction)
            .await?
            .and_then(|row| row.try_get(0).ok());
    let insert = sqlx::query(concat!(
        "INSERT INTO events (topic, ",
        event_columns!(),
        ", checksum, bytes_through) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (topic, position) DO NOTHING"
    ));
    bind_columns(insert.bind(topic), event)
        .bind(checksum(topic, event))
        .bind(before.unwrap_or(0) + event.stored_bytes())
        .execute(transaction)
        .await
        .map(|_| ())
}

async fn remove(transaction: &mut Transaction, topic: &str, position: i64) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM events WHERE topic = $1 AND position = $2")
        .bind(topic)
        .bind(position)
        .execute(transaction)
        .await
        .map(|_| ())
}
