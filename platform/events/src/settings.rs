//! Where the log is, and the pace of relays and consumers.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use serde::Deserialize;

/// What can be set: the section `events` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The NATS that keeps the log, `nats://USER:PASSWORD@HOST:PORT`; empty where the role `events` does.
    pub url: String,
    /// How many servers of a NATS cluster keep each event.
    pub replicas: NonZeroU32,
    /// How often relays look for events of which nobody has told them, in milliseconds.
    pub poll_interval_ms: NonZeroU64,
    /// How long a consumer lets the event log wait for something new, in milliseconds.
    pub long_poll_ms: NonZeroU64,
    /// How long events may wait for the process of a module that applies them before another one of its processes takes over, in
    /// milliseconds.
    pub lease_ms: NonZeroU64,
    /// The most events of one step.
    pub batch: NonZeroU32,
    /// What the log does not keep for ever.
    pub retention: RetentionSettings,
}

/// How long the log keeps an event that every registered consumer has read, and how many bytes of them: the section
/// `events.retention`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSettings {
    /// How old an event of the log may be, in seconds; 0 for any age.
    pub max_age_seconds: u64,
    /// How many bytes a topic may have; 0 for any number.
    pub max_bytes: u64,
    /// How often it is looked after, in milliseconds.
    pub interval_ms: NonZeroU64,
}

impl RetentionSettings {
    /// Whether anything is ever cut.
    pub fn is_on(&self) -> bool {
        self.max_age_seconds > 0 || self.max_bytes > 0
    }
}

impl Default for RetentionSettings {
    fn default() -> Self {
        let interval_ms = const { NonZeroU64::new(60_000).expect("not zero") };
        Self { max_age_seconds: 0, max_bytes: 0, interval_ms }
    }
}

impl Settings {
    pub(crate) fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms.get())
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms.get())
    }

    pub(crate) fn long_poll(&self) -> Duration {
        Duration::from_millis(self.long_poll_ms.get())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: String::new(),
            replicas: NonZeroU32::MIN,
            poll_interval_ms: const { NonZeroU64::new(1_000).expect("not zero") },
            long_poll_ms: const { NonZeroU64::new(5_000).expect("not zero") },
            lease_ms: const { NonZeroU64::new(2_000).expect("not zero") },
            batch: const { NonZeroU32::new(500).expect("not zero") },
            retention: RetentionSettings::default(),
        }
    }
}
