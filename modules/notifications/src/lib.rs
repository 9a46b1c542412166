//! The notifications: what customers are told, and the e-mails that tell them.
//!
//! The module reacts to what accounts and orders tell (`reactions.rs`): a notification, and an e-mail in a queue, in the
//! transaction that also stores how far the module has come; so each event is told of once. The queue is emptied by
//! [`LocalNotifications::send_emails`], which whoever composes the store calls every [`Settings::send_interval`]: an e-mail is
//! sent at least once, and always under the same message id, by which mail programs know a repetition.
//!
//! It knows no HTTP: the adapter stands in `notifications_api::rest`. Start at `reactions.rs`, go on to `local.rs`, `emails.rs`
//! and `mailer.rs` (a folder, or SMTP).

pub mod audit;
mod emails;
mod local;
mod mailer;
mod reactions;
mod store;
#[cfg(test)]
mod tests;

use std::num::NonZeroU64;
use std::time::Duration;

use cleave_db::{Migration, Migrations};
use serde::Deserialize;

pub use local::{LocalNotifications, Post};
pub use mailer::{MailPlace, MailUrlError};
pub use reactions::{TellOfAccounts, TellOfOrders};

/// The history of the notifications' tables.
pub const MIGRATIONS: Migrations = Migrations(&[
    Migration {
        version: 1,
        name: "notifications_emails",
        sql: include_str!("../../../migrations/notifications/0001_notifications_emails.sql"),
    },
    Migration { version: 2, name: "consumer", sql: cleave_events::CONSUMER_SQL },
    Migration {
        version: 3,
        name: "notifications_in_order",
        sql: include_str!("../../../migrations/notifications/0003_notifications_in_order.sql"),
    },
    Migration { version: 4, name: "consumer_holder", sql: cleave_events::CONSUMER_HOLDER_SQL },
]);

/// What can be set: the section `notifications` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where e-mails go: `file:FOLDER`, or `smtp://HOST:PORT`. `{data_dir}` is filled in by who composes the store.
    pub mail: String,
    /// Who sends them.
    pub from: String,
    /// How often the queue is looked at, in milliseconds.
    pub send_interval_ms: NonZeroU64,
}

impl Settings {
    /// How often to call [`LocalNotifications::send_emails`].
    pub fn send_interval(&self) -> Duration {
        Duration::from_millis(self.send_interval_ms.get())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mail: "file:{data_dir}/mail".to_owned(),
            from: "Cleave <store@cleave.example>".to_owned(),
            send_interval_ms: const { NonZeroU64::new(1_000).expect("not zero") },
        }
    }
}
