//! How far two things lie apart, how surely, and how easily chance alone would put them there.

use std::f64::consts::FRAC_PI_2;

use super::trimmed::{Centre, student_975};
use super::{Estimate, Ratio, log};

/// A distance that was measured, or the logarithm of a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Apart {
    value: f64,
    /// Its standard error.
    error: f64,
    /// Degrees of freedom of that error.
    freedom: f64,
}

impl Apart {
    /// Of measurements that have nothing to do with each other, such as those of two runs: `over` minus `under`, by the method of
    /// Welch for deviations that are not equal. None where either has fewer than three.
    pub(crate) fn of(over: Vec<f64>, under: Vec<f64>) -> Option<Self> {
        let (over, under) = (Centre::of(over)?, Centre::of(under)?);
        let (over_square, under_square) = (over.error.powi(2), under.error.powi(2));
        let both = over_square + under_square;
        let freedom = if both > 0.0 {
            both.powi(2) / (over_square.powi(2) / over.freedom + under_square.powi(2) / under.freedom)
        } else {
            over.freedom
        };
        Some(Self { value: over.value - under.value, error: both.sqrt(), freedom })
    }

    /// The same of their logarithms; what is not positive has none.
    pub(crate) fn of_logs(over: &[f64], under: &[f64]) -> Option<Self> {
        let logs = |values: &[f64]| values.iter().copied().filter_map(log).collect();
        Self::of(logs(over), logs(under))
    }

    /// Of the logarithms of pairs, the first over the second. None of fewer than three.
    pub(crate) fn of_pairs(pairs: &[(f64, f64)]) -> Option<Self> {
        let logs = pairs.iter().filter_map(|(over, under)| Some(log(*over)? - log(*under)?));
        let Centre { value, error, freedom } = Centre::of(logs.collect())?;
        Some(Self { value, error, freedom })
    }

    /// The ratio whose logarithm this is.
    pub(crate) fn ratio(self) -> Ratio {
        Ratio::around(self.value, self.half_width())
    }

    /// The distance.
    pub(crate) fn estimate(self) -> Estimate {
        let Self { value, .. } = self;
        let half_width = self.half_width();
        Estimate { value, low: value - half_width, high: value + half_width }
    }

    fn half_width(self) -> f64 {
        student_975(self.freedom) * self.error
    }

    /// How likely something that is not there looks at least so far away: the two-sided p of Student's t.
    ///
    /// With `t = tan θ √freedom` the density is a power of a cosine, of which the share beyond is a quotient of two integrals.
    pub(crate) fn chance(self) -> f64 {
        if self.value == 0.0 {
            return 1.0;
        }
        let from = (self.value.abs() / (self.error * self.freedom.sqrt())).atan();
        // Rounding may end a hair beyond the right angle, where a cosine is no longer a density.
        let density = |angle: f64| angle.cos().max(0.0).powf(self.freedom - 1.0);
        let beyond = integral(from, FRAC_PI_2, density);
        let all = integral(0.0, FRAC_PI_2, density);
        (beyond / all).clamp(0.0, 1.0)
    }
}

/// By the rule of Simpson.
fn integral(from: f64, to: f64, value: impl Fn(f64) -> f64) -> f64 {
    const STEPS: u32 = 1_000;
    let width = (to - from) / f64::from(STEPS);
    let weighted = (0..=STEPS).map(|step| {
        let weight = match step {
            0 | STEPS => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        weight * value(width.mul_add(f64::from(step), from))
    });
    weighted.sum::<f64>() * width / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_student_agrees_with_the_tables() {
        // Two-sided, from tables of Student's t.
        let tables = [
            (2.0, 4.303, 0.05),
            (2.0, 9.925, 0.01),
            (4.0, 8.610, 0.001),
            (9.0, 2.262, 0.05),
            (24.0, 3.745, 0.001),
        ];
        for (freedom, value, chance) in tables {
            let found = Apart { value, error: 1.0, freedom }.chance();
            assert!((found / chance - 1.0).abs() < 0.01, "{freedom} {value}: {found}");
        }
    }

    #[test]
    fn a_chance_is_a_number_and_falls_with_the_distance() {
        for freedom in [2.0, 3.7, 11.3, 24.0, 118.0] {
            let chance = |step: u32| Apart { value: f64::from(step) / 37.0, error: 0.3, freedom }.chance();
            let chances = (0..400).map(chance).collect::<Vec<_>>();
            assert!(
                chances.windows(2).all(|pair| pair[1] <= pair[0] && pair[1] >= 0.0),
                "{freedom}: {chances:?}"
            );
        }
    }

    #[test]
    fn the_end_of_an_interval_is_where_chance_is_one_in_twenty() {
        let apart = Apart::of(vec![3.0, 4.0, 5.0, 6.0], vec![1.0, 2.0, 2.5, 3.0]).expect("enough");
        let edge = Apart { value: apart.half_width(), ..apart };
        assert!((edge.chance() - 0.05).abs() < 0.002, "{}", edge.chance());
    }

    #[test]
    fn what_does_not_vary_and_differs_is_no_chance_and_what_does_not_differ_is_nothing_else() {
        let apart = |over: f64| Apart::of_logs(&[over; 3], &[2.0; 3]).expect("enough").chance();
        assert!(apart(3.0) < 1e-9);
        assert!((apart(2.0) - 1.0).abs() < 1e-9);
    }
}
