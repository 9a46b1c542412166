//! The way of a request to its server and that of the answer back: from one process's stamp to another's, on the clock that they share.

use std::time::Instant;

use cleave_timing::{header, moments};
use serde::{Deserialize, Serialize};

/// What a client waited outside of what its answer tells. The two and the parts of the answer are all of its time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Ways {
    /// From before the client wrote until the server had the first bytes: the kernel, and the waking of the server, in µs.
    pub in_us: f64,
    /// From the moment at which the answer tells its time until the client had its last byte: writing the answer, the kernel, and the
    /// waking of the client, in µs.
    pub out_us: f64,
}

/// When a client began to write a request, and when it had all of its answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Waited {
    pub(super) sent: Instant,
    pub(super) received: Instant,
}

/// One request as it was seen, for whoever wants to check the sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When the client began to write, in ns of the machine's monotonic clock.
    pub sent_ns: u64,
    /// When it had all of the answer.
    pub received_ns: u64,
    /// The answer's `Server-Timing`, with its own two moments behind `total` where it told them.
    pub server_timing: String,
    /// The echo beside it, in µs.
    pub echo_us: f64,
}

impl Ways {
    /// None where the answer does not say when it was made, or says what cannot be true on the clock of who asked: then the two do not
    /// share one.
    pub(super) fn of(waited: Waited, server_timing: &str) -> Option<Self> {
        let told = header::moments(server_timing)?;
        let passed_us = |from: u64, to: u64| Some(to.checked_sub(from)? as f64 / 1_000.0);
        let (sent, received) = (moments::nanos(waited.sent), moments::nanos(waited.received));
        told.told_ns.checked_sub(told.begun_ns)?;
        Some(Self { in_us: passed_us(sent, told.begun_ns)?, out_us: passed_us(told.told_ns, received)? })
    }

    /// Both of them.
    pub fn sum_us(self) -> f64 {
        self.in_us + self.out_us
    }

    /// The means of several; none where there is one that nobody knows.
    pub(super) fn mean(all: impl ExactSizeIterator<Item = Option<Self>>) -> Option<Self> {
        let count = all.len().max(1) as f64;
        let all = all.collect::<Option<Vec<_>>>()?;
        let mean = |of: fn(&Self) -> f64| all.iter().map(of).sum::<f64>() / count;
        (!all.is_empty()).then(|| Self { in_us: mean(|ways| ways.in_us), out_us: mean(|ways| ways.out_us) })
    }
}

impl Sample {
    pub(super) fn of(waited: Waited, server_timing: &str, echo_us: f64) -> Self {
        Self {
            sent_ns: moments::nanos(waited.sent),
            received_ns: moments::nanos(waited.received),
            server_timing: server_timing.to_owned(),
            echo_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn waited() -> (Waited, u64) {
        let sent = Instant::now();
        (Waited { sent, received: sent + Duration::from_micros(100) }, moments::nanos(sent))
    }

    #[test]
    fn the_ways_and_what_lies_between_them_are_all_that_the_client_waited() {
        let (waited, sent_ns) = waited();
        let value = format!("total;dur=0.07;begun={};told={}", sent_ns + 20_000, sent_ns + 90_000);
        assert_eq!(Ways::of(waited, &value), Some(Ways { in_us: 20.0, out_us: 10.0 }));
    }

    #[test]
    fn clocks_that_are_not_the_same_measure_no_way() {
        let (waited, sent_ns) = waited();
        let told = |begun: u64, told: u64| format!("total;dur=0.07;begun={begun};told={told}");
        let hour_ns = 3_600_000_000_000;
        for (begun, until) in [
            (sent_ns - 1, sent_ns + 90_000),
            (sent_ns + 20_000, sent_ns + 100_001),
            (sent_ns + hour_ns, sent_ns + hour_ns + 70_000),
            (sent_ns + 90_000, sent_ns + 20_000),
        ] {
            assert_eq!(Ways::of(waited, &told(begun, until)), None, "{begun} {until}");
        }
        assert_eq!(Ways::of(waited, "total;dur=0.07"), None);
    }

    #[test]
    fn one_way_that_nobody_knows_leaves_no_mean() {
        let known = Some(Ways { in_us: 1.0, out_us: 3.0 });
        let other = Some(Ways { in_us: 3.0, out_us: 5.0 });
        assert_eq!(Ways::mean([known, other].into_iter()), Some(Ways { in_us: 2.0, out_us: 4.0 }));
        assert_eq!(Ways::mean([known, None].into_iter()), None);
        assert_eq!(Ways::mean([].into_iter()), None);
    }
}
