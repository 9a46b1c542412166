//! Journeys that a fault reaches further than before, or less far. One trial each: seen, and no more.

use super::{Both, Found, Observation};
use crate::blast::{BlastRadius, Damage, Strike};
use crate::diff::compared::{Better, Compared};
use crate::statistics::Apart;

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.blast_radius.as_ref(), |measured| compare(both, measured))
}

fn compare(both: Both<'_>, measured: [&BlastRadius; 2]) -> Found {
    let mut found = Found::default();
    if measured[0].settings != measured[1].settings {
        found.notes.push("visitors or faults were not the same: nothing is compared".to_owned());
        return found;
    }
    for topology in both.topologies() {
        let [Some(before), Some(after)] = measured.map(|blast| blast.topologies.get(topology)) else {
            continue;
        };
        let trials = before.iter().filter_map(|strike| {
            let is_the_same =
                |other: &&Strike| (&other.service, other.fault) == (&strike.service, strike.fault);
            Some((strike, after.iter().find(is_the_same)?))
        });
        let trials = trials.collect::<Vec<_>>();
        if trials.is_empty() {
            continue;
        }
        for (strike, other) in &trials {
            found
                .observations
                .extend(both.journeys().filter_map(|journey| changed(topology, strike, other, journey)));
        }
        found.figures.push(recovery(topology, &trials, both.is_same_test_bed));
    }
    found
}

/// A journey that is not what it was: unaffected, degraded or down.
fn changed(topology: &str, strike: &Strike, other: &Strike, journey: &str) -> Option<Observation> {
    let damages = [strike, other].map(|strike| strike.journeys.get(journey));
    let [Some(before), Some(after)] = damages else { return None };
    (before.extent != after.extent).then(|| Observation {
        place: format!("{journey}: {topology}, {} {}", strike.service, strike.fault.name()),
        seen: [before, after].map(told),
        is_worse: Some(after.extent > before.extent),
    })
}

fn told(damage: &Damage) -> String {
    let well = match damage.recovered_ms {
        Some(0.0) => String::new(),
        Some(ms) => format!(", well after {:.1} s", ms / 1_000.0),
        None => ", well again was not seen".to_owned(),
    };
    format!("{}{well}", damage.extent.name())
}

/// How long it takes until all journeys are well, over all trials in which that took any time in both results: a trial of one beside the same
/// of the other, so that what differs from fault to fault is not in it.
fn recovery(topology: &str, trials: &[(&Strike, &Strike)], told: bool) -> Compared {
    let longest = |strike: &Strike| strike.all_well_ms().filter(|ms| *ms > 0.0);
    let pairs = trials.iter().filter_map(|(before, after)| longest(after).zip(longest(before)));
    let apart = Apart::of_pairs(&pairs.collect::<Vec<_>>());
    let what = "time until all is well, over all faults".to_owned();
    Compared::of_ratio(
        topology.to_owned(),
        what,
        apart.map(Apart::ratio),
        apart.map(Apart::chance),
        Better::Less,
        told,
    )
}
