//! Between which rates the highest that holds lies.
//!
//! Bisection ends with a gap: the true rate lies somewhere between the highest that held and the lowest above it that did not. An interval
//! over rounds alone would promise more than the search has seen, so it is widened by that gap.

use super::{LoadCurve, Trial};
use crate::statistics::{Apart, Ratio};

/// By round; none of one in which no rate held.
pub(crate) struct Rates(Vec<Option<Between>>);

#[derive(Clone, Copy)]
struct Between {
    held: f64,
    /// None where no rate failed.
    failed: Option<f64>,
}

impl Rates {
    /// What the rounds of a topology have found.
    pub(crate) fn of(curve: &LoadCurve) -> Self {
        let round = |(holds, trials): (&Option<f64>, &Vec<Trial>)| {
            let held = (*holds)?;
            let failed =
                trials.iter().filter(|trial| !trial.held && trial.rate > held).map(|trial| trial.rate);
            Some(Between { held, failed: failed.reduce(f64::min) })
        };
        Self(curve.holds_rps.iter().zip(&curve.trials).map(round).collect())
    }

    /// Whether every round found a rate that holds and one that does not: whoever left one out would praise what fails, or take for an end
    /// what was only not tried.
    pub(crate) fn are_known(&self) -> bool {
        self.held().is_some() && self.failed().is_some()
    }

    /// Round by round over those of another topology.
    pub(crate) fn over(&self, other: &Self) -> Self {
        let round = |(own, other): (&Option<Between>, &Option<Between>)| {
            let (own, other) = ((*own)?, (*other)?);
            // The least that it can be is the lowest over the highest.
            Some(Between { held: own.held / other.failed?, failed: own.failed.map(|rate| rate / other.held) })
        };
        Self(self.0.iter().zip(&other.0).map(round).collect())
    }

    /// What the rounds say together; none of fewer than three.
    pub(crate) fn together(&self) -> Option<Ratio> {
        let whole =
            |rates: Vec<f64>| Apart::of_pairs(&rates.into_iter().map(|rate| (rate, 1.0)).collect::<Vec<_>>());
        Some(widened(whole(self.held()?)?, whole(self.failed()?)?).0)
    }

    /// Those of a later run beside these, and how easily chance alone would put them there.
    pub(crate) fn until(&self, later: &Self) -> Option<(Ratio, f64)> {
        let least = Apart::of_logs(&later.held()?, &self.failed()?)?;
        let most = Apart::of_logs(&later.failed()?, &self.held()?)?;
        Some(widened(least, most))
    }

    fn held(&self) -> Option<Vec<f64>> {
        self.0.iter().map(|round| Some((*round)?.held)).collect()
    }

    fn failed(&self) -> Option<Vec<f64>> {
        self.0.iter().map(|round| (*round)?.failed).collect()
    }
}

/// From the least that it can be to the most.
fn widened(least: Apart, most: Apart) -> (Ratio, f64) {
    let (low, high) = (least.ratio(), most.ratio());
    let ratio = Ratio { value: (low.value * high.value).sqrt(), low: low.low, high: high.high };
    // Where the two do not agree on the direction, chance says nothing against it.
    let chance = match (low.value > 1.0, high.value < 1.0) {
        (true, _) => least.chance(),
        (_, true) => most.chance(),
        _ => 1.0,
    };
    (ratio, chance)
}
