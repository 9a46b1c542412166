//! The use cases.

use std::sync::Arc;

use async_trait::async_trait;
use cleave_core::{
    Caller, Clock, Context, ContractError as _, DEFAULT_PAGE_SIZE, InvalidCursor, MAX_PAGE_SIZE, Page,
};
use cleave_db::{Database, failure_of};
use lettre::message::Mailbox;
use notifications_api::{ListNotifications, Notification, NotificationId, Notifications, NotificationsError};

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
        let refuse_cursor = || refuse("cursor", InvalidCursor.to_string());
        let after = match request.cursor.as_deref().map(str::parse::<NotificationId>) {
            None => None,
            Some(Ok(last_seen)) => Some(last_seen),
            Some(Err(_)) => return refuse_cursor(),
        };
        // One more than the page has tells whether there is a next page.
        let found = store::notifications(&self.database, account_id, after, i64::from(limit) + 1)
            .await
            .map_err(|error| NotificationsError::from_failure(failure_of("notifications", &error)))?;
        // A cursor of ours leads to something: nobody takes a notification away.
        if found.is_empty() && after.is_some() {
            return refuse_cursor();
        }
        let page_size = usize::try_from(limit).unwrap_or(usize::MAX);
        let next_cursor = (found.len() > page_size).then(|| found[page_size - 1].id.to_string());
        let items = found.into_iter().take(page_size).collect();
        Ok(Page { items, next_cursor })
    }
}
