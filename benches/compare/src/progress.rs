//! Telling a person what goes on while nothing is on the screen yet.

use std::io::{IsTerminal as _, Write as _};

/// Who is told how a run goes on. Nothing is told while a phase is measured.
pub trait Progress {
    /// A line that stays.
    fn note(&mut self, text: &str);

    /// Where the run is: seconds done, seconds that it will need as far as is known, and what comes now.
    fn advance(&mut self, done_seconds: f64, total_seconds: f64, what: &str);
}

/// Progress on stderr: one live line on a terminal, a plain line now and then elsewhere.
#[derive(Debug)]
pub struct TerminalProgress {
    live: bool,
    drawn: bool,
    next_plain_seconds: f64,
}

const BAR_WIDTH: usize = 24;
const PLAIN_EVERY_SECONDS: f64 = 10.0;

impl TerminalProgress {
    /// Looks whether stderr is a terminal.
    pub fn new() -> Self {
        Self { live: std::io::stderr().is_terminal(), drawn: false, next_plain_seconds: 0.0 }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            eprint!("\r\x1b[2K");
        }
    }
}

impl Default for TerminalProgress {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for TerminalProgress {
    fn note(&mut self, text: &str) {
        self.clear();
        eprintln!("{text}");
    }

    fn advance(&mut self, done_seconds: f64, total_seconds: f64, what: &str) {
        let line = line(done_seconds, total_seconds, what);
        if self.live {
            self.clear();
            eprint!("{line}");
            // A terminal that cannot be written to has nobody watching.
            let _ = std::io::stderr().flush();
            self.drawn = true;
        } else if done_seconds >= self.next_plain_seconds {
            self.next_plain_seconds = done_seconds + PLAIN_EVERY_SECONDS;
            eprintln!("{line}");
        }
    }
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(done_seconds: f64, total_seconds: f64, what: &str) -> String {
    let share = if total_seconds > 0.0 { (done_seconds / total_seconds).clamp(0.0, 1.0) } else { 0.0 };
    let filled = (share * BAR_WIDTH as f64).round() as usize;
    let left_seconds = (total_seconds - done_seconds).max(0.0);
    let (bar, rest) = ("█".repeat(filled), "░".repeat(BAR_WIDTH - filled));
    format!("{bar}{rest} {:3.0} %  {left_seconds:.0} s left  {what}", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_share_and_time_left() {
        let line = line(30.0, 120.0, "round 3");
        assert!(line.contains("25 %") && line.contains("90 s left") && line.ends_with("round 3"), "{line}");
    }

    #[test]
    fn a_run_that_takes_longer_than_it_said_is_full_not_broken() {
        assert!(super::line(130.0, 120.0, "x").contains("100 %  0 s left"));
        assert!(super::line(0.0, 0.0, "x").contains("0 %"));
    }
}
