//! How often a call is tried again: seldom, and never so often that retries are the load.

use std::cell::Cell;
use std::time::Duration;

use rand::RngExt as _;

/// The most attempts of one call, the first included.
pub(super) const MAX_ATTEMPTS: u32 = 3;

/// A retry costs as much as so many answers earn: retries stay below a tenth of the calls.
const ANSWERS_PER_RETRY: u32 = 10;

/// What a peer that was quiet can spend at once.
const MAX_SAVED_RETRIES: u32 = 10;

/// The longest pause before the first retry; it doubles with each one, and the real pause is drawn from it.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// What retries are paid with, counted in answers.
pub(super) struct Budget {
    saved_answers: Cell<u32>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { saved_answers: Cell::new(MAX_SAVED_RETRIES * ANSWERS_PER_RETRY) }
    }
}

impl Budget {
    pub(super) fn earn(&self) {
        self.saved_answers.set((self.saved_answers.get() + 1).min(MAX_SAVED_RETRIES * ANSWERS_PER_RETRY));
    }

    /// Whether attempt number `attempt` (from 0) may be followed by another one.
    pub(super) fn spend(&self, attempt: u32) -> bool {
        let left = self.saved_answers.get().checked_sub(ANSWERS_PER_RETRY);
        let affordable = left.filter(|_| attempt + 1 < MAX_ATTEMPTS);
        if let Some(left) = affordable {
            self.saved_answers.set(left);
        }
        affordable.is_some()
    }
}

/// Waits a random part of the pause that follows attempt number `attempt`: full jitter.
#[expect(
    clippy::disallowed_methods,
    reason = "jitter must differ between processes; no result depends on it"
)]
pub(super) async fn pause(attempt: u32) {
    let longest = FIRST_PAUSE * 2_u32.pow(attempt);
    tokio::time::sleep(longest.mul_f64(rand::rng().random::<f64>())).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_at_most_three_attempts() {
        let budget = Budget::default();
        assert!(budget.spend(0) && budget.spend(1));
        assert!(!budget.spend(2));
    }

    #[test]
    fn retries_end_when_nothing_answers_and_come_back_with_answers() {
        let budget = Budget::default();
        let spent = (0..100).filter(|_| budget.spend(0)).count();
        assert_eq!(spent, 10);
        (0..10).for_each(|_| budget.earn());
        assert!(budget.spend(0));
        assert!(!budget.spend(0));
    }
}
