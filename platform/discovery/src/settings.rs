//! The pace of discovery.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::Deserialize;

/// The pace of the registry and of those who follow it: the section `discovery.registry` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long an instance counts as there after its last heartbeat, in milliseconds: set for the registry.
    pub lease_ms: NonZeroU64,
    /// How often an instance says that it is there, in milliseconds; more often where the registry gives a short lease.
    pub heartbeat_ms: NonZeroU64,
    /// How long one question waits for a change, in milliseconds.
    pub long_poll_ms: NonZeroU64,
    /// How long a process that stops waits until the others have heard of it, in milliseconds.
    pub farewell_ms: u64,
}

impl Settings {
    /// The length of a lease.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms.get())
    }

    /// The time between two heartbeats.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms.get())
    }

    pub(crate) fn long_poll(&self) -> Duration {
        Duration::from_millis(self.long_poll_ms.get())
    }

    pub(crate) fn farewell(&self) -> Duration {
        Duration::from_millis(self.farewell_ms)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease_ms: const { NonZeroU64::new(5_000).expect("not zero") },
            heartbeat_ms: const { NonZeroU64::new(1_500).expect("not zero") },
            long_poll_ms: const { NonZeroU64::new(10_000).expect("not zero") },
            farewell_ms: 1_000,
        }
    }
}
