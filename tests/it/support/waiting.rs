//! Waiting for what becomes true a moment later.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine: a test that waits for this long has failed.
const DEADLINE: Duration = Duration::from_secs(30);

/// Looks until `look` gives what `settled` accepts, and gives it. Panics with the last sight after the deadline.
pub(crate) fn eventually<T: Debug>(
    awaited: &str,
    mut look: impl FnMut() -> T,
    settled: impl Fn(&T) -> bool,
) -> T {
    let start = now();
    loop {
        let seen = look();
        if settled(&seen) {
            return seen;
        }
        assert!(now() - start < DEADLINE, "waited in vain until {awaited}; the last sight was {seen:?}");
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "the services of a world run in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "between two looks; no test relies on how long it takes")]
pub(crate) fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}
