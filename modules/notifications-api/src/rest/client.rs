//! The client half: [`Notifications`] that are somewhere else.

use async_trait::async_trait;
use cleave_core::{Context, Page};
use cleave_rest::Peer;

use super::paths;
use crate::{ListNotifications, Notification, Notifications, NotificationsError};

/// The notifications behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteNotifications(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Notifications for RemoteNotifications {
    async fn list_notifications(
        &self,
        context: &Context,
        request: ListNotifications,
    ) -> Result<Page<Notification>, NotificationsError> {
        self.0.get(context, &paths::notifications(&request)).await
    }
}
