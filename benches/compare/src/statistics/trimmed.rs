//! A centre that outliers do not move, and how surely it is known (Tukey and McLaughlin 1963; Yuen 1974).

use super::FEWEST_ROUNDS;

/// The share that is cut off at each end: one round of 7 to 13, two of 14 to 19. None of fewer than 7, where each is needed.
const TRIMMED_SHARE: f64 = 0.15;

/// The trimmed mean of some values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Centre {
    pub(super) value: f64,
    /// Its standard error, from the Winsorised deviation: what is cut off counts as the last value that is not.
    pub(super) error: f64,
    /// Degrees of freedom of that error.
    pub(super) freedom: f64,
}

impl Centre {
    /// None of fewer than three values.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        if values.len() < FEWEST_ROUNDS {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let cut = (values.len() as f64 * TRIMMED_SHARE).floor() as usize;
        let kept = cut..values.len() - cut;
        let count_kept = kept.len() as f64;
        let value = mean(&values[kept.clone()]);
        let (lowest, highest) = (values[kept.start], values[kept.end - 1]);
        let winsorised: Vec<f64> = values.iter().map(|value| value.clamp(lowest, highest)).collect();
        let middle = mean(&winsorised);
        let squares: f64 = winsorised.iter().map(|value| (value - middle).powi(2)).sum();
        let error = (squares / (count_kept * (count_kept - 1.0))).sqrt();
        Some(Self { value, error, freedom: count_kept - 1.0 })
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

const NORMAL_975: f64 = 1.959_964;

/// The 97.5 % quantile of Student's t: from the table where there are few degrees of freedom, else by the expansion of
/// Cornish and Fisher (Abramowitz and Stegun 26.7.5).
pub(super) fn student_975(freedom: f64) -> f64 {
    const TABLE: [f64; 5] = [12.706, 4.303, 3.182, 2.776, 2.571];
    let below = freedom.floor().max(1.0);
    if let [low, high, ..] = TABLE[(below as usize - 1).min(TABLE.len())..] {
        // Linear in 1/freedom, in which the quantile is nearly straight.
        let share = (below.recip() - freedom.max(1.0).recip()) / (below.recip() - (below + 1.0).recip());
        return low + (high - low) * share;
    }
    let z = NORMAL_975;
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_of_student_agrees_with_the_tables() {
        let tables = [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (5.0, 2.571), (9.0, 2.262), (29.0, 2.045)];
        for (freedom, table) in tables {
            assert!(
                (student_975(freedom) / table - 1.0).abs() < 0.003,
                "{freedom}: {}",
                student_975(freedom)
            );
        }
        assert!((student_975(2.5) - 3.63).abs() < 0.08, "between two of the table: {}", student_975(2.5));
    }

    #[test]
    fn a_single_outlier_among_seven_is_cut_off_and_widens_nothing() {
        let calm = Centre::of(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]).expect("enough");
        let wild = Centre::of(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 700.0]).expect("enough");
        let [calm, wild] = [calm, wild].map(|it| [it.value, it.error, it.freedom]);
        assert!(calm.iter().zip(wild).all(|(calm, wild)| (calm - wild).abs() < 1e-9), "{calm:?} {wild:?}");
        assert!((calm[0] - 4.0).abs() < 1e-9 && (calm[2] - 4.0).abs() < 1e-9, "{calm:?}");
    }

    #[test]
    fn two_values_have_no_centre() {
        assert!(Centre::of(vec![1.0, 1.0]).is_none());
    }
}
