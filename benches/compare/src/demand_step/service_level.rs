//! How a service level fares, window by window.

use serde::{Deserialize, Serialize};

use super::DemandStepSettings;
use crate::generator::Seen;

/// How a service level fared around a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceLevel {
    /// The 99th percentile before the step, in milliseconds; none where nobody was answered.
    pub p99_before_ms: Option<f64>,
    /// What each window's 99th percentile has to stay below, in milliseconds.
    pub bound_ms: f64,
    /// From the step until the end of the last window that did not hold, in milliseconds; 0 where all held, none where the load
    /// ended before it held again.
    pub holds_again_ms: Option<f64>,
    /// The longest that anybody who came after the step waited, in milliseconds.
    pub longest_ms: Option<f64>,
    /// Requests that were due after the step.
    pub requests: u64,
    /// Those of them that were not answered rightly.
    pub failed: u64,
    /// In the order of time.
    pub windows: Vec<Window>,
}

/// What those saw who came within one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Its beginning from the step on, in milliseconds; below zero before it.
    pub from_ms: f64,
    /// Requests that were due in it.
    pub requests: u64,
    /// Those of them that were not answered rightly.
    pub failed: u64,
    /// Median latency in milliseconds, as long as was waited for those that were not answered; none of no requests.
    pub p50_ms: Option<f64>,
    /// The same for the 99th percentile: of fewer than a hundred requests the longest.
    pub p99_ms: Option<f64>,
    /// Whether the service level held.
    pub holds: bool,
}

impl ServiceLevel {
    /// Judges what was seen, in any order.
    pub(crate) fn of(plan: &DemandStepSettings, seen: &[Seen]) -> Self {
        let step_ms = plan.before_seconds * 1_000.0;
        let came_ms = |one: &Seen| one.due.as_secs_f64().mul_add(1_000.0, -step_ms);
        let before = took_ms(seen.iter().filter(|one| came_ms(one) < 0.0 && one.is_right));
        let p99_before_ms = quantile(&before, 0.99);
        let bound_ms = plan.bound_ms.max(plan.bound_factor * p99_before_ms.unwrap_or(0.0));

        let first = -(step_ms / plan.window_ms).ceil();
        let last = (plan.after_seconds * 1_000.0 / plan.window_ms).ceil();
        let window = |number: f64| {
            let (from_ms, to_ms) = (number * plan.window_ms, (number + 1.0) * plan.window_ms);
            let inside = seen.iter().filter(|one| (from_ms..to_ms).contains(&came_ms(one)));
            let (requests, took) = (inside.clone().count() as u64, took_ms(inside.clone()));
            let failed = inside.filter(|one| !one.is_right).count() as u64;
            let p99_ms = quantile(&took, 0.99);
            // One in a hundred may fail as one in a hundred may wait.
            let holds = p99_ms.is_none_or(|ms| ms <= bound_ms) && failed * 100 <= requests;
            Window { from_ms, requests, failed, p50_ms: quantile(&took, 0.5), p99_ms, holds }
        };
        let numbers = std::iter::successors(Some(first), |number| Some(number + 1.0));
        let windows = numbers.take_while(|number| *number < last).map(window).collect::<Vec<_>>();
        let after = seen.iter().filter(|one| came_ms(one) >= 0.0);
        let holds_again_ms = match windows.iter().rposition(|window| window.from_ms >= 0.0 && !window.holds) {
            None => Some(0.0),
            Some(bad) => windows.get(bad + 1).map(|window| window.from_ms),
        };
        Self {
            p99_before_ms,
            bound_ms,
            holds_again_ms,
            longest_ms: took_ms(after.clone()).last().copied(),
            requests: after.clone().count() as u64,
            failed: after.filter(|one| !one.is_right).count() as u64,
            windows,
        }
    }
}

/// Rising.
fn took_ms<'a>(seen: impl Iterator<Item = &'a Seen>) -> Vec<f64> {
    let mut took = seen.map(|one| one.took.as_secs_f64() * 1_000.0).collect::<Vec<_>>();
    took.sort_unstable_by(f64::total_cmp);
    took
}

/// Of rising values the one that the share does not exceed.
fn quantile(rising: &[f64], share: f64) -> Option<f64> {
    let place = (rising.len() as f64 * share).ceil() as usize;
    rising.get(place.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn plan() -> DemandStepSettings {
        DemandStepSettings { before_seconds: 1.0, after_seconds: 1.0, ..DemandStepSettings::default() }
    }

    /// A request each millisecond for two seconds, the step after one; `outcome` tells of the moment how many ms the answer took and
    /// whether it was right.
    fn level(outcome: impl Fn(u64) -> (u64, bool)) -> ServiceLevel {
        let seen = (0..2_000).map(|due| {
            let (took, is_right) = outcome(due);
            Seen { due: Duration::from_millis(due), took: Duration::from_millis(took), is_right }
        });
        ServiceLevel::of(&plan(), &seen.collect::<Vec<_>>())
    }

    #[test]
    fn where_nobody_waits_the_level_holds_all_the_time() {
        let level = level(|_| (2, true));
        assert_eq!((level.holds_again_ms, level.failed, level.requests), (Some(0.0), 0, 1_000));
        assert_eq!((level.windows.len(), level.p99_before_ms, level.bound_ms), (20, Some(2.0), 50.0));
        assert!(level.windows[0].from_ms < -999.0 && level.windows[10].from_ms == 0.0);
    }

    #[test]
    fn it_holds_again_at_the_end_of_the_last_window_in_which_too_many_waited() {
        let slow = level(|due| (if (1_000..1_350).contains(&due) { 80 } else { 2 }, true));
        assert_eq!((slow.holds_again_ms, slow.longest_ms), (Some(400.0), Some(80.0)));
        let one_in_a_hundred = level(|due| (if due == 1_500 { 80 } else { 2 }, true));
        assert_eq!(one_in_a_hundred.holds_again_ms, Some(0.0));
        let twice = level(|due| (if due / 100 == 11 || due / 100 == 15 { 80 } else { 2 }, true));
        assert_eq!(twice.holds_again_ms, Some(600.0), "a moment of calm is no end");
    }

    #[test]
    fn a_quick_failure_is_no_service() {
        let level = level(|due| (2, !(1_200..1_210).contains(&due)));
        assert_eq!((level.failed, level.holds_again_ms), (10, Some(300.0)));
    }

    #[test]
    fn what_does_not_hold_again_says_so() {
        assert_eq!(level(|due| (if due < 1_000 { 2 } else { 90 }, true)).holds_again_ms, None);
    }

    #[test]
    fn who_was_slow_before_may_be_slower_after() {
        let level = level(|due| (if due < 1_000 { 20 } else { 90 }, true));
        assert_eq!((level.bound_ms, level.holds_again_ms), (100.0, Some(0.0)));
    }
}
