//! The pace of relays and consumers.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use serde::Deserialize;

/// What can be set: the section `events` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How often relays look for events of which nobody has told them, in milliseconds.
    pub poll_interval_ms: NonZeroU64,
    /// How long a consumer lets the event log wait for something new, in milliseconds.
    pub long_poll_ms: NonZeroU64,
    /// The most events of one step.
    pub batch: NonZeroU32,
}

impl Settings {
    pub(crate) fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll_interval_ms.get())
    }

    pub(crate) fn long_poll(&self) -> Duration {
        Duration::from_millis(self.long_poll_ms.get())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll_interval_ms: const { NonZeroU64::new(1_000).expect("not zero") },
            long_poll_ms: const { NonZeroU64::new(5_000).expect("not zero") },
            batch: const { NonZeroU32::new(500).expect("not zero") },
        }
    }
}
