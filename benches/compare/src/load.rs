//! Latency against load: the same absolute rates for all topologies, up to the highest at which an objective holds.
//!
//! A round starts each topology afresh and raises the rate level by level until one does not hold, twice; the highest rate that holds is then
//! sought between the last two by bisection, and measured once more before it counts. The load is open at every level: requests come
//! when the schedule says so, and a latency counts from there.

mod rates;
mod sweep;
mod utilisation;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::dice::Dice;
use crate::error::CompareError;
use crate::histogram::Latencies;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::results::ByName;
use crate::settings::Settings;
use crate::statistics::{Ratio, median};
use crate::subject::Subject;

pub(crate) use rates::Rates;
pub use sweep::Trial;
use sweep::{Measured, Sweep};
pub(crate) use utilisation::SHARES;

/// How latency against load is measured. Times are in seconds where the name does not say otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadSettings {
    /// The rates in requests a second, rising; all topologies meet them until one does not hold, twice.
    pub rates: Vec<f64>,
    /// How long each rate lasts.
    pub level_seconds: f64,
    /// Discarded load after each start: the closed loop.
    pub warm_up_seconds: f64,
    /// Every topology is started so many times. Fewer than three give no interval.
    pub rounds: usize,
    /// A rate holds where the 99th percentile is not above this, in ms,
    pub objective_p99_ms: f64,
    /// and no larger share of the requests fails.
    pub objective_error_share: f64,
    /// How often the gap between the last rate that holds and the first that does not is halved.
    pub bisections: usize,
}

impl Default for LoadSettings {
    fn default() -> Self {
        Self {
            rates: (0..7).map(|doubled| 250.0 * f64::from(1 << doubled)).collect(),
            level_seconds: 0.8,
            warm_up_seconds: 0.3,
            rounds: 3,
            objective_p99_ms: 50.0,
            objective_error_share: 0.001,
            bisections: 3,
        }
    }
}

impl LoadSettings {
    /// About how long so many topologies take.
    pub(crate) fn seconds(&self, topologies: usize) -> f64 {
        /// A start, an end, a copy of the data.
        const AROUND_SECONDS: f64 = 0.4;
        /// Preparation, what waits at the end of a level that does not hold, coming to rest.
        const BESIDE_LEVEL_SECONDS: f64 = 0.1;
        // Two more: the first rate that does not hold, again, and the rate that was found.
        let levels = self.rates.len() + self.bisections + 2;
        let sweep = levels as f64 * (self.level_seconds + BESIDE_LEVEL_SECONDS);
        (AROUND_SECONDS + self.warm_up_seconds + sweep) * (topologies * self.rounds) as f64
    }
}

/// Latency against load, as it stands in `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadCurves {
    /// How it was measured.
    pub settings: LoadSettings,
    /// What was asked.
    pub journey: String,
    /// By topology.
    pub topologies: ByName<LoadCurve>,
}

/// One topology under rising load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadCurve {
    /// The rates of the settings that were reached, rising.
    pub levels: Vec<Level>,
    /// By round: the highest rate that held, twice; none where not even the lowest did.
    pub holds_rps: Vec<Option<f64>>,
    /// By round: all that was tried, in that order.
    pub trials: Vec<Vec<Trial>>,
}

/// One rate, over all rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Requests a second that were due.
    pub rate: f64,
    /// Rounds in which it was tried.
    pub rounds: usize,
    /// Rounds in which the objective held.
    pub held: usize,
    /// All requests.
    pub requests: u64,
    /// Those that failed.
    pub errors: u64,
    /// From the merged histogram.
    pub p50_us: Option<f64>,
    /// From the merged histogram.
    pub p99_us: Option<f64>,
    /// Whether at least ten samples lie beyond p99.
    pub p99_carries: bool,
    /// CPU time of all processes per request, median over rounds.
    pub cpu_us_per_request: Option<f64>,
}

impl LoadCurves {
    /// Measures; `note` hears what begins and how many sweeps are done.
    pub(crate) fn measure(
        plan: &LoadSettings,
        topologies: &[&dyn Subject],
        journey: &dyn Journey,
        settings: &Settings,
        cpu_sets: &CpuSets,
        interruption: &Interruption,
        mut note: impl FnMut(&str, usize),
    ) -> Result<Self, CompareError> {
        let mut measured: ByName<Vec<Measured>> = ByName::new();
        let mut done = 0;
        for round in 0..plan.rounds {
            let mut order = topologies.to_vec();
            Dice::new(settings.seed, &[crate::block::purpose::LOAD, round as u64]).shuffle(&mut order);
            for subject in order {
                if interruption.is_wanted() {
                    break;
                }
                let label = subject.label();
                let round = round as u64;
                let sweep = Sweep { plan, subject, journey, settings, cpu_sets, interruption, round };
                let one = sweep.run(&mut |what| note(&format!("{label}, {what}"), done))?;
                measured.entry(label.to_owned()).or_default().push(one);
                done += 1;
            }
        }
        let curve = |rounds: &Vec<Measured>| LoadCurve::of(plan, rounds);
        let topologies = measured.iter().map(|(label, rounds)| (label.clone(), curve(rounds))).collect();
        Ok(Self { settings: plan.clone(), journey: journey.name().to_owned(), topologies })
    }

    /// The highest rate that holds, of one topology over another, paired by round; the interval has the gap of the bisections in it. None
    /// where a round found no rate that holds, or none that does not.
    pub fn ratio(&self, over: &str, under: &str) -> Option<Ratio> {
        self.rates(over)?.over(&self.rates(under)?).together()
    }

    /// What the rounds of a topology have found.
    pub(crate) fn rates(&self, label: &str) -> Option<Rates> {
        self.topologies.get(label).map(Rates::of)
    }
}

impl LoadCurve {
    fn of(plan: &LoadSettings, rounds: &[Measured]) -> Self {
        let level = |rate: &f64| {
            let tried = rounds.iter().filter_map(|round| {
                let trials = round.trials.iter().zip(&round.latencies);
                // One that did not hold and was tried again counts as it was then.
                trials
                    .filter(|(trial, _)| trial.rate.total_cmp(rate).is_eq())
                    .min_by_key(|(trial, _)| !trial.held)
            });
            let tried = tried.collect::<Vec<_>>();
            let mut latencies = Latencies::new();
            for (_, one) in &tried {
                latencies.merge(one);
            }
            let sum = |value: fn(&Trial) -> u64| tried.iter().map(|(trial, _)| value(trial)).sum();
            (!tried.is_empty()).then(|| Level {
                rate: *rate,
                rounds: tried.len(),
                held: tried.iter().filter(|(trial, _)| trial.held).count(),
                requests: sum(|trial| trial.requests),
                errors: sum(|trial| trial.errors),
                p50_us: latencies.quantile_us(0.5),
                p99_us: latencies.quantile_us(0.99),
                p99_carries: latencies.carries(0.99),
                cpu_us_per_request: median(tried.iter().filter_map(|(trial, _)| trial.cpu_us_per_request)),
            })
        };
        Self {
            levels: plan.rates.iter().filter_map(level).collect(),
            holds_rps: rounds.iter().map(|round| round.holds_rps).collect(),
            trials: rounds.iter().map(|round| round.trials.clone()).collect(),
        }
    }

    /// The highest rate that held, median over the rounds; none where there were rounds in which none did.
    pub fn highest_rps(&self) -> Option<f64> {
        median(self.holds_rps.iter().copied().collect::<Option<Vec<_>>>()?)
    }
}

#[cfg(test)]
mod tests;
