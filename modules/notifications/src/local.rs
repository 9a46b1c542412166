//! The use cases.

use std::sync::Arc;

use async_trait::async_trait;
use cleave_core::{
    Caller, Clock, Context, ContractError as _, Cursor, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page,
};
use cleave_db::{Database, failure_of};
use lettre::message::Mailbox;
use notifications_api::{ListNotifications, Notification, Notifications, NotificationsError};

use crate::mailer::{MailPlace, MailUrlError, Mailer};
use crate::store;

/// The notifications in this process. Clones are the same notifications: each worker thread takes one.
#[derive(Debug, Clone)]
pub struct LocalNotifications {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) mailer: Mailer,
    pub(crate) from: Mailbox,
}

/// How e-mails are sent.
#[derive(Debug, Clone)]
pub struct Post {
    mailer: Mailer,
    from: Mailbox,
}

impl Post {
    /// Reads where e-mails go, and who sends them: `Name <name@host>`.
    pub fn new(url: &str, from: &str) -> Result<Self, MailUrlError> {
        let from = from.parse().map_err(|_| MailUrlError::sender(from))?;
        Ok(Self { mailer: Mailer::from_url(url)?, from })
    }

    /// Where the e-mails go.
    pub fn place(&self) -> &MailPlace {
        self.mailer.place()
    }
}

impl LocalNotifications {
    /// The notifications in this database, whose tables must be at the state of [`crate::MIGRATIONS`].
    pub fn new(database: Database, clock: Arc<dyn Clock>, post: Post) -> Self {
        let Post { mailer, from } = post;
        Self { database, clock, mailer, from }
    }
}

#[async_trait(?Send)]
impl Notifications for LocalNotifications {
    async fn list_notifications(
        &self,
        context: &Context,
        request: ListNotifications,
    ) -> Result<Page<Notification>, NotificationsError> {
        let account_id = match &context.caller {
            Caller::User(user) => user.account_id,
            Caller::Anonymous => return Err(NotificationsError::Unauthenticated),
            Caller::System => return Err(NotificationsError::Forbidden),
        };
        let refuse = |parameter: &str, reason: String| {
            Err(NotificationsError::InvalidParameter { parameter: parameter.to_owned(), reason })
        };
        let limit = request.limit.unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&limit) {
            return refuse("limit", format!("write a whole number from 1 to {MAX_PAGE_SIZE}"));
        }
        let failed =
            |error: sqlx::Error| NotificationsError::from_failure(failure_of("notifications", &error));
        let count = store::count(&self.database, account_id).await.map_err(failed)?;
        // The cursor counts from the oldest: news that comes in the meantime moves nothing.
        let older = match request.cursor.as_deref().map(Cursor::decode) {
            None => count,
            Some(Ok(cursor)) => cursor.0.min(count),
            Some(Err(error)) => return refuse("cursor", error.to_string()),
        };
        let limit = i64::from(limit);
        let items =
            store::notifications(&self.database, account_id, count - older, limit).await.map_err(failed)?;
        let next_cursor = (older > limit).then(|| Cursor(older - limit).encode());
        Ok(Page { items, next_cursor })
    }
}
