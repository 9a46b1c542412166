//! Comparisons whose truth is known, because they are made up: what the statistics are tested on.

use crate::dice::Dice;
use crate::testing::normal;

/// What is true of a made-up comparison, and how noisy it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    pub(super) true_ratio: f64,
    /// Deviation of the logarithm of one measurement.
    pub(super) noise: f64,
    /// How likely a measurement is hit by something that has nothing to do with it, and is 30 % too high.
    pub(super) burst: f64,
    /// By what factor the machine grows slower from the first round to the last.
    pub(super) drift: f64,
}

impl World {
    /// Nothing but noise: 2 %, as large as on a calm machine.
    pub(super) const CALM: Self = Self { true_ratio: 1.0, noise: 0.02, burst: 0.0, drift: 1.0 };
    /// A measurement in twenty is hit.
    pub(super) const ROUGH: Self = Self { burst: 0.05, ..Self::CALM };

    /// The rounds of one comparison: log-normal noise of each measurement over that of the round, which both subjects
    /// share.
    pub(super) fn rounds(&self, dice: &mut Dice, rounds: usize) -> Vec<(f64, f64)> {
        (0..rounds)
            .map(|round| {
                let drifted = self.drift.powf(round as f64 / rounds as f64);
                let shared = 100.0 * drifted * (0.3 * normal(dice)).exp();
                (shared * self.measure(dice) * self.true_ratio, shared * self.measure(dice))
            })
            .collect()
    }

    /// The blocks of one run alone.
    pub(super) fn blocks(&self, dice: &mut Dice, blocks: usize) -> Vec<f64> {
        (0..blocks).map(|_| 100.0 * self.measure(dice)).collect()
    }

    fn measure(&self, dice: &mut Dice) -> f64 {
        let hit = if dice.unit() < self.burst { 1.3 } else { 1.0 };
        hit * (self.noise * normal(dice)).exp()
    }
}

/// How many made-up experiments a share is of.
pub(super) const EXPERIMENTS: u64 = 1_000;

/// The share of 1,000 made-up experiments, always the same, of which something holds.
pub(super) fn share_of(purpose: u64, holds: impl Fn(&mut Dice) -> bool) -> f64 {
    let held = (0..EXPERIMENTS).filter(|experiment| holds(&mut Dice::new(2026, &[purpose, *experiment])));
    held.count() as f64 / EXPERIMENTS as f64
}
