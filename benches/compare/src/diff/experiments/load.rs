//! The highest rates that hold, in both results.
//!
//! Bisection ends with a gap: the true rate lies somewhere between the highest that held and the lowest above it that did not. An interval
//! over rounds alone would promise more than the search has seen, so it is widened by that gap.

use super::{Both, Found};
use crate::diff::compared::{Better, Compared};
use crate::load::{LoadCurve, LoadCurves, Trial};
use crate::results::Results;
use crate::statistics::{Apart, Ratio};

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
        let curves = loads.map(|load| load.topologies.get(topology));
        let [Some(before), Some(after)] = curves else { continue };
        let place = format!("{}: {topology}", first.journey);
        let rates = [before, after].map(rates);
        if rates.iter().any(|rates| rates.held().is_none() || rates.failed().is_none()) {
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
    let of = |number: usize| loads[number].topologies.get(results[number].baseline()).map(rates);
    Some([of(0)?, of(1)?])
}

/// By round; none of one in which no rate held.
struct Rates(Vec<Option<Between>>);

/// Between which rates the highest that holds lies.
#[derive(Clone, Copy)]
struct Between {
    held: f64,
    /// None where no rate failed.
    failed: Option<f64>,
}

fn rates(curve: &LoadCurve) -> Rates {
    let round = |(holds, trials): (&Option<f64>, &Vec<Trial>)| {
        let held = (*holds)?;
        let failed = trials.iter().filter(|trial| !trial.held && trial.rate > held).map(|trial| trial.rate);
        Some(Between { held, failed: failed.reduce(f64::min) })
    };
    Rates(curve.holds_rps.iter().zip(&curve.trials).map(round).collect())
}

impl Rates {
    /// Round by round over those of another topology.
    fn over(&self, other: &Self) -> Self {
        let round = |(own, other): (&Option<Between>, &Option<Between>)| {
            let (own, other) = ((*own)?, (*other)?);
            // The least that it can be is the lowest over the highest.
            Some(Between { held: own.held / other.failed?, failed: own.failed.map(|rate| rate / other.held) })
        };
        Self(self.0.iter().zip(&other.0).map(round).collect())
    }

    /// None where a round found no rate that holds: whoever left it out would praise what fails.
    fn held(&self) -> Option<Vec<f64>> {
        self.0.iter().map(|round| Some((*round)?.held)).collect()
    }

    /// None where a round found no end either.
    fn failed(&self) -> Option<Vec<f64>> {
        self.0.iter().map(|round| (*round)?.failed).collect()
    }
}

fn compared(place: String, what: String, [before, after]: &[Rates; 2], told: bool) -> Compared {
    let widened = || {
        let least = Apart::of_logs(&after.held()?, &before.failed()?)?;
        let most = Apart::of_logs(&after.failed()?, &before.held()?)?;
        let (low, high) = (least.ratio(), most.ratio());
        let ratio = Ratio { value: (low.value * high.value).sqrt(), low: low.low, high: high.high };
        // Where the two do not agree on the direction, chance says nothing against it.
        let chance = match (low.value > 1.0, high.value < 1.0) {
            (true, _) => least.chance(),
            (_, true) => most.chance(),
            _ => 1.0,
        };
        Some((ratio, chance))
    };
    let (ratio, chance) = widened().unzip();
    Compared::of_ratio(place, what, ratio, chance, Better::More, told)
}
