//! What lies between processes.

use std::time::Duration;

use cleave_rest::RoundTrip;
use serde::Deserialize;

use super::Objection;

/// What lies between processes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSettings {
    /// How long a request and its answer are under way together, beside what this machine needs; 0 adds nothing.
    pub round_trip_ms: f64,
}

/// More than half of the earth away.
const LONGEST_MS: f64 = 1_000.0;

impl LinkSettings {
    /// By how much each call to another process is delayed; none where it is not.
    pub fn round_trip(&self) -> Option<Duration> {
        (self.round_trip_ms > 0.0).then(|| Duration::from_secs_f64(self.round_trip_ms / 1_000.0))
    }

    pub(super) fn check(&self) -> Result<(), Objection> {
        check_round_trip_ms(self.round_trip_ms).map_err(|reason| ("links.round_trip_ms", reason))
    }
}

/// Whether calls can be delayed by so much; if not, why not.
pub fn check_round_trip_ms(round_trip_ms: f64) -> Result<(), String> {
    if !(0.0..=LONGEST_MS).contains(&round_trip_ms) {
        return Err(format!("write 0 to {LONGEST_MS} milliseconds, such as 0.25"));
    }
    if round_trip_ms > 0.0 && !RoundTrip::IS_SUPPORTED {
        return Err("only on Linux are there timers that are precise enough: write 0".to_owned());
    }
    Ok(())
}
