//! The highest rates that hold, in both results.

use super::{Both, Found};
use crate::diff::compared::{Better, Compared};
use crate::load::{LoadCurves, Rates};
use crate::results::Results;

const WHAT: &str = "highest rate that holds";

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.load.as_ref(), |loads| compare(both, loads))
}

fn compare(both: Both<'_>, loads: [&LoadCurves; 2]) -> Found {
    let [first, second] = loads;
    let asks_alike = first.journey == second.journey
        && first.settings.objective_p99_ms.total_cmp(&second.settings.objective_p99_ms).is_eq()
        && first.settings.objective_error_share.total_cmp(&second.settings.objective_error_share).is_eq()
        && first.settings.level_seconds.total_cmp(&second.settings.level_seconds).is_eq();
    if !asks_alike {
        let asked = loads.map(|load| {
            let settings = &load.settings;
            format!(
                "{}, p99 within {} ms and at most {} % errors for {} s",
                load.journey,
                settings.objective_p99_ms,
                settings.objective_error_share * 100.0,
                settings.level_seconds
            )
        });
        let note = format!("asked was not the same, so that nothing is compared: {}", asked.join(" | "));
        return Found { notes: vec![note], ..Found::default() };
    }
    let has_the_same_baseline = both.results[0].baseline() == both.results[1].baseline();
    let mut found = Found::default();
    for topology in both.topologies() {
        let [Some(before), Some(after)] = loads.map(|load| load.rates(topology)) else { continue };
        let place = format!("{}: {topology}", first.journey);
        let rates = [before, after];
        if !rates.iter().all(Rates::are_known) {
            found.notes.push(format!(
                "{place}: in some round no rate held, or none failed: what holds is not known, and nothing is compared"
            ));
            continue;
        }
        found.figures.push(compared(place.clone(), WHAT.to_owned(), &rates, both.is_same_test_bed));
        if has_the_same_baseline && topology != both.results[0].baseline() {
            let baselines = beside(both.results, loads);
            if let Some([before_base, after_base]) = baselines {
                let relative = [rates[0].over(&before_base), rates[1].over(&after_base)];
                found.figures.push(compared(place, format!("{WHAT}, relative"), &relative, true));
            }
        }
    }
    found
}

fn beside(results: [&Results; 2], loads: [&LoadCurves; 2]) -> Option<[Rates; 2]> {
    let of = |number: usize| loads[number].rates(results[number].baseline());
    Some([of(0)?, of(1)?])
}

fn compared(place: String, what: String, [before, after]: &[Rates; 2], told: bool) -> Compared {
    let (ratio, chance) = before.until(after).unzip();
    Compared::of_ratio(place, what, ratio, chance, Better::More, told)
}
