//! Ratios with intervals: what the rounds say together, and how surely.
//!
//! Each round gives one log ratio of two subjects that were measured in it, so whatever slows a whole round down
//! cancels out. The centre is a trimmed mean (one round in which the machine was busy must not decide), its interval
//! Student's t over the Winsorised deviation. A bootstrap would be the usual choice and promises too much of few rounds: ADR
//! 0020 has the coverages of both. The tests in `coverage` hold what is promised here against simulated truth.

mod apart;
mod trimmed;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use self::apart::Apart;
use self::trimmed::{Centre, student_975};

/// A measured ratio and the interval that holds the true one in 95 of 100 runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The estimate.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// A measured number and the interval that holds the true one in 95 of 100 runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Estimate {
    /// Half the interval's width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// The estimate with its interval, as `2.00 [1.98, 2.03]`; a precision is that of each number.
impl fmt::Display for Estimate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = formatter.precision().unwrap_or(2);
        let number = |value: f64| {
            let text = format!("{value:.decimals$}");
            // What rounds to nothing has no sign.
            let nothing =
                text.strip_prefix('-').filter(|rest| rest.chars().all(|it| matches!(it, '0' | '.')));
            nothing.map_or_else(|| text.clone(), str::to_owned)
        };
        write!(formatter, "{} [{}, {}]", number(self.value), number(self.low), number(self.high))
    }
}

/// The ratio with its interval, written as an [`Estimate`] is.
impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, low, high } = *self;
        Estimate { value, low, high }.fmt(formatter)
    }
}

impl Ratio {
    /// Half the interval's width, relative to the estimate: 0.02 means ±2 %.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.value
    }

    /// Whether the interval leaves out 1.0 and the estimate is more than 1 % from it.
    pub fn differs_from_one(&self) -> bool {
        (self.low > 1.0 || self.high < 1.0) && (self.value - 1.0).abs() > SMALLEST_CLAIM
    }

    /// Whether a difference may be claimed beside this control: outside 1.0, outside the control's band and above 1 %.
    pub fn differs_beside(&self, control: &Self) -> bool {
        self.differs_from_one() && (self.low > control.high || self.high < control.low)
    }

    /// The ratio whose logarithm is `centre`, with its interval on both sides.
    fn around(centre: f64, half_width: f64) -> Self {
        // What is so unsure stays a number, which JSON has no infinite ones of.
        let half_width = half_width.min(WIDEST_LOG);
        Self { value: centre.exp(), low: (centre - half_width).exp(), high: (centre + half_width).exp() }
    }
}

/// Smaller differences are not worth a claim, however sure.
const SMALLEST_CLAIM: f64 = 0.01;
/// A factor of 10^43: whoever is less sure knows nothing.
const WIDEST_LOG: f64 = 100.0;
/// Two rounds cannot tell how much rounds vary.
const FEWEST_ROUNDS: usize = 3;

/// The ratio that paired `(numerator, denominator)` measurements of several rounds support.
///
/// None where fewer than three rounds have both, or the values are not positive.
pub fn paired_ratio(pairs: &[(f64, f64)]) -> Option<Ratio> {
    Some(Apart::of_pairs(pairs)?.ratio())
}

/// What one number of each round says together, such as a slope that was fitted in every round.
///
/// None where fewer than three rounds have it.
pub fn estimate(rounds: &[f64]) -> Option<Estimate> {
    let centre = Centre::of(rounds.iter().copied().filter(|value| value.is_finite()).collect())?;
    let half_width = student_975(centre.freedom) * centre.error;
    Some(Estimate { value: centre.value, low: centre.value - half_width, high: centre.value + half_width })
}

/// By how much the first of paired measurements is more than the second, in their unit; none of fewer than three rounds.
///
/// The differences of steps add up to that of the whole, as ratios do not; but for what a trimmed mean cuts off of seven rounds and more.
pub fn paired_difference(pairs: &[(f64, f64)]) -> Option<Estimate> {
    estimate(&pairs.iter().map(|(over, under)| over - under).collect::<Vec<_>>())
}

/// The ratio of two sets of measurements that have nothing to do with each other, such as those of two runs: `numerators`
/// over `denominators`, by the method of Welch for deviations that are not equal.
///
/// None where either has fewer than three positive values. What slowed one of the runs down is in it.
pub fn unpaired_ratio(numerators: &[f64], denominators: &[f64]) -> Option<Ratio> {
    Some(Apart::of_logs(numerators, denominators)?.ratio())
}

/// The middle value, or the mean of the two in the middle; none of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

fn log(value: f64) -> Option<f64> {
    (value > 0.0 && value.is_finite()).then(|| value.ln())
}

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
