//! The SQL of the notifications, in the words that all engines share.

use cleave_core::{AccountId, Timestamp};
use cleave_db::{Database, Transaction};
use cleave_events::RecordedEvent;
use notifications_api::{Notification, NotificationId, NotificationKind};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use uuid::Uuid;

/// What somebody is told.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) kind: NotificationKind,
    pub(crate) account_id: AccountId,
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// An e-mail whose recipient is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Email {
    pub(crate) message_id: String,
    pub(crate) address: String,
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) attempts: i64,
    pub(crate) next_attempt_at: Timestamp,
}

/// Remembers to whom the store writes.
pub(crate) async fn insert_recipient(
    transaction: &mut Transaction,
    account_id: AccountId,
    email: &str,
    name: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO recipients (account_id, email, name) VALUES ($1, $2, $3) \
         ON CONFLICT (account_id) DO UPDATE SET email = excluded.email, name = excluded.name",
    )
    .bind(account_id.to_string())
    .bind(email)
    .bind(name)
    .execute(transaction)
    .await
    .map(|_| ())
}

/// Notes what somebody is told of an event; `false` where that was done before.
pub(crate) async fn insert_notification(
    transaction: &mut Transaction,
    id: Uuid,
    topic: &str,
    event: &RecordedEvent,
    news: &News,
) -> Result<bool, sqlx::Error> {
    let inserted = sqlx::query(
        "INSERT INTO notifications (notification_id, account_id, kind, subject, created_at, topic, position) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (topic, position) DO NOTHING",
    )
    .bind(id.to_string())
    .bind(news.account_id.to_string())
    .bind(news.kind.as_str())
    .bind(&news.subject)
    .bind(event.recorded_at.as_micros())
    .bind(topic)
    .bind(event.offset)
    .execute(transaction)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Puts the e-mail about an event into the queue.
pub(crate) async fn insert_email(
    transaction: &mut Transaction,
    topic: &str,
    event: &RecordedEvent,
    news: &News,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO emails (message_id, account_id, subject, body, state, attempts, next_attempt_at) \
         VALUES ($1, $2, $3, $4, 'queued', 0, $5) ON CONFLICT (message_id) DO NOTHING",
    )
    .bind(format!("{topic}.{}@cleave.example", event.offset))
    .bind(news.account_id.to_string())
    .bind(&news.subject)
    .bind(&news.body)
    .bind(event.recorded_at.as_micros())
    .execute(transaction)
    .await
    .map(|_| ())
}

/// The columns of [`notification`], in its order.
macro_rules! columns {
    () => {
        "notification_id, kind, subject, created_at"
    };
}

/// What an account was told, newest first: from the newest on, or what comes after one of them.
pub(crate) async fn notifications(
    database: &Database,
    account_id: AccountId,
    after: Option<NotificationId>,
    limit: i64,
) -> Result<Vec<Notification>, sqlx::Error> {
    let account_id = account_id.to_string();
    let query = match after {
        None => sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM notifications WHERE account_id = $1 \
             ORDER BY created_at DESC, topic DESC, position DESC LIMIT $2"
        ))
        .bind(account_id)
        .bind(limit),
        Some(after) => sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM notifications WHERE account_id = $1 AND (created_at, topic, position) < \
             (SELECT created_at, topic, position FROM notifications WHERE account_id = $1 AND notification_id = $3) \
             ORDER BY created_at DESC, topic DESC, position DESC LIMIT $2"
        ))
        .bind(account_id)
        .bind(limit)
        .bind(after.to_string()),
    };
    let rows = query.fetch_all(database.readers()).await?;
    rows.iter().map(notification).collect()
}

fn notification(row: &AnyRow) -> Result<Notification, sqlx::Error> {
    let id = row.try_get::<String, _>(0)?.parse().map_err(|error| decode(Box::new(error)))?;
    let kind = row.try_get::<String, _>(1)?;
    let kind = NotificationKind::ALL.into_iter().find(|known| known.as_str() == kind);
    let kind = kind.ok_or_else(|| decode("this is not the kind of a notification".into()))?;
    let created_at = Timestamp::from_micros(row.try_get(3)?);
    Ok(Notification { id, kind, subject: row.try_get(2)?, created_at })
}

fn decode(error: Box<dyn std::error::Error + Send + Sync>) -> sqlx::Error {
    sqlx::Error::Decode(error)
}

/// E-mails that are due and whose recipients are known, the longest waiting first.
pub(crate) async fn due_emails(
    database: &Database,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Email>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT emails.message_id, recipients.email, recipients.name, emails.subject, emails.body, emails.attempts, \
         emails.next_attempt_at FROM emails JOIN recipients ON recipients.account_id = emails.account_id \
         WHERE emails.state = 'queued' AND emails.next_attempt_at <= $1 ORDER BY emails.next_attempt_at LIMIT $2",
    )
    .bind(now.as_micros())
    .bind(i64::from(limit))
    .fetch_all(database.readers())
    .await?;
    let email = |row: &AnyRow| {
        Ok(Email {
            message_id: row.try_get(0)?,
            address: row.try_get(1)?,
            recipient: row.try_get(2)?,
            subject: row.try_get(3)?,
            body: row.try_get(4)?,
            attempts: row.try_get(5)?,
            next_attempt_at: Timestamp::from_micros(row.try_get(6)?),
        })
    };
    rows.iter().map(email).collect()
}

/// Takes an e-mail until `until`; `false` where somebody else has it.
pub(crate) async fn claim_email(
    database: &Database,
    email: &Email,
    until: Timestamp,
) -> Result<bool, sqlx::Error> {
    let claimed = sqlx::query(
        "UPDATE emails SET next_attempt_at = $3, attempts = attempts + 1 \
         WHERE message_id = $1 AND next_attempt_at = $2 AND state = 'queued'",
    )
    .bind(&email.message_id)
    .bind(email.next_attempt_at.as_micros())
    .bind(until.as_micros())
    .execute(database.writer())
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Notes what became of an e-mail.
pub(crate) async fn finish_email(
    database: &Database,
    message_id: &str,
    state: &str,
    next_attempt_at: Timestamp,
    error: Option<String>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE emails SET state = $2, next_attempt_at = $3, last_error = $4 WHERE message_id = $1")
        .bind(message_id)
        .bind(state)
        .bind(next_attempt_at.as_micros())
        .bind(error)
        .execute(database.writer())
        .await
        .map(|_| ())
}
