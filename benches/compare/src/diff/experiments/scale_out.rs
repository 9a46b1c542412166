//! What more processes buy, in both results: each a ratio of its own run.

use super::{Both, Found};
use crate::diff::compared::{Better, Compared};
use crate::pairing;
use crate::quantity::Quantity;
use crate::scale_out::{Grown, ScaleOut};

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.scale_out.as_ref(), |measured| compare(both, measured))
}

fn compare(both: Both<'_>, measured: [&ScaleOut; 2]) -> Found {
    let shown = |grown: &Grown| format!("{} → {}", grown.from, grown.to);
    let growths = measured.map(|scale| scale.growths.iter().map(shown).collect::<Vec<_>>());
    let mut found =
        Found { notes: both.only_in_one("growth", [&growths[0], &growths[1]]), ..Found::default() };
    // Another number of processors is another question.
    let told = both.results[0].machine.cores == both.results[1].machine.cores
        && both.results[0].cpu_sets == both.results[1].cpu_sets;
    for grown in measured[0].growths.iter().filter(|grown| measured[1].growths.contains(grown)) {
        for journey in both
            .journeys()
            .filter(|journey| measured.iter().all(|scale| scale.series.journeys.contains_key(*journey)))
        {
            for quantity in Quantity::ALL {
                let values = measured.map(|scale| {
                    let rounds = &scale.series.rounds;
                    pairing::quotients(rounds, journey, &grown.to, &grown.from, |cell| {
                        quantity.of_block(cell)
                    })
                });
                if values.iter().all(Vec::is_empty) {
                    continue;
                }
                let better = if quantity == Quantity::Capacity { Better::More } else { Better::Less };
                let place = format!("{journey}: {}", shown(grown));
                let what = format!("{}, with more processes over without", quantity.name());
                // The same caution as for rounds: a p99 needs more samples than a short series has.
                let told = told && quantity != Quantity::P99;
                found.figures.push(Compared::times(place, what, [&values[0], &values[1]], better, told));
            }
        }
    }
    found
}
