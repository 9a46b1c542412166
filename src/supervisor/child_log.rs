//! The log of one process: passed on, with the last lines kept for the message that explains its death.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::LogSink;

const KEPT_LINES: usize = 20;
const KEPT_CHARACTERS: usize = 1_000;

/// Where the lines of one process go.
///
/// Where a person watches, the lines of a process that does not listen yet are held back for a moment: should
/// it end the fleet, say because its port is taken, then the error carries them, and the person reads the
/// reason once and not twice.
pub(super) struct ChildLog {
    sink: LogSink,
    prefix: String,
    lines: Mutex<KeptLines>,
}

struct KeptLines {
    last: VecDeque<String>,
    held: Option<Vec<String>>,
}

impl ChildLog {
    pub(super) fn new(sink: LogSink, prefix: String) -> Self {
        let held = sink.is_watched().then(Vec::new);
        Self { sink, prefix, lines: Mutex::new(KeptLines { last: VecDeque::new(), held }) }
    }

    /// Takes one line.
    pub(super) fn line(&self, text: &str) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.last.len() == KEPT_LINES {
            lines.last.pop_front();
        }
        lines.last.push_back(text.chars().take(KEPT_CHARACTERS).collect());
        match &mut lines.held {
            Some(held) => {
                held.push(text.to_owned());
                if held.len() >= KEPT_LINES {
                    self.pass_on(&mut lines);
                }
            }
            None => self.sink.line(&self.prefix, text),
        }
    }

    /// Passes on what was held back, and from now on every line at once.
    pub(super) fn release(&self) {
        self.pass_on(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The last lines for an error, which shows those that were held back in place of the sink.
    pub(super) fn take_last(&self) -> Vec<String> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.held = None;
        lines.last.drain(..).collect()
    }

    fn pass_on(&self, lines: &mut KeptLines) {
        for text in lines.held.take().into_iter().flatten() {
            self.sink.line(&self.prefix, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::supervisor::MemoryLog;

    fn held_log() -> (ChildLog, Arc<MemoryLog>) {
        let (sink, memory) = LogSink::memory();
        let lines = Mutex::new(KeptLines { last: VecDeque::new(), held: Some(Vec::new()) });
        (ChildLog { sink, prefix: "a | ".to_owned(), lines }, memory)
    }

    #[test]
    fn held_lines_are_shown_by_the_sink_or_by_the_error_and_never_by_both() {
        let (log, memory) = held_log();
        log.line("port taken");
        assert_eq!(log.take_last(), ["port taken"]);
        log.release();
        assert!(memory.lines().is_empty());

        let (log, memory) = held_log();
        log.line("migrated");
        log.release();
        log.line("listening");
        assert_eq!(memory.lines(), ["a | migrated", "a | listening"]);
    }

    #[test]
    fn a_talkative_process_is_not_held_back() {
        let (log, memory) = held_log();
        (0..KEPT_LINES + 5).for_each(|number| log.line(&number.to_string()));
        assert_eq!(memory.lines().len(), KEPT_LINES + 5);
    }

    #[test]
    fn only_the_last_lines_are_kept_and_long_ones_are_cut() {
        let (sink, _memory) = LogSink::memory();
        let log = ChildLog::new(sink, String::new());
        (0..100).for_each(|number| log.line(&number.to_string()));
        log.line(&"é".repeat(KEPT_CHARACTERS + 1));
        let last = log.take_last();
        assert_eq!((last.len(), last[0].as_str()), (KEPT_LINES, "81"));
        assert_eq!(last[KEPT_LINES - 1].chars().count(), KEPT_CHARACTERS);
    }
}
