//! Ratios with intervals: what the rounds say together, and how surely.
//!
//! Each round gives one log ratio of two subjects that were measured in it, so whatever slows a whole round down
//! cancels out. Their centre is the trimmed mean (a fifth off each end: one round in which the machine was busy must
//! not decide), its interval a bootstrap over rounds. A bootstrap of few rounds is too narrow, so its deviations are
//! widened by `sqrt(n / (n - 1))` and by Student's t over the normal quantile (Hesterberg, "What Teachers Should Know
//! About the Bootstrap", 2015, §5.3). The tests hold the coverage against simulated truth.

use serde::{Deserialize, Serialize};

use crate::dice::Dice;

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
}

/// Smaller differences are not worth a claim, however sure.
const SMALLEST_CLAIM: f64 = 0.01;
const FEWEST_ROUNDS: usize = 3;
const TRIMMED_SHARE: f64 = 0.2;
const NORMAL_975: f64 = 1.959_964;

/// The ratio that paired `(numerator, denominator)` measurements of several rounds support.
///
/// None where fewer than three rounds have both, or the values are not positive: no resampling can tell how much two
/// rounds vary.
pub fn paired_ratio(pairs: &[(f64, f64)], resamples: usize, dice: &mut Dice) -> Option<Ratio> {
    let usable = |(numerator, denominator): &(f64, f64)| *numerator > 0.0 && *denominator > 0.0;
    let logs: Vec<f64> = pairs
        .iter()
        .filter(|pair| usable(pair))
        .map(|(numerator, denominator)| (numerator / denominator).ln())
        .collect();
    if logs.len() < FEWEST_ROUNDS {
        return None;
    }
    let rounds = logs.len();
    let centre = trimmed_mean(&mut logs.clone());
    let mut drawn = vec![0.0; rounds];
    let mut centres: Vec<f64> = (0..resamples.max(100))
        .map(|_| {
            drawn.fill_with(|| logs[dice.below(rounds)]);
            trimmed_mean(&mut drawn)
        })
        .collect();
    centres.sort_by(f64::total_cmp);
    let at = |share: f64| centres[((centres.len() - 1) as f64 * share).round() as usize];
    let freedom = (rounds - 1) as f64;
    let widening = (rounds as f64 / freedom).sqrt() * student_975(freedom) / NORMAL_975;
    Some(Ratio {
        value: centre.exp(),
        low: (centre + (at(0.025) - centre).min(0.0) * widening).exp(),
        high: (centre + (at(0.975) - centre).max(0.0) * widening).exp(),
    })
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

fn trimmed_mean(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let trimmed = (values.len() as f64 * TRIMMED_SHARE).floor() as usize;
    let kept = &values[trimmed..values.len() - trimmed];
    kept.iter().sum::<f64>() / kept.len() as f64
}

/// The 97.5 % quantile of Student's t, by the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5).
fn student_975(freedom: f64) -> f64 {
    if freedom < 2.0 {
        return 12.706;
    }
    let z = NORMAL_975;
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

#[cfg(test)]
mod tests;
