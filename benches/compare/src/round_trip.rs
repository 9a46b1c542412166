//! How latencies grow with the *round-trip time* between processes.
//!
//! Loopback has next to none. So every topology is put at several distances, at which each call between its processes is delayed, and
//! all of them take turns. What the median latency grows by for each millisecond of distance is the number of round trips that a
//! journey makes one after the other, whatever this machine adds to each.

mod line;
mod words;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::overshoot::Overshoot;
use crate::phases::{Cells, Phases};
use crate::results::ByName;
use crate::series::{Series, SeriesSettings};
use crate::settings::Settings;
use crate::subject::Subject;

pub use line::{Line, Point};
pub(crate) use words::{in_a_sentence, sentences};

/// How the influence of the round-trip time is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundTripSettings {
    /// The round-trip times between processes in ms, rising; two at least.
    pub round_trips_ms: Vec<f64>,
    /// How every topology is measured at each of them; without a capacity.
    pub series: SeriesSettings,
}

impl RoundTripSettings {
    /// The round-trip times where nobody names others: one machine, one data centre, two of a region.
    pub const USUAL_MS: [f64; 3] = [0.0, 0.25, 1.0];

    /// The usual ones, in so many rounds.
    pub fn usual(rounds: usize) -> Self {
        let phases = Phases { warm_up_seconds: 0.1, paced_seconds: 0.35, capacity_seconds: 0.0 };
        Self { round_trips_ms: Self::USUAL_MS.to_vec(), series: SeriesSettings { rounds, phases } }
    }

    /// About how long it takes for so many topologies.
    pub(crate) fn seconds(&self, topologies: usize, journeys: Cells) -> f64 {
        self.series.seconds(topologies * self.round_trips_ms.len(), journeys)
    }
}

impl Default for RoundTripSettings {
    fn default() -> Self {
        Self::usual(4)
    }
}

/// The median latencies of every topology at every round-trip time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundTrip {
    /// How it was measured.
    pub settings: RoundTripSettings,
    /// By journey and topology.
    pub journeys: ByName<ByName<Line>>,
    /// By topology: how precise the delay was, at each round-trip time of which there were calls.
    pub delays: ByName<Vec<Delay>>,
    /// The raw numbers; its subjects are the topologies at each round-trip time.
    pub series: Series,
}

/// How precise the delay of calls was that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// What was asked for.
    pub round_trip_ms: f64,
    /// Calls between processes in all paced phases.
    pub calls: u64,
    /// By how much they were delayed longer than that.
    pub overshoot_p50_us: Option<f64>,
    /// Its 99th percentile.
    pub overshoot_p99_us: Option<f64>,
}

impl RoundTrip {
    /// Measures topologies, fewer rounds where it is interrupted; `note` hears what begins, with how many rounds are done.
    pub(crate) fn measure(
        plan: &RoundTripSettings,
        topologies: &[&dyn Subject],
        journeys: &[&dyn Journey],
        settings: &Settings,
        cpu_sets: &CpuSets,
        interruption: &Interruption,
        note: impl FnMut(&str, usize),
    ) -> Result<Self, CompareError> {
        if plan.round_trips_ms.len() < 2 {
            return Err(CompareError::Plan("one round-trip time alone shows no slope: name two".to_owned()));
        }
        let mut distant = Vec::new();
        for topology in topologies {
            for round_trip_ms in &plan.round_trips_ms {
                let cannot =
                    || CompareError::Plan(format!("{} cannot be put at a distance", topology.label()));
                distant.push(topology.at_distance(*round_trip_ms).ok_or_else(cannot)?);
            }
        }
        let subjects = distant.iter().map(AsRef::as_ref).collect::<Vec<_>>();
        let series =
            Series::measure(&subjects, journeys, plan.series, settings, cpu_sets, interruption, note)?;
        let topologies = topologies.iter().map(|topology| topology.label().to_owned());
        Ok(Self::of(plan.clone(), &topologies.collect::<Vec<_>>(), series))
    }

    /// What a series says whose subjects are these topologies, each at every round-trip time.
    pub(crate) fn of(settings: RoundTripSettings, topologies: &[String], series: Series) -> Self {
        let round_trips_ms = &settings.round_trips_ms;
        let labels = series.labels.chunks(round_trips_ms.len());
        let places = || topologies.iter().zip(labels.clone());
        let of_journey = |journey: &String| {
            places()
                .map(|(topology, labels)| {
                    let distances = round_trips_ms.iter().copied().zip(labels).collect::<Vec<_>>();
                    (topology.clone(), Line::of(&series, journey, &distances))
                })
                .collect()
        };
        let journeys = series.journeys.keys().map(|journey| (journey.clone(), of_journey(journey))).collect();
        let delays = places()
            .map(|(topology, labels)| {
                let delays = round_trips_ms.iter().zip(labels);
                let delays =
                    delays.filter_map(|(round_trip_ms, label)| delay(&series, *round_trip_ms, label));
                (topology.clone(), delays.collect())
            })
            .collect();
        Self { settings, journeys, delays, series }
    }
}

impl RoundTrip {
    /// How many round trips a journey on one of these topologies, which are all that were measured, made in each round. None where nothing may be
    /// told of it.
    pub(crate) fn slopes(&self, journey: &str, topology: &str, topologies: &[String]) -> Option<Vec<f64>> {
        self.line(journey, topology)?.round_trips?;
        let round_trips_ms = &self.settings.round_trips_ms;
        let number = topologies.iter().position(|one| one == topology)?;
        let labels = self.series.labels.chunks(round_trips_ms.len()).nth(number)?;
        let distances = round_trips_ms.iter().copied().zip(labels).collect::<Vec<_>>();
        Some(line::slopes(&self.series, journey, &distances))
    }
}

/// How precise the delay was of a subject at this distance; none where nothing was delayed.
fn delay(series: &Series, round_trip_ms: f64, label: &str) -> Option<Delay> {
    let mut overshoot = Overshoot::default();
    let blocks = series.rounds.iter().filter_map(|round| round.blocks.get(label));
    for cell in blocks.flat_map(|block| block.journeys.values()) {
        cell.delay_overshoot.iter().for_each(|of_cell| overshoot.merge(of_cell));
    }
    let [overshoot_p50_us, overshoot_p99_us] = [0.5, 0.99].map(|quantile| overshoot.quantile_us(quantile));
    let calls = overshoot.calls();
    (calls > 0).then_some(Delay { round_trip_ms, calls, overshoot_p50_us, overshoot_p99_us })
}

#[cfg(test)]
mod tests;
