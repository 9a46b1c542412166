//! Topologies at several distances that nobody measured, whose round trips are known.

use crate::dice::Dice;
use crate::overshoot::Overshoot;
use crate::results::{Block, BlockCell, ByName, Cell, Round};
use crate::round_trip::{RoundTrip, RoundTripSettings};
use crate::series::Series;

use super::normal;

/// Journeys that make a known number of sequential round trips.
#[derive(Debug, Clone)]
pub(crate) struct Distance {
    pub(crate) rounds: usize,
    /// Each with its topologies, all of which have every journey, and what it makes there.
    pub(crate) journeys: Vec<(&'static str, Vec<(&'static str, f64)>)>,
    /// By how much longer than asked each call is delayed, in µs.
    pub(crate) overshoot_us: f64,
    /// Deviation of the logarithm of what is not delay; so much again is shared by all that is measured in a round.
    pub(crate) noise: f64,
    /// How likely a measurement is hit by something that has nothing to do with it, and takes 100 µs longer.
    pub(crate) burst: f64,
}

impl Default for Distance {
    fn default() -> Self {
        let journeys = vec![("list", vec![("mono", 0.0), ("a | b", 1.0)])];
        Self { rounds: 5, journeys, overshoot_us: 40.0, noise: 0.03, burst: 0.0 }
    }
}

/// What an answer takes beside its delays.
const WORK_US: f64 = 200.0;
const REQUESTS: u64 = 300;

impl Distance {
    pub(crate) fn measured(&self, dice: &mut Dice) -> RoundTrip {
        let settings = RoundTripSettings::usual(self.rounds);
        let topologies = self.journeys[0].1.iter().map(|(topology, _)| (*topology).to_owned());
        let topologies = topologies.collect::<Vec<_>>();
        let label = |topology: &str, round_trip_ms: f64| format!("{topology} at {round_trip_ms} ms");
        let mut labels = Vec::new();
        for topology in &topologies {
            labels
                .extend(settings.round_trips_ms.iter().map(|round_trip_ms| label(topology, *round_trip_ms)));
        }
        let mut rounds = Vec::new();
        for _ in 0..self.rounds {
            let shared = (self.noise * normal(dice)).exp();
            let mut blocks: ByName<Block> = labels.iter().map(|label| (label.clone(), block())).collect();
            for (journey, makes) in &self.journeys {
                for (topology, round_trips) in makes {
                    for round_trip_ms in &settings.round_trips_ms {
                        let cell = self.cell(dice, shared, *round_trips, *round_trip_ms);
                        let block = blocks.entry(label(topology, *round_trip_ms)).or_insert_with(block);
                        block.journeys.insert((*journey).to_owned(), cell);
                    }
                }
            }
            rounds.push(Round { order: labels.clone(), blocks });
        }
        let cells = |journey: &str| {
            let cell = |label: &String| (label.clone(), self.over_rounds(&rounds, journey, label));
            labels.iter().map(cell).collect::<ByName<_>>()
        };
        let journeys = self.journeys.iter().map(|(journey, _)| ((*journey).to_owned(), cells(journey)));
        let journeys = journeys.collect();
        let series = Series { settings: settings.series, labels, journeys, rounds };
        RoundTrip::of(settings, &topologies, series)
    }

    fn cell(&self, dice: &mut Dice, shared: f64, round_trips: f64, round_trip_ms: f64) -> BlockCell {
        let is_delayed = round_trip_ms > 0.0;
        let delay_us = if is_delayed { round_trip_ms * 1_000.0 + self.overshoot_us } else { 0.0 };
        let hit_us = if dice.unit() < self.burst { 100.0 } else { 0.0 };
        let work_us = WORK_US * (1.0 + round_trips) * shared * (self.noise * normal(dice)).exp();
        let calls = (REQUESTS as f64 * round_trips) as u64;
        BlockCell {
            requests: REQUESTS,
            errors: 0,
            paced_seconds: 0.6,
            counted_seconds: 0.6,
            accepted: REQUESTS,
            p50_us: Some(work_us + hit_us + round_trips * delay_us),
            p99_us: None,
            cpu_us_per_request: None,
            settled_ms: None,
            // Half of the calls are longer by less than that and half by more.
            delay_overshoot: is_delayed
                .then(|| Overshoot::of([(self.overshoot_us - 1.0, 0), (self.overshoot_us + 1.0, calls)])),
            capacity_rps: None,
            capacity_errors: 0,
            late: 0,
            queued: 0,
            void: false,
        }
    }

    fn over_rounds(&self, rounds: &[Round], journey: &str, label: &str) -> Cell {
        let p50_us = rounds.first().and_then(|round| round.blocks.get(label)?.journeys.get(journey)?.p50_us);
        Cell {
            requests: REQUESTS * self.rounds as u64,
            errors: 0,
            offered_rps: None,
            achieved_rps: None,
            settled_ms: None,
            capacity_rps: None,
            capacity_errors: 0,
            p50_us,
            p99_us: None,
            p99_carries: false,
            cpu_us_per_request: None,
            cpu_us_per_request_by_service: ByName::new(),
            void_rounds: 0,
        }
    }
}

fn block() -> Block {
    Block {
        began_seconds: 0.0,
        start_ms: Some(10.0),
        memory_pss_idle_kib: None,
        memory_pss_kib: None,
        processes: Vec::new(),
        journeys: ByName::new(),
    }
}
