//! Reading, which believes nothing that it has not checked.

use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{TableLog, failed};
use crate::checksum::checksum;
use crate::log::{EventLogError, ReadRange};
use crate::recorded::{RecordedEvent, event_columns};

/// The most events that one answer has, and about how many bytes.
const MAX_EVENTS_PER_ANSWER: u32 = 1_000;
const MAX_BYTES_PER_ANSWER: usize = 1024 * 1024;

/// A record as it stands in the table.
pub(super) struct Record {
    pub(super) event: RecordedEvent,
    checksum: Option<i64>,
}

/// The columns of a [`Record`].
macro_rules! record_columns {
    () => {
        concat!(event_columns!(), ", checksum")
    };
}
pub(super) use record_columns;

impl Record {
    pub(super) fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self { event: RecordedEvent::from_row(row, 0)?, checksum: row.try_get(8)? })
    }

    /// Whether it was written before records had checksums, or says so.
    pub(super) fn has_no_checksum(&self) -> bool {
        self.checksum.is_none()
    }

    /// What is wrong with it. Only one that was written before records had checksums may be without.
    pub(super) fn fault(&self, topic: &str, is_unchecked: bool) -> Option<&'static str> {
        match self.checksum {
            Some(written) if written != checksum(topic, &self.event) => {
                Some("it does not match its checksum")
            }
            None if !is_unchecked => Some("it has lost its checksum"),
            _ => None,
        }
    }
}

impl TableLog {
    /// What there is now, up to the first event that is damaged; an error where that is the first of all.
    pub(super) async fn read_now(
        &self,
        topic: &str,
        range: ReadRange,
    ) -> Result<Vec<RecordedEvent>, EventLogError> {
        let limit = range.limit.clamp(1, MAX_EVENTS_PER_ANSWER);
        if let Some(recent) = self.topic(topic).recent_after(range.after, limit) {
            return Ok(recent);
        }
        let (events, refusal) = self.read_table(topic, range.after, limit).await?;
        match refusal {
            Some(refusal) if events.is_empty() => Err(refusal),
            _ => Ok(events),
        }
    }

    pub(super) async fn read_table(
        &self,
        topic: &str,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<RecordedEvent>, Option<EventLogError>), EventLogError> {
        let mut rows = sqlx::query(concat!(
            "SELECT ",
            record_columns!(),
            " FROM events WHERE topic = $1 AND position > $2 ORDER BY position LIMIT $3"
        ))
        .bind(topic)
        .bind(after)
        .bind(i64::from(limit))
        .fetch(self.database.readers());
        let (mut events, mut bytes) = (Vec::new(), 0);
        let fault = loop {
            let expected = after + 1 + i64::try_from(events.len()).unwrap_or(i64::MAX);
            let read = rows.try_next().await.and_then(|row| row.as_ref().map(Record::from_row).transpose());
            let record = match read {
                Ok(Some(record)) => record,
                Ok(None) => break None,
                Err(error) if is_unreadable(&error) => {
                    break Some((expected, format!("it cannot be read: {error}")));
                }
                Err(error) => return Err(failed(&error)),
            };
            let found = record.event.offset;
            if found != expected {
                break Some((expected, format!("it is missing, and the next one there is {found}")));
            }
            let is_unchecked = record.has_no_checksum() && found <= self.unchecked_through(topic).await?;
            if let Some(reason) = record.fault(topic, is_unchecked) {
                break Some((expected, reason.to_owned()));
            }
            bytes += record.event.size();
            if bytes > MAX_BYTES_PER_ANSWER && !events.is_empty() {
                break None;
            }
            events.push(record.event);
        };
        drop(rows);
        if events.is_empty() {
            // What has been cut is not missing.
            self.refuse_trimmed(topic, after).await?;
        }
        let topic = topic.to_owned();
        let refusal = fault.map(|(offset, reason)| EventLogError::Damaged { topic, offset, reason });
        Ok((events, refusal))
    }

    /// The last event that was written before records had checksums.
    pub(super) async fn unchecked_through(&self, topic: &str) -> Result<i64, EventLogError> {
        let stored: Option<i64> = sqlx::query_scalar("SELECT unchecked_through FROM topics WHERE topic = $1")
            .bind(topic)
            .fetch_optional(self.database.readers())
            .await
            .map_err(|error| failed(&error))?;
        Ok(stored.unwrap_or(0))
    }
}

/// Whether a value is of a type that nobody has written.
pub(super) fn is_unreadable(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::AnyDriverError(_)
    )
}
