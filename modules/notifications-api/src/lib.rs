//! The contract of the notifications: what we told you.
//!
//! Nobody asks for a notification: the module reacts to what accounts and orders tell. So it may be away for a while, and nothing
//! but the news is late.

mod error;
mod model;
mod observed;
pub mod rest;

use async_trait::async_trait;
use cleave_core::{Context, Page};

pub use error::NotificationsError;
pub use model::{ListNotifications, Notification, NotificationId, NotificationKind};
pub use observed::ObservedNotifications;

/// What the notifications promise. All of it is published.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait(?Send)]
pub trait Notifications {
    /// A page of what the caller was told, newest first.
    async fn list_notifications(
        &self,
        context: &Context,
        request: ListNotifications,
    ) -> Result<Page<Notification>, NotificationsError>;
}
