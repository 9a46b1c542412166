//! Which of a module's processes applies the events of a topic: a lease that saves the others the work.
//!
//! It decides nothing: the offset's compare-and-set does. So it can do without heartbeats and without anybody's clock. The work
//! itself is the sign of life: whoever stands by looks at the offset now and then, and takes over where events have waited for the
//! length of the lease, by its own monotonic clock, while nothing moved. A process that starts takes over at once, so that a
//! restart costs nobody a wait, and one that stops gives up. Whoever has lost the lease without noticing finds out with its next
//! commit, and loses no more than the work of one batch.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use crate::standing::Standing;

/// The lease, as one process sees it.
#[derive(Debug)]
pub(crate) struct Lease {
    /// The name of this process, which no other one has and had.
    own: String,
    state: RefCell<State>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// This process has not asked for it.
    Unclaimed,
    Held,
    /// Another process has it; and since when events wait for it, if they do.
    Elsewhere(Option<Waiting>),
}

/// Events that wait although somebody holds the lease.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Waiting {
    standing: Standing,
    since: Instant,
}

impl Lease {
    /// A lease that this process has not asked for.
    pub(crate) fn new(own: String) -> Self {
        Self { own, state: RefCell::new(State::Unclaimed) }
    }

    /// The name of this process in the lease.
    pub(crate) fn own(&self) -> &str {
        &self.own
    }

    /// Whether this process applies the events, as far as it knows.
    pub(crate) fn is_held(&self) -> bool {
        *self.state.borrow() == State::Held
    }

    /// Whether this process has never asked for it.
    pub(crate) fn is_unclaimed(&self) -> bool {
        *self.state.borrow() == State::Unclaimed
    }

    /// This process has it from now on.
    pub(crate) fn hold(&self) {
        self.state.replace(State::Held);
    }

    /// Takes note of who holds it, and tells whether this process has just learnt that it is no longer the one.
    pub(crate) fn is_lost_to(&self, holder: &str) -> bool {
        let is_lost = self.is_held() && holder != self.own;
        if is_lost {
            self.state.replace(State::Elsewhere(None));
        }
        is_lost
    }

    /// Whether it is time to take over from a holder who was seen to stand there, while the topic ends at `last`.
    pub(crate) fn is_over(&self, seen: &Standing, last: i64, now: Instant, length: Duration) -> bool {
        if seen.holder.is_empty() {
            return true;
        }
        let mut state = self.state.borrow_mut();
        let waiting = match &*state {
            State::Elsewhere(Some(waiting)) if waiting.standing == *seen => Some(waiting.since),
            _ => None,
        };
        let since = (last > seen.position).then(|| waiting.unwrap_or(now));
        *state = State::Elsewhere(since.map(|since| Waiting { standing: seen.clone(), since }));
        since.is_some_and(|since| now.saturating_duration_since(since) >= length)
    }
}

#[cfg(test)]
mod tests {
    use cleave_core::{Clock as _, SystemClock};

    use super::*;

    const LENGTH: Duration = Duration::from_secs(2);

    fn at(position: i64) -> Standing {
        Standing { position, holder: "another".to_owned() }
    }

    #[test]
    fn who_lets_events_wait_for_the_length_of_the_lease_loses_it() {
        let (lease, start) = (Lease::new("own".to_owned()), SystemClock.instant());
        let is_over = |seen: &Standing, last, after| {
            lease.is_over(seen, last, start + Duration::from_millis(after), LENGTH)
        };
        assert!(!is_over(&at(5), 5, 0), "there is nothing to do");
        assert!(!is_over(&at(5), 5, 60_000), "and for how long does not matter");
        assert!(!is_over(&at(5), 6, 60_000));
        assert!(!is_over(&at(5), 9, 61_999));
        assert!(is_over(&at(5), 9, 62_000));
    }

    #[test]
    fn who_comes_along_keeps_it_however_much_waits() {
        let (lease, start) = (Lease::new("own".to_owned()), SystemClock.instant());
        for step in 0..100 {
            let now = start + Duration::from_millis(1_500) * step;
            assert!(!lease.is_over(&at(i64::from(step)), 1_000, now, LENGTH), "step {step}");
        }
    }

    #[test]
    fn a_new_holder_gets_the_whole_length() {
        let (lease, start) = (Lease::new("own".to_owned()), SystemClock.instant());
        assert!(!lease.is_over(&at(5), 9, start, LENGTH));
        let third = Standing { holder: "third".to_owned(), ..at(5) };
        assert!(!lease.is_over(&third, 9, start + LENGTH, LENGTH));
        assert!(lease.is_over(&third, 9, start + 2 * LENGTH, LENGTH));
    }

    #[test]
    fn what_was_given_up_is_taken_over_at_once() {
        let lease = Lease::new("own".to_owned());
        assert!(lease.is_over(
            &Standing { holder: String::new(), ..at(5) },
            5,
            SystemClock.instant(),
            LENGTH
        ));
    }

    #[test]
    fn a_holder_learns_once_that_it_is_one_no_more() {
        let lease = Lease::new("own".to_owned());
        assert!(!lease.is_lost_to("another"), "it never was");
        lease.hold();
        assert!(!lease.is_lost_to("own"));
        assert!(lease.is_lost_to("another"));
        assert!(!lease.is_lost_to("another"));
        assert!(!lease.is_held());
    }
}
