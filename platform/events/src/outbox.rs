//! What a module tells, written down where it happens.

use std::sync::Arc;

use cleave_core::{Caller, Context, Event, Timestamp};
use cleave_db::{Database, Transaction};
use tokio::sync::Notify;

use crate::recorded::{RecordedEvent, insert};

/// The outbox of one module in one process: its table, and the bell that wakes the [`Relay`](crate::Relay). Clones are the
/// same outbox.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    bell: Arc<Notify>,
}

impl Outbox {
    /// An outbox whose relay is asleep.
    pub fn new() -> Self {
        Self::default()
    }

    /// Numbers the events and writes them down. It must be the last thing that a transaction does: the row of the head is
    /// locked from here to the commit, which makes the numbers dense and puts them in the order of the commits.
    pub async fn record<E: Event>(
        &self,
        transaction: &mut Transaction,
        context: &Context,
        at: Timestamp,
        events: &[E],
    ) -> Result<(), sqlx::Error> {
        if events.is_empty() {
            return Ok(());
        }
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let last: i64 =
            sqlx::query_scalar("UPDATE outbox_head SET seq = seq + $1 WHERE only_row = 1 RETURNING seq")
                .bind(count)
                .fetch_one(&mut *transaction)
                .await?;
        let actor = match &context.caller {
            Caller::Anonymous => "anonymous".to_owned(),
            Caller::User(user) => user.account_id.to_string(),
            Caller::System => "system".to_owned(),
        };
        let recorded = events.iter().zip(last - count + 1..).map(|(event, offset)| RecordedEvent {
            offset,
            name: event.name().to_owned(),
            version: event.version(),
            entity: event.entity(),
            payload: event.payload(),
            actor: actor.clone(),
            request_id: context.request_id.as_str().to_owned(),
            recorded_at: at,
        });
        let recorded = recorded.collect::<Vec<_>>();
        insert(
            transaction,
            "INSERT INTO outbox (seq, name, version, entity, payload, actor, request_id, recorded_at)",
            &recorded,
        )
        .await
    }

    /// Wakes the relay: to be called after a commit that has recorded something. Who forgets it makes others wait for the
    /// relay's next look.
    pub fn wake(&self) {
        self.bell.notify_one();
    }

    /// Completes when somebody has called [`Outbox::wake`] since the last time.
    pub(crate) async fn woken(&self) {
        self.bell.notified().await;
    }
}

/// The number of the latest event.
pub(crate) async fn head(database: &Database) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT seq FROM outbox_head WHERE only_row = 1").fetch_one(database.readers()).await
}

/// The events in an outbox after a number, in order: for relays and audits.
pub async fn outbox_events(
    database: &Database,
    after: i64,
    limit: u32,
) -> Result<Vec<RecordedEvent>, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT seq, name, version, entity, payload, actor, request_id, recorded_at",
        " FROM outbox WHERE seq > $1 ORDER BY seq LIMIT $2"
    ))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(database.readers())
    .await?;
    rows.iter().map(|row| RecordedEvent::from_row(row, 0)).collect()
}
