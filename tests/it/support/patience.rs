//! How long a command may take: as long as it gets on. A busy machine makes it slow, and never makes it stand still.

use std::time::{Duration, Instant};

use super::waiting::now;

/// A command that neither writes nor computes for so long hangs.
const STILL: Duration = Duration::from_mins(1);

/// One that turns in circles ends all the same.
const LONGEST: Duration = Duration::from_mins(15);

/// What is left of the patience with one command.
pub(crate) struct Patience {
    began: Instant,
    moved: Instant,
    seen: Option<Signs>,
}

/// By what is seen that a command gets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Signs {
    written_bytes: usize,
    cpu_ticks: u64,
}

impl Patience {
    pub(crate) fn new() -> Self {
        let began = now();
        Self { began, moved: began, seen: None }
    }

    /// Whether the process, which has written so much, hangs.
    pub(crate) fn is_over(&mut self, pid: u32, written_bytes: usize) -> bool {
        let signs = Some(Signs { written_bytes, cpu_ticks: cpu_ticks(pid) });
        if self.seen != signs {
            (self.seen, self.moved) = (signs, now());
        }
        now() - self.moved > STILL || now() - self.began > LONGEST
    }
}

/// The time that a process has computed, in ticks of the kernel; nothing of one that is gone.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name of the program, in parentheses, may have spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    // User and system time, the 14th and 15th field; the third is the first behind the name.
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}
