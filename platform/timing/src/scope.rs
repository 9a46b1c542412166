//! Which stopwatch is running for the task that is being polled.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use crate::{Lap, Part, Stopwatch};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Stopwatch>>> = const { RefCell::new(None) };
}

/// Until it is dropped, what this thread does counts for a stopwatch.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct Entered {
    before: Option<Arc<Stopwatch>>,
}

/// What this thread does from here on counts for `stopwatch`.
pub fn enter(stopwatch: &Arc<Stopwatch>) -> Entered {
    Entered { before: CURRENT.replace(Some(stopwatch.clone())) }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.before.take());
    }
}

/// Awaits `work`; whatever it does and waits for counts for `stopwatch`.
pub async fn within<F: Future>(stopwatch: Arc<Stopwatch>, work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        let _entered = enter(&stopwatch);
        work.as_mut().poll(context)
    })
    .await
}

/// The same for the stopwatch of who calls, where there is one: for work that becomes a task of its own.
pub fn carry<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let stopwatch = current();
    async {
        match stopwatch {
            Some(stopwatch) => within(stopwatch, work).await,
            None => work.await,
        }
    }
}

/// From here until the lap is dropped the time belongs to `part`; none where nobody takes the time.
pub fn begin(part: Part) -> Option<Lap> {
    current().map(|stopwatch| stopwatch.begin(part))
}

/// The same for a call to `peer`.
pub fn begin_call(peer: &str) -> Option<Lap> {
    current().map(|stopwatch| stopwatch.begin_call(peer))
}

/// Whether somebody takes the time of what is being done.
pub fn is_timed() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

fn current() -> Option<Arc<Stopwatch>> {
    CURRENT.with_borrow(Option::clone)
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::stopwatch::tests::ticking;

    #[test]
    fn where_nobody_takes_the_time_no_lap_begins() {
        assert!(begin(Part::Database).is_none() && !is_timed());
    }

    #[test]
    fn two_tasks_that_take_turns_on_a_thread_count_for_their_own_stopwatches() {
        let ((one, _), (other, _)) = (ticking(), ticking());
        let mut pair = [&one, &other].map(|stopwatch| {
            Box::pin(within(stopwatch.clone(), async {
                let own = current().expect("it is timed");
                let mut polls = 0;
                poll_fn(|_| {
                    assert!(Arc::ptr_eq(&own, &current().expect("it is timed")), "it got the other one's");
                    polls += 1;
                    if polls < 3 { Poll::Pending } else { Poll::Ready(()) }
                })
                .await;
            }))
        });
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            for task in &mut pair {
                let _done_or_not = task.as_mut().poll(&mut context);
                assert!(!is_timed(), "between the turns nobody's time is taken");
            }
        }
    }

    #[test]
    fn a_task_of_its_own_takes_the_stopwatch_along() {
        let (stopwatch, _) = ticking();
        let carried = {
            let _entered = enter(&stopwatch);
            carry(async { is_timed() })
        };
        let mut carried = Box::pin(carried);
        let polled = carried.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(true));
    }
}
