//! How far a run is that has several parts: the rounds, and what is measured beside them.

use std::time::Instant;

use crate::progress::Progress;

/// Where a run is among its parts.
pub(crate) struct Course<'a> {
    progress: &'a mut dyn Progress,
    began: Instant,
    /// What the parts will take that have not begun.
    ahead_seconds: f64,
}

impl<'a> Course<'a> {
    pub(crate) fn new(progress: &'a mut dyn Progress) -> Self {
        Self { progress, began: Instant::now(), ahead_seconds: 0.0 }
    }

    /// A line that stays.
    pub(crate) fn note(&mut self, text: &str) {
        self.progress.note(text);
    }

    /// A part is going to come that takes about so long.
    pub(crate) fn expect(&mut self, part_seconds: f64) {
        self.ahead_seconds += part_seconds;
    }

    /// A part begins that was [expected](Self::expect) to take so long.
    pub(crate) fn begin(&mut self, part_seconds: f64) {
        self.ahead_seconds = (self.ahead_seconds - part_seconds).max(0.0);
    }

    /// The part that has begun takes about so much longer, and this is what comes now.
    pub(crate) fn advance(&mut self, part_left_seconds: f64, what: &str) {
        let done = self.began.elapsed().as_secs_f64();
        self.progress.advance(done, done + part_left_seconds.max(0.0) + self.ahead_seconds, what);
    }
}
