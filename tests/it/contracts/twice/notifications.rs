//! The notifications.

use async_trait::async_trait;
use cleave_core::{Context, Page};
use notifications_api::{ListNotifications, Notification, Notifications, NotificationsError};

use super::{Twice, same};

#[async_trait(?Send)]
impl Notifications for Twice<dyn Notifications> {
    async fn list_notifications(
        &self,
        context: &Context,
        request: ListNotifications,
    ) -> Result<Page<Notification>, NotificationsError> {
        same(async || self.0.list_notifications(context, request.clone()).await).await
    }
}
