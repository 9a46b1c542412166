//! The same utilisation: how long requests wait where the servers' processors are as busy as another topology's.
//!
//! No rate makes two topologies equally busy without knowing first what a request costs in each, so nothing is asked for it: a share of the
//! processors' time lies between two rates that were tried, and so does the latency there.

use super::{Level, LoadCurves, Trial};
use crate::statistics::{Ratio, paired_ratio};

/// The shares of the processors' time at which topologies are told beside each other: calm, and where waiting begins.
pub(crate) const SHARES: [f64; 2] = [0.25, 0.5];

/// The share of the time of so many processors that all processes of a deployment ran; none where it was not measured.
fn busy(rate: f64, cpu_us_per_request: Option<f64>, processors: usize) -> Option<f64> {
    Some(rate * cpu_us_per_request.filter(|_| processors > 0)? / 1e6 / processors as f64)
}

impl Level {
    /// The share of the processors' time that was used at this rate.
    pub(crate) fn busy(&self, processors: usize) -> Option<f64> {
        busy(self.rate, self.cpu_us_per_request, processors)
    }
}

impl LoadCurves {
    /// The median latency of one topology over another's where both use this share of the processors' time, paired by round.
    pub(crate) fn ratio_at(&self, share: f64, processors: usize, over: &str, under: &str) -> Option<Ratio> {
        let rounds = |label: &str| {
            let trials = self.topologies.get(label).map(|curve| &curve.trials)?;
            Some(trials.iter().map(move |trials| p50_us_at(trials, share, processors)))
        };
        let pairs = rounds(over)?.zip(rounds(under)?);
        paired_ratio(&pairs.filter_map(|(over, under)| over.zip(under)).collect::<Vec<_>>())
    }
}

/// Straight between the last rate that uses less and the first that uses as much; none where one of them was not tried, for nobody knows how a
/// line would go on.
fn p50_us_at(trials: &[Trial], share: f64, processors: usize) -> Option<f64> {
    let mut points = trials
        .iter()
        .filter_map(|trial| Some((busy(trial.rate, trial.cpu_us_per_request, processors)?, trial.p50_us?)))
        .collect::<Vec<_>>();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let above = points.partition_point(|(busy, _)| *busy < share);
    let (low, high) = (points.get(above.checked_sub(1)?)?, points.get(above)?);
    let place = (share - low.0) / (high.0 - low.0);
    Some((low.1.ln() + (high.1.ln() - low.1.ln()) * place).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{LoadCurve, LoadSettings};

    /// Waits `calm_us` when idle, and twice as long for each half of one processor that is in use.
    fn curve(cpu_us: f64, calm_us: f64) -> LoadCurve {
        let trial = |rate: f64| {
            let busy = rate * cpu_us / 1e6;
            Trial {
                rate,
                requests: 100,
                errors: 0,
                p50_us: Some(calm_us * 2_f64.powf(busy * 2.0)),
                p99_us: None,
                cpu_us_per_request: Some(cpu_us),
                late: 0,
                held: true,
            }
        };
        // Bisection tries rates that do not rise.
        let trials = [500.0, 1_000.0, 2_000.0, 4_000.0, 3_000.0].map(trial).to_vec();
        LoadCurve { trials: vec![trials; 3], ..LoadCurve::default() }
    }

    fn curves() -> LoadCurves {
        let topologies =
            [("cheap", curve(100.0, 50.0)), ("dear", curve(200.0, 75.0)), ("idle", curve(1.0, 50.0))];
        let topologies = topologies.map(|(label, curve)| (label.to_owned(), curve)).into_iter().collect();
        LoadCurves { settings: LoadSettings::default(), journey: "page".to_owned(), topologies }
    }

    #[test]
    fn latencies_are_compared_where_the_processors_are_equally_busy_and_not_where_rates_are_equal() {
        for share in [0.15, 0.2, 0.35] {
            let ratio = curves().ratio_at(share, 1, "dear", "cheap").expect("both were that busy");
            assert!((ratio.value - 1.5).abs() < 1e-9, "at {share}: {ratio:?}");
        }
    }

    #[test]
    fn a_share_beyond_what_was_tried_is_not_guessed() {
        assert_eq!(curves().ratio_at(0.5, 1, "idle", "cheap"), None, "it was never that busy");
        assert_eq!(curves().ratio_at(0.01, 1, "dear", "cheap"), None, "nor that calm");
        assert_eq!(
            curves().ratio_at(0.2, 0, "dear", "cheap"),
            None,
            "nobody knows how many processors there are"
        );
    }
}
