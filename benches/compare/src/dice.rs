//! Seeded randomness: every random choice of a comparison comes from its one seed.
//!
//! A [`Dice`] is drawn from the seed and a *path* of numbers (round, journey, purpose), so that two subjects in one
//! round see the same requests at the same moments, whatever order they run in.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

/// A source of randomness that repeats itself for the same seed and path.
#[derive(Debug)]
pub struct Dice(StdRng);

impl Dice {
    /// The dice of `seed` for the purpose that `path` names; other paths are independent of it.
    pub fn new(seed: u64, path: &[u64]) -> Self {
        let mixed = path.iter().fold(mix(seed), |state, step| mix(state ^ mix(step.wrapping_add(1))));
        Self(StdRng::seed_from_u64(mixed))
    }

    /// A number in `0..bound`, each as likely; 0 where the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.random_range(0..bound) }
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// One of the items, each as likely; none where there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// A gap of a Poisson process: exponentially distributed around `mean`, in the unit of `mean`.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Brings the items into random order, each order as likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        items.shuffle(&mut self.0);
    }
}

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014): spreads neighbouring numbers over all 64 bits.
fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_path_repeats_and_another_does_not() {
        let draw = |path: &[u64]| {
            let mut dice = Dice::new(7, path);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(&[1, 2]), draw(&[1, 2]));
        assert_ne!(draw(&[1, 2]), draw(&[2, 1]));
        assert_ne!(draw(&[0]), draw(&[0, 0]));
    }

    #[test]
    fn nothing_to_pick_from_gives_none() {
        assert_eq!(Dice::new(1, &[]).pick::<u8>(&[]), None);
        assert_eq!(Dice::new(1, &[]).below(0), 0);
    }
}
