//! Start-up and memory: figures of the same rounds that are of no journey.

use super::{Both, Found};
use crate::diff::compared::{Better, Compared};
use crate::results::{Block, Results};

/// A figure of a block; none where it was not measured.
type Figure = (&'static str, fn(&Block) -> Option<f64>);

const FIGURES: [Figure; 3] = [
    ("time to ready", |block| block.start_ms),
    ("memory before load", |block| block.memory_pss_idle_kib.map(|kib| kib as f64)),
    ("memory after load", |block| block.memory_pss_kib.map(|kib| kib as f64)),
];

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    let measured = |results: &Results| {
        let blocks = results.rounds.iter().flat_map(|round| round.blocks.values());
        blocks.into_iter().any(|block| FIGURES.iter().any(|(_, of)| of(block).is_some()))
    };
    both.compare(
        |results| Some(results).filter(|results| measured(results)),
        |results| compare(both, results),
    )
}

fn compare(both: Both<'_>, results: [&Results; 2]) -> Found {
    let has_the_same_baseline = results[0].baseline() == results[1].baseline();
    let mut found = Found::default();
    for topology in both.topologies() {
        for (what, of) in FIGURES {
            let absolute = results.map(|results| values(results, topology, None, of));
            let [before, after] = &absolute;
            if before.is_empty() && after.is_empty() {
                continue;
            }
            let told = both.is_same_test_bed;
            let figure = |what: String, values: [&[f64]; 2], told| {
                Compared::times(topology.clone(), what, values, Better::Less, told)
            };
            found.figures.push(figure(what.to_owned(), [before, after], told));
            if has_the_same_baseline && topology != results[0].baseline() {
                let relative = results.map(|results| values(results, topology, Some(results.baseline()), of));
                found.figures.push(figure(format!("{what}, relative"), [&relative[0], &relative[1]], true));
            }
        }
    }
    found
}

/// Of a topology, or of it over another in the same round.
fn values(results: &Results, topology: &str, over: Option<&str>, of: fn(&Block) -> Option<f64>) -> Vec<f64> {
    let value = |round: &crate::results::Round| {
        let of = |label: &str| of(round.blocks.get(label)?).filter(|value| *value > 0.0);
        let own = of(topology)?;
        over.map_or(Some(own), |other| Some(own / of(other)?))
    };
    results.rounds.iter().filter_map(value).collect()
}
