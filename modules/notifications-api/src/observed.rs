//! The contract with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use cleave_core::{Context, Page};
use cleave_rest::Calls;

use crate::{ListNotifications, Notification, Notifications, NotificationsError};

/// Hands every call to [`Calls`] on its way to another [`Notifications`], whichever link that one stands for.
pub struct ObservedNotifications {
    inner: Rc<dyn Notifications>,
    calls: Calls,
}

impl ObservedNotifications {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Notifications>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Notifications for ObservedNotifications {
    async fn list_notifications(
        &self,
        context: &Context,
        request: ListNotifications,
    ) -> Result<Page<Notification>, NotificationsError> {
        self.calls
            .observe("list_notifications", context, self.inner.list_notifications(context, request))
            .await
    }
}
