//! What was measured beside the rounds, in both results: an experiment a file.

mod attribution;
mod blast;
mod demand_step;
mod deployment;
mod ladder;
mod load;
mod rolling_release;
mod round_trip;
mod scale_out;

use serde::Serialize;

use super::compared::Compared;
use crate::results::Results;

/// One experiment in both results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExperimentDiff {
    /// What it is called.
    pub experiment: &'static str,
    /// What has to be known to read the rest: what only one of the two has, and why something is not compared.
    pub notes: Vec<String>,
    /// What has an interval.
    pub figures: Vec<Compared>,
    /// What changed of that which was seen once and has no interval.
    pub observations: Vec<Observation>,
}

/// Something that was seen once in each of the results, and not alike: no more than that is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// Whose it is.
    pub place: String,
    /// How it was in each.
    pub seen: [String; 2],
    /// Whether the second is the worse one; none where neither is.
    pub is_worse: Option<bool>,
}

/// Both results, and what may be told of them.
#[derive(Clone, Copy)]
struct Both<'a> {
    results: [&'a Results; 2],
    names: [&'a str; 2],
    /// Whether figures may be compared that are not relative to something of their own run.
    is_same_test_bed: bool,
}

/// What an experiment has found; `figures` and `observations` are empty where it is in one of the results only.
#[derive(Debug, Default)]
struct Found {
    notes: Vec<String>,
    figures: Vec<Compared>,
    observations: Vec<Observation>,
}

/// What two results say of an experiment; none where neither has it.
type Find = fn(Both<'_>) -> Option<Found>;

/// All that either has, in the order of the report.
pub(super) fn all(results: [&Results; 2], names: [&str; 2], is_same_test_bed: bool) -> Vec<ExperimentDiff> {
    let both = Both { results, names, is_same_test_bed };
    let experiments: [(&'static str, Find); 9] = [
        ("start-up and memory", deployment::found),
        ("ladder", ladder::found),
        ("latency against load", load::found),
        ("round trips", round_trip::found),
        ("where the time goes", attribution::found),
        ("blast radius", blast::found),
        ("scale-out", scale_out::found),
        ("demand step", demand_step::found),
        ("rolling release", rolling_release::found),
    ];
    let diff = |(experiment, found): (&'static str, Find)| {
        let Found { notes, figures, observations } = found(both)?;
        Some(ExperimentDiff { experiment, notes, figures, observations })
    };
    experiments.into_iter().filter_map(diff).collect()
}

impl<'a> Both<'a> {
    /// Compares what both have; what one alone has is said, and what neither has is nothing.
    fn compare<T: ?Sized + 'a>(
        self,
        of: impl Fn(&'a Results) -> Option<&'a T>,
        compare: impl FnOnce([&'a T; 2]) -> Found,
    ) -> Option<Found> {
        let only_in = |name: &str| Found { notes: vec![format!("only in {name}")], ..Found::default() };
        match self.results.map(of) {
            [Some(first), Some(second)] => Some(compare([first, second])),
            [Some(_), None] => Some(only_in(self.names[0])),
            [None, Some(_)] => Some(only_in(self.names[1])),
            [None, None] => None,
        }
    }

    /// What only one of two lists has, in words.
    fn only_in_one(self, kind: &str, lists: [&[String]; 2]) -> Vec<String> {
        let of = |here: usize, there: usize| {
            let missing = lists[here].iter().filter(move |one| !lists[there].contains(one));
            missing.map(move |one| format!("{kind} {one} is only in {}", self.names[here]))
        };
        of(0, 1).chain(of(1, 0)).collect()
    }

    fn journeys(self) -> impl Iterator<Item = &'a String> {
        let [first, second] = self.results;
        first.journey_order.iter().filter(|journey| second.journey_order.contains(journey))
    }

    fn topologies(self) -> impl Iterator<Item = &'a String> {
        let [first, second] = self.results;
        first.topologies.iter().filter(|topology| second.topologies.contains(topology))
    }
}

#[cfg(test)]
mod tests;
