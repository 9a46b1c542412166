//! The wish of whoever waits that a run ends soon, with what it has.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How soon who sleeps or waits for an answer hears of it.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_millis(50);

/// Whether a run is to end before its time. Clones are one wish: a signal handler keeps one of them.
#[derive(Debug, Clone, Default)]
pub struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// From now on nothing new is begun: what is being measured is thrown away, and the results are those of what was complete.
    pub fn want(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Sleeps until `moment`, or until it is wished.
    pub(crate) fn sleep_until(&self, moment: Instant) {
        while !self.is_wanted() {
            let left = moment.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(HEARD_WITHIN));
        }
    }

    /// An error where it is wished, by which whoever is in the midst of something leaves it.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.is_wanted() { Err(io::Error::other("interrupted")) } else { Ok(()) }
    }

    /// Whether that was wished.
    pub fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
