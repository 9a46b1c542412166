//! What a topic has, who reads it, and what is cut of it.

use cleave_db::WriteError;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{TableLog, failed, last_offset, write_failed};
use crate::log::{ConsumerId, ConsumerProgress, EventLogError, TopicStatus, Trim};

impl TableLog {
    pub(super) async fn list_topics(&self) -> Result<Vec<TopicStatus>, EventLogError> {
        // The totals of the last event and of the last one that was cut tell how much there is, without reading it.
        let rows = sqlx::query(
            "SELECT ends.topic, COALESCE(topics.trimmed_through, 0), ends.last, \
             COALESCE(newest.bytes_through, 0) - COALESCE(oldest.bytes_through, newest.bytes_through, 0), \
             COALESCE(64 + OCTET_LENGTH(oldest.name) + OCTET_LENGTH(oldest.entity) + OCTET_LENGTH(oldest.payload) \
             + OCTET_LENGTH(oldest.actor) + OCTET_LENGTH(oldest.request_id), 0) \
             FROM (SELECT topic, MAX(last) AS last FROM (SELECT topic, MAX(position) AS last FROM events GROUP BY topic \
             UNION ALL SELECT topic, trimmed_through FROM topics) AS all_ends GROUP BY topic) AS ends \
             LEFT JOIN topics ON topics.topic = ends.topic \
             LEFT JOIN events AS oldest ON oldest.topic = ends.topic \
             AND oldest.position = COALESCE(topics.trimmed_through, 0) + 1 \
             LEFT JOIN events AS newest ON newest.topic = ends.topic AND newest.position = ends.last \
             ORDER BY ends.topic",
        )
        .fetch_all(self.database.readers())
        .await
        .map_err(|error| failed(&error))?;
        let status = |row: &AnyRow| {
            let (topic, last_offset) = (row.try_get(0)?, row.try_get(2)?);
            let (later, oldest) = (row.try_get::<i64, _>(3)?, row.try_get::<i64, _>(4)?);
            let first_offset = row.try_get::<i64, _>(1)? + 1;
            Ok(TopicStatus { topic, first_offset, last_offset, bytes: later + oldest })
        };
        rows.iter().map(status).collect::<Result<_, _>>().map_err(|error| failed(&error))
    }

    /// Refuses a reader that has yet to read what has been cut.
    pub(super) async fn refuse_trimmed(&self, topic: &str, after: i64) -> Result<(), EventLogError> {
        let trimmed: Option<i64> = sqlx::query_scalar(
            "SELECT trimmed_through FROM topics WHERE topic = $1 AND trimmed_through > $2",
        )
        .bind(topic)
        .bind(after)
        .fetch_optional(self.database.readers())
        .await
        .map_err(|error| failed(&error))?;
        match trimmed {
            None => Ok(()),
            Some(trimmed) => {
                Err(EventLogError::Trimmed { topic: topic.to_owned(), first_offset: trimmed + 1 })
            }
        }
    }

    pub(super) async fn register(&self, progress: &ConsumerProgress) -> Result<(), EventLogError> {
        // What is known already is not written again, so that no disk waits for it.
        sqlx::query(
            "INSERT INTO consumers (topic, consumer, position) VALUES ($1, $2, $3) \
             ON CONFLICT (topic, consumer) DO UPDATE SET position = $3 WHERE consumers.position <> $3",
        )
        .bind(&progress.topic)
        .bind(&progress.consumer)
        .bind(progress.position)
        .execute(self.database.writer())
        .await
        .map(|_| ())
        .map_err(|error| failed(&error))
    }

    pub(super) async fn list_consumers(&self) -> Result<Vec<ConsumerProgress>, EventLogError> {
        let rows = sqlx::query("SELECT consumer, topic, position FROM consumers ORDER BY consumer, topic")
            .fetch_all(self.database.readers())
            .await
            .map_err(|error| failed(&error))?;
        let progress = |row: &AnyRow| {
            Ok(ConsumerProgress {
                consumer: row.try_get(0)?,
                topic: row.try_get(1)?,
                position: row.try_get(2)?,
            })
        };
        let mut consumers =
            rows.iter().map(progress).collect::<Result<Vec<_>, _>>().map_err(|error| failed(&error))?;
        // Engines sort by rules of their own.
        consumers.sort();
        Ok(consumers)
    }

    pub(super) async fn unregister(&self, consumer: &ConsumerId) -> Result<(), EventLogError> {
        sqlx::query("DELETE FROM consumers WHERE topic = $1 AND consumer = $2")
            .bind(&consumer.topic)
            .bind(&consumer.consumer)
            .execute(self.database.writer())
            .await
            .map(|_| ())
            .map_err(|error| failed(&error))
    }

    pub(super) async fn cut(&self, request: &Trim) -> Result<i64, EventLogError> {
        let written = self.database.write(async |transaction| {
            let last: i64 = sqlx::query_scalar(concat!("SELECT ", last_offset!()))
                .bind(&request.topic)
                .fetch_one(&mut *transaction)
                .await?;
            let through = request.through.min(last);
            if through > 0 {
                sqlx::query(
                    "INSERT INTO topics (topic, trimmed_through, unchecked_through) VALUES ($1, $2, 0) \
                     ON CONFLICT (topic) DO UPDATE SET trimmed_through = $2 WHERE topics.trimmed_through < $2",
                )
                .bind(&request.topic)
                .bind(through)
                .execute(&mut *transaction)
                .await?;
                sqlx::query("DELETE FROM events WHERE topic = $1 AND position <= $2")
                    .bind(&request.topic)
                    .bind(through)
                    .execute(&mut *transaction)
                    .await?;
            }
            let trimmed: Option<i64> =
                sqlx::query_scalar("SELECT trimmed_through FROM topics WHERE topic = $1")
                    .bind(&request.topic)
                    .fetch_optional(transaction)
                    .await?;
            Ok::<_, WriteError<()>>(trimmed.unwrap_or(0) + 1)
        });
        let first_offset = written.await.map_err(|error| write_failed(&error))?;
        self.topic(&request.topic).forget_before(first_offset);
        Ok(first_offset)
    }
}
