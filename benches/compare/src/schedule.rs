//! When requests are due: the intended starts of an open loop.

use std::time::Duration;

use crate::dice::Dice;

/// The intended starts, from the beginning of a phase, of a Poisson process of `rate_per_second` over `length`.
///
/// Arrivals of many independent users form such a process. The number of arrivals is random as well; the same dice
/// give the same schedule.
pub(crate) fn poisson(dice: &mut Dice, rate_per_second: f64, length: Duration) -> Vec<Duration> {
    let mut starts = Vec::new();
    if rate_per_second <= 0.0 {
        return starts;
    }
    let mean_gap_s = 1.0 / rate_per_second;
    let mut at_s = dice.exponential(mean_gap_s);
    while at_s < length.as_secs_f64() {
        starts.push(Duration::from_secs_f64(at_s));
        at_s += dice.exponential(mean_gap_s);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(100);

    #[test]
    fn the_same_seed_gives_the_same_schedule() {
        let draw = |seed| poisson(&mut Dice::new(seed, &[3]), 200.0, LENGTH);
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn arrivals_are_poisson_with_the_asked_rate() {
        let starts = poisson(&mut Dice::new(42, &[]), 200.0, LENGTH);
        assert!(starts.is_sorted());
        // 20,000 arrivals expected, standard deviation 141.
        assert!((19_300..20_700).contains(&starts.len()), "{} arrivals", starts.len());

        // Exponential gaps: the standard deviation equals the mean, and 1 - 1/e of them are shorter than it.
        let gaps: Vec<f64> =
            starts.windows(2).map(|pair| pair[1].as_secs_f64() - pair[0].as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let deviation = (gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64).sqrt();
        let shorter = gaps.iter().filter(|gap| **gap < mean).count() as f64 / gaps.len() as f64;
        assert!((deviation / mean - 1.0).abs() < 0.05, "deviation {deviation}, mean {mean}");
        assert!((shorter - 0.632).abs() < 0.02, "{shorter} of the gaps are shorter than the mean");
    }

    #[test]
    fn no_rate_gives_no_arrivals() {
        assert!(poisson(&mut Dice::new(1, &[]), 0.0, LENGTH).is_empty());
    }
}
