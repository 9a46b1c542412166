//! When a process began with a request and when it told of it, on a clock that all processes of a machine share.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The moments between which the parts of an answer's `Server-Timing` lie, in nanoseconds of the machine's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// When the first byte of the request had been read.
    pub begun_ns: u64,
    /// When the header was made.
    pub told_ns: u64,
}

impl Moments {
    /// Those of a stopwatch that ran between these.
    pub fn between(begun: Instant, told: Instant) -> Self {
        Self { begun_ns: nanos(begun), told_ns: nanos(told) }
    }
}

/// A moment in nanoseconds of the machine's monotonic clock. Two processes mean the same by it if they see the same clock, which
/// those of one machine do, unless somebody has given one of them a time namespace of its own.
pub fn nanos(moment: Instant) -> u64 {
    static ANCHOR: OnceLock<(Instant, Duration)> = OnceLock::new();
    let (instant, reading) = *ANCHOR.get_or_init(anchor);
    let since_boot = match moment.checked_duration_since(instant) {
        Some(later) => reading + later,
        None => reading.saturating_sub(instant - moment),
    };
    u64::try_from(since_boot.as_nanos()).unwrap_or(u64::MAX)
}

/// An `Instant` does not tell its number, so one is taken together with a reading of the clock: as closely as in the best of some tries.
#[expect(
    clippy::disallowed_methods,
    reason = "it finds out which number the system's clock has for its instants"
)]
fn anchor() -> (Instant, Duration) {
    const TRIES: usize = 16;
    let attempt = || {
        let before = Instant::now();
        let reading = clock_gettime(ClockId::Monotonic);
        let apart = before.elapsed();
        let seconds = Duration::from_secs(u64::try_from(reading.tv_sec).unwrap_or_default());
        let reading = seconds + Duration::from_nanos(u64::try_from(reading.tv_nsec).unwrap_or_default());
        (apart, before + apart / 2, reading)
    };
    let mut best = attempt();
    for _ in 1..TRIES {
        let other = attempt();
        if other.0 < best.0 {
            best = other;
        }
    }
    (best.1, best.2)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the clock itself is tested")]
mod tests {
    use super::*;

    #[test]
    fn moments_are_as_far_apart_as_their_instants_and_are_those_of_the_system() {
        let reading = || {
            let now = clock_gettime(ClockId::Monotonic);
            u64::try_from(now.tv_sec).expect("it is positive") * 1_000_000_000
                + u64::try_from(now.tv_nsec).expect("it is positive")
        };
        let (before, now, after) = (reading(), Instant::now(), reading());
        // An anchor is taken between two readings too, and is as exact as they are close.
        let slack = 1_000_000;
        assert!((before - slack..=after + slack).contains(&nanos(now)), "{before} {} {after}", nanos(now));
        for apart in [0, 1, 999, 1_000_000_007] {
            let later = now + Duration::from_nanos(apart);
            assert_eq!(nanos(later) - nanos(now), apart);
        }
        let earlier = now.checked_sub(Duration::from_secs(1)).expect("the machine runs for longer");
        assert_eq!(nanos(now) - nanos(earlier), 1_000_000_000);
    }
}
