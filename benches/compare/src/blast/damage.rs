//! What a fault did to a journey.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An answer is slow that took so many times as long as nearly all before the fault, and at least this long.
const SLOW_FACTOR: u32 = 10;
const SLOW_AT_LEAST: Duration = Duration::from_millis(100);

/// A journey is down where at least this share of those who asked until it recovered got no right answer.
const DOWN_SHARE: f64 = 0.9;

/// How far a fault reached into a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Everybody got a right answer, and about as quickly as before.
    Unaffected,
    /// Some did not, or waited.
    Degraded,
    /// Next to nobody did, for a while.
    Down,
}

impl Extent {
    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unaffected => "unaffected",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

/// What a fault did to a journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Damage {
    /// The verdict on what follows.
    pub extent: Extent,
    /// Who asked after the fault, or had no answer yet.
    pub requests: u64,
    /// Those of them who got a wrong answer, or none in time.
    pub failed: u64,
    /// Those who got a right answer much later than was usual before the fault.
    pub slow: u64,
    /// The longest that one of them waited, in milliseconds.
    pub longest_ms: f64,
    /// From the fault until nobody failed or waited any more, in milliseconds; none where that was not seen.
    pub recovered_ms: Option<f64>,
}

/// One visitor's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Visit {
    /// When it was due, from the start of the load.
    pub(crate) due: Duration,
    /// From then to the answer, or until it was given up.
    pub(crate) took: Duration,
    /// Whether the answer was right.
    pub(crate) is_right: bool,
}

impl Damage {
    /// Which share of those who came after the fault got no right answer, and how long until all was well.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.share(), self.well_after())
    }

    /// Which share of those who came after the fault got no right answer.
    pub(crate) fn share(&self) -> String {
        format!("{:.0} %", 100.0 * self.failed as f64 / self.requests.max(1) as f64)
    }

    /// How long until all was well.
    pub(crate) fn well_after(&self) -> String {
        self.recovered_ms.map_or_else(|| "not seen".to_owned(), |ms| format!("{:.1} s", ms / 1_000.0))
    }

    /// Judges what visitors saw, in the order in which they came, of a fault at this moment.
    pub(super) fn of(visits: &[Visit], fault_at: Duration) -> Self {
        let (before, after): (Vec<_>, Vec<_>) =
            visits.iter().copied().partition(|visit| visit.due + visit.took < fault_at);
        let mut usual = before.iter().map(|visit| visit.took).collect::<Vec<_>>();
        usual.sort_unstable();
        let usual = usual.get(usual.len().saturating_sub(1) * 99 / 100).copied().unwrap_or_default();
        let slow_from = (usual * SLOW_FACTOR).max(SLOW_AT_LEAST);
        let is_slow = |visit: &Visit| visit.is_right && visit.took >= slow_from;
        let is_bad = |visit: &Visit| !visit.is_right || is_slow(visit);

        let recovery = match after.iter().rposition(is_bad) {
            None => Some(fault_at),
            Some(last) => after.get(last + 1).map(|visit| visit.due),
        };
        let until = recovery.unwrap_or(Duration::MAX);
        let asked_meanwhile = after.iter().filter(|visit| visit.due < until).count();
        let failed = after.iter().filter(|visit| !visit.is_right).count();
        let slow = after.iter().filter(|visit| is_slow(visit)).count();
        let extent = match failed {
            0 if slow == 0 => Extent::Unaffected,
            failed if failed as f64 >= DOWN_SHARE * asked_meanwhile as f64 => Extent::Down,
            _ => Extent::Degraded,
        };
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        Self {
            extent,
            requests: after.len() as u64,
            failed: failed as u64,
            slow: slow as u64,
            longest_ms: milliseconds(after.iter().map(|visit| visit.took).max().unwrap_or_default()),
            recovered_ms: recovery.map(|recovery| milliseconds(recovery.saturating_sub(fault_at))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: Duration = Duration::from_millis(500);

    /// A visitor each 10 ms for two seconds; `outcome` tells of the moment how many ms the answer took and whether it was right.
    fn visits(outcome: impl Fn(u64) -> (u64, bool)) -> Vec<Visit> {
        let visit = |due| {
            let (took, is_right) = outcome(due);
            Visit { due: Duration::from_millis(due), took: Duration::from_millis(took), is_right }
        };
        (0..200).map(|number| visit(10 * number)).collect()
    }

    #[test]
    fn where_nobody_noticed_anything_the_journey_is_unaffected() {
        let damage = Damage::of(&visits(|_| (2, true)), FAULT);
        assert_eq!((damage.extent, damage.failed, damage.slow), (Extent::Unaffected, 0, 0));
        assert_eq!((damage.requests, damage.recovered_ms), (150, Some(0.0)));
    }

    #[test]
    fn an_outage_that_everybody_sees_is_down_until_the_first_of_those_who_are_served_again() {
        let damage = Damage::of(&visits(|due| (1, !(500..800).contains(&due))), FAULT);
        assert_eq!((damage.extent, damage.failed, damage.recovered_ms), (Extent::Down, 30, Some(300.0)));
    }

    #[test]
    fn where_one_of_two_is_served_or_all_wait_the_journey_is_degraded() {
        let every_second =
            Damage::of(&visits(|due| (1, !(500..=900).contains(&due) || due % 20 == 0)), FAULT);
        assert_eq!(every_second.extent, Extent::Degraded);
        let waiting =
            Damage::of(&visits(|due| (if (500..900).contains(&due) { 150 } else { 1 }, true)), FAULT);
        assert_eq!((waiting.extent, waiting.failed, waiting.slow), (Extent::Degraded, 0, 40));
        assert!((waiting.longest_ms - 150.0).abs() < 1e-9);
    }

    #[test]
    fn who_was_waiting_when_it_happened_counts() {
        let damage = Damage::of(&visits(|due| if due == 490 { (1_000, false) } else { (1, true) }), FAULT);
        assert_eq!((damage.failed, damage.requests), (1, 151));
    }

    #[test]
    fn what_does_not_recover_says_so() {
        let damage = Damage::of(&visits(|due| (1, due < 500)), FAULT);
        assert_eq!((damage.extent, damage.recovered_ms), (Extent::Down, None));
    }
}
