//! When a process that died is started again, and when that ends. Pure: time comes in as a parameter.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

/// The deaths of one process so far.
#[derive(Debug, Default)]
pub(super) struct DeathRecord {
    recent: VecDeque<Instant>,
    in_a_row: u32,
}

/// What to do about a death.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Start it again after this pause.
    RestartAfter(Duration),
    /// It died so many times within the window: give up.
    GiveUp(usize),
}

impl DeathRecord {
    /// Notes a death at `now` of a process that has lived for `lived`.
    pub(super) fn died(&mut self, now: Instant, lived: Duration, limits: &Limits) -> Verdict {
        self.recent.push_back(now);
        self.recent.retain(|death| now.duration_since(*death) < limits.deaths_window);
        if self.recent.len() >= limits.deaths {
            return Verdict::GiveUp(self.recent.len());
        }
        if lived >= limits.deaths_window {
            self.in_a_row = 0;
        }
        let doublings = 2_u32.saturating_pow(self.in_a_row);
        self.in_a_row = self.in_a_row.saturating_add(1);
        Verdict::RestartAfter(limits.first_pause.saturating_mul(doublings).min(limits.longest_pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVED_A_MOMENT: Duration = Duration::from_millis(10);

    fn pauses_of_deaths_every(gap: Duration, lived: Duration, count: u32) -> Vec<Verdict> {
        let limits = Limits::default();
        let start = crate::supervisor::now();
        let mut record = DeathRecord::default();
        (0..count).map(|death| record.died(start + gap * death, lived, &limits)).collect()
    }

    #[test]
    fn the_pause_doubles_and_the_fifth_quick_death_is_the_last() {
        let verdicts = pauses_of_deaths_every(Duration::from_secs(1), LIVED_A_MOMENT, 5);
        let pause = |millis| Verdict::RestartAfter(Duration::from_millis(millis));
        assert_eq!(verdicts, [pause(100), pause(200), pause(400), pause(800), Verdict::GiveUp(5)]);
    }

    #[test]
    fn deaths_far_apart_never_end_the_fleet_and_the_pause_stays_bounded() {
        let verdicts = pauses_of_deaths_every(Duration::from_secs(20), Duration::from_secs(15), 40);
        assert_eq!(verdicts.last(), Some(&Verdict::RestartAfter(Duration::from_secs(5))));
    }

    #[test]
    fn a_process_that_lived_long_restarts_after_the_first_pause() {
        let verdicts = pauses_of_deaths_every(Duration::from_secs(100), Duration::from_secs(99), 10);
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::RestartAfter(Duration::from_millis(100))));
    }
}
