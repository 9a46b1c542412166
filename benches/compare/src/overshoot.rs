//! By how much longer than asked the calls of a deployment were delayed, as its processes have counted it.

use serde::{Deserialize, Serialize};

/// How many calls were delayed by how much too long: the upper ends of buckets in µs, rising, with the calls in each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Overshoot(Vec<(f64, u64)>);

impl Overshoot {
    /// From the upper ends of buckets in µs with the calls in each; the same end may come again, as of another process.
    pub fn of(buckets: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut overshoot = Self::default();
        buckets.into_iter().for_each(|(end_us, calls)| overshoot.add(end_us, calls));
        overshoot
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.0.iter().map(|(_, calls)| calls).sum()
    }

    /// What has come since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let earlier = |end_us| before.place(end_us).map_or(0, |place| before.0[place].1);
        let later = self.0.iter().map(|(end_us, calls)| (*end_us, calls.saturating_sub(earlier(*end_us))));
        let later = later.collect::<Vec<_>>();
        // One that is empty says where the next one begins.
        let counts = |place: usize| later.get(place).is_some_and(|(_, calls)| *calls > 0);
        let kept = later.iter().enumerate().filter(|(place, _)| counts(*place) || counts(place + 1));
        Self(kept.map(|(_, bucket)| *bucket).collect())
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(end_us, calls)| self.add(*end_us, *calls));
    }

    /// The overshoot in µs that the share `quantile` of the calls does not exceed, to the width of a bucket; none of no calls.
    pub(crate) fn quantile_us(&self, quantile: f64) -> Option<f64> {
        let wanted = self.calls() as f64 * quantile;
        let (mut below, mut begin_us) = (0.0, 0.0);
        for (end_us, calls) in &self.0 {
            let calls = *calls as f64;
            if calls > 0.0 && below + calls >= wanted {
                return Some(begin_us + (end_us - begin_us) * (wanted - below) / calls);
            }
            (below, begin_us) = (below + calls, *end_us);
        }
        None
    }

    fn add(&mut self, end_us: f64, calls: u64) {
        match self.place(end_us) {
            Ok(place) => self.0[place].1 += calls,
            Err(place) => self.0.insert(place, (end_us, calls)),
        }
    }

    /// Where the bucket with this upper end is, or would be.
    fn place(&self, end_us: f64) -> Result<usize, usize> {
        self.0.binary_search_by(|(end, _)| end.total_cmp(&end_us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_several_processes_become_one_distribution() {
        let overshoot = Overshoot::of([(20.0, 10), (10.0, 30), (20.0, 40), (40.0, 20)]);
        assert_eq!(overshoot.calls(), 100);
        assert_eq!(overshoot.quantile_us(0.3), Some(10.0));
        assert_eq!(overshoot.quantile_us(0.55), Some(15.0));
        assert_eq!(overshoot.quantile_us(1.0), Some(40.0));
        assert_eq!(Overshoot::default().quantile_us(0.5), None);
    }

    #[test]
    fn what_was_counted_before_does_not_count() {
        let before = Overshoot::of([(5.0, 1), (10.0, 5), (20.0, 7)]);
        let after = Overshoot::of([(5.0, 1), (10.0, 5), (20.0, 11), (40.0, 0)]);
        let since = after.since(&before);
        assert_eq!(since, Overshoot::of([(10.0, 0), (20.0, 4)]));
        assert_eq!(since.quantile_us(0.5), Some(15.0), "the bucket begins where the one before it ends");
    }
}
