//! Latencies, counted: exact to 0.1 %, mergeable, small.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies of one phase, or of many merged.
///
/// A thin skin over the HDR histogram, which holds nanoseconds here with three significant digits; percentiles of several phases
/// come from the merged counts and are never averaged.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Histogram<u64>);

/// Longer latencies count as this one; the timeout of a request is far below.
const HIGHEST_NS: u64 = 600_000_000_000;

/// A quantile of fewer samples beyond it than this is an anecdote.
pub(crate) const ENOUGH_BEYOND: u64 = 10;

impl Latencies {
    pub(crate) fn new() -> Self {
        Self(Histogram::new_with_bounds(1, HIGHEST_NS, 3).expect("constant bounds that the crate accepts"))
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(HIGHEST_NS));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("equal bounds");
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency in µs that the share `quantile` of the samples does not exceed; none of no samples.
    pub(crate) fn quantile_us(&self, quantile: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.0.value_at_quantile(quantile) as f64 / 1000.0)
    }

    /// The longest latency in µs; none of no samples.
    pub(crate) fn max_us(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.0.max() as f64 / 1000.0)
    }

    /// Whether at least [`ENOUGH_BEYOND`] samples lie beyond the quantile.
    pub(crate) fn carries(&self, quantile: f64) -> bool {
        self.count() as f64 * (1.0 - quantile) + 1e-6 >= ENOUGH_BEYOND as f64
    }

    /// What [`Self::compact`] gave.
    pub(crate) fn of_recorded(recorded: &[(f64, u64)]) -> Self {
        let mut latencies = Self::new();
        for (us, count) in recorded {
            latencies.0.saturating_record_n((us * 1_000.0).round() as u64, *count);
        }
        latencies
    }

    /// Every recorded value in µs with its count, rising.
    pub(crate) fn compact(&self) -> Vec<(f64, u64)> {
        self.0
            .iter_recorded()
            .map(|point| (point.value_iterated_to() as f64 / 1000.0, point.count_at_value()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_us(values: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::new();
        for value in values {
            latencies.record(Duration::from_micros(value));
        }
        latencies
    }

    #[test]
    fn percentiles_of_a_merge_are_those_of_all_samples() {
        let mut merged = of_us(1..=500);
        merged.merge(&of_us(501..=1000));
        let p99 = merged.quantile_us(0.99).expect("samples");
        assert!((p99 / 990.0 - 1.0).abs() < 0.002, "{p99}");
        assert_eq!(merged.compact().iter().map(|(_, count)| count).sum::<u64>(), 1000);
    }

    #[test]
    fn a_quantile_needs_ten_samples_beyond_it() {
        assert!(of_us(1..=1000).carries(0.99));
        assert!(!of_us(1..=999).carries(0.99));
    }

    #[test]
    fn nothing_recorded_is_not_zero() {
        assert_eq!(Latencies::new().quantile_us(0.5), None);
        assert_eq!(Latencies::new().max_us(), None);
    }

    #[test]
    fn what_was_written_compactly_is_read_as_what_it_was() {
        let mut latencies = Latencies::new();
        for us in [12, 140, 141, 9_999, 1_234_567] {
            latencies.record(Duration::from_micros(us));
            latencies.record(Duration::from_micros(us));
        }
        let again = Latencies::of_recorded(&latencies.compact());
        assert_eq!(again.compact(), latencies.compact());
        assert_eq!((again.count(), again.quantile_us(0.5)), (10, latencies.quantile_us(0.5)));
    }
}
