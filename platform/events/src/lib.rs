//! Events: how a module tells others what has happened, without knowing them.
//!
//! ```text
//! change + event ──commit──▶ outbox ──Relay──▶ EventLog ──Consumer──▶ effect + offset
//! (the teller's database)              (append, read by offset)     (the listener's database)
//! ```
//!
//! * An [`Outbox`] numbers events as the last statements of the transaction that they tell of: the numbers are dense and in
//!   the order of the commits.
//! * A [`Relay`] copies them to the [`EventLog`] under the same numbers. It keeps no state: the log refuses a gap and ignores
//!   what it has, so a second relay or a restart neither loses nor doubles.
//! * A [`Consumer`] stores how far it has come in the transaction of the effect, by compare-and-set: each event has its effect
//!   once, with any number of replicas. What cannot be applied is put aside, and what happens later to the same entity waits
//!   behind it.
//!
//! The log is a table ([`TableLog`]), in the process of its readers or behind REST ([`rest`]). It refuses what is damaged;
//! [`rebuild()`] writes that anew from the outbox, and [`Retention`] cuts what is old or too much. Read on at `outbox.rs`,
//! `relay.rs`, `table.rs`, `consumer.rs`.

mod checksum;
mod consumer;
mod dead_letters;
mod lease;
mod log;
mod observed;
mod outbox;
mod progress;
mod reaction;
mod rebuild;
mod recorded;
mod relay;
mod replay;
pub mod rest;
mod retention;
mod settings;
mod standing;
mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

use cleave_db::{Migration, Migrations};

pub use checksum::checksum;
pub use consumer::Consumer;
pub use dead_letters::{DeadLetter, DeadLetterState};
pub use log::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    ReadRange, TopicStatus, Trim, admit,
};
pub use observed::ObservedEventLog;
pub use outbox::{Outbox, outbox_events};
pub use reaction::{Reaction, ReactionError};
pub use rebuild::{RebuildError, Rebuilt, Renew, rebuild, rebuild_whole};
pub use recorded::RecordedEvent;
pub use relay::Relay;
pub use replay::{ReplayError, Replayed};
pub use retention::Retention;
pub use settings::{RetentionSettings, Settings};
pub use table::TableLog;

/// The tables of an [`Outbox`]: a step in the history of every module that tells others of its changes.
pub const OUTBOX_SQL: &str = include_str!("../../../migrations/events/outbox.sql");

/// The tables of a [`Consumer`]: a step in the history of every module that reacts to others.
pub const CONSUMER_SQL: &str = include_str!("../../../migrations/events/consumer.sql");

/// A column for those tables, a later step in the same histories: which process of a module applies events.
pub const CONSUMER_HOLDER_SQL: &str = include_str!("../../../migrations/events/consumer_holder.sql");

/// The history of the tables of [`TableLog`].
pub const LOG_MIGRATIONS: Migrations = Migrations(&[
    Migration { version: 1, name: "log", sql: include_str!("../../../migrations/events/0001_log.sql") },
    Migration {
        version: 2,
        name: "checks trims consumers",
        sql: include_str!("../../../migrations/events/0002_checks_trims_consumers.sql"),
    },
]);
