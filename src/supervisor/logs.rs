//! Where the logs of supervised processes go.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// Cyan, green, yellow, blue, magenta, and their bright sisters: what can be read on dark and on light.
const COLOURS: [u8; 10] = [36, 32, 33, 34, 35, 96, 92, 93, 94, 95];
/// Whose line it is when the supervisor itself speaks.
const OWN_LABEL: &str = "cleave";
const MEMORY_LINES: usize = 10_000;

/// A place for log lines. Cloning gives another handle to the same place. Nothing that goes wrong there stops
/// a process: a line that cannot be written is lost.
#[derive(Clone, Debug)]
pub struct LogSink {
    place: Place,
    prefixed: bool,
}

#[derive(Clone, Debug)]
enum Place {
    Stderr { colour: bool },
    File(Arc<File>),
    Memory(Arc<MemoryLog>),
}

impl LogSink {
    /// The standard error, each line behind its service's name, in colour if it is a terminal. `no_color` is
    /// the variable `NO_COLOR`, which speaks against colour when it is not empty: <https://no-color.org>.
    pub fn stderr(no_color: Option<&OsStr>) -> Self {
        let colour = wants_colour(io::stderr().is_terminal(), no_color);
        Self { place: Place::Stderr { colour }, prefixed: true }
    }

    /// A new file at `path`, which replaces what was there.
    pub fn file(path: &Path) -> io::Result<Self> {
        Ok(Self { place: Place::File(Arc::new(File::create(path)?)), prefixed: true })
    }

    /// Memory, for those who want to look at the lines themselves: tests, and measurements that show logs
    /// only when something has failed.
    pub fn memory() -> (Self, Arc<MemoryLog>) {
        let memory = Arc::new(MemoryLog::default());
        (Self { place: Place::Memory(Arc::clone(&memory)), prefixed: true }, memory)
    }

    /// The same place without prefixes, for processes that log JSON; the supervisor's own notices become JSON
    /// too.
    #[must_use]
    pub fn without_prefix(self) -> Self {
        Self { prefixed: false, ..self }
    }

    /// What stands before the lines of `label`, which is the `index`-th of the labels, the longest of them
    /// `width` wide.
    pub(super) fn prefix(&self, label: &str, width: usize, index: usize) -> String {
        match self.place {
            _ if !self.prefixed => String::new(),
            Place::Stderr { colour: true } => {
                format!("\x1b[{}m{label:<width$} |\x1b[0m ", COLOURS[index % COLOURS.len()])
            }
            _ => format!("{label:<width$} | "),
        }
    }

    /// Whether a person sees each line as it is written.
    pub(super) fn is_watched(&self) -> bool {
        matches!(self.place, Place::Stderr { .. })
    }

    /// Writes one line.
    pub(super) fn line(&self, prefix: &str, text: &str) {
        match &self.place {
            Place::Stderr { .. } => drop(io::stderr().write_all(format!("{prefix}{text}\n").as_bytes())),
            Place::File(file) => drop(file.as_ref().write_all(format!("{prefix}{text}\n").as_bytes())),
            Place::Memory(memory) => memory.push(format!("{prefix}{text}")),
        }
    }

    /// Writes one line of the supervisor's own, in the form that the other lines have.
    pub(super) fn notice(&self, width: usize, text: &str) {
        if self.prefixed {
            self.line(&format!("{OWN_LABEL:<width$} | "), text);
        } else {
            let fields = serde_json::json!({ "message": text });
            let notice = serde_json::json!({ "level": "WARN", "target": module_path!(), "fields": fields });
            self.line("", &notice.to_string());
        }
    }
}

fn wants_colour(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

/// The newest lines of a fleet, up to 10,000 of them.
#[derive(Debug, Default)]
pub struct MemoryLog {
    lines: Mutex<VecDeque<String>>,
    grown: Notify,
}

impl MemoryLog {
    /// What is there now, oldest first, with prefixes.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Waits until `wanted` says yes to the lines that are there.
    pub async fn until(&self, wanted: impl Fn(&[String]) -> bool) {
        loop {
            // Made before the look at the lines, so that one which comes between the two still wakes it.
            let grown = self.grown.notified();
            if wanted(&self.lines()) {
                return;
            }
            grown.await;
        }
    }

    fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MEMORY_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
        self.grown.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_padded_coloured_on_a_terminal_only_and_absent_beside_json() {
        let (memory, _lines) = LogSink::memory();
        assert_eq!(memory.prefix("catalog", 9, 0), "catalog   | ");
        let terminal = LogSink { place: Place::Stderr { colour: true }, prefixed: true };
        assert_eq!(terminal.prefix("catalog", 9, 11), "\x1b[32mcatalog   |\x1b[0m ");
        assert_eq!(terminal.without_prefix().prefix("catalog", 9, 0), "");
    }

    #[test]
    fn colour_needs_a_terminal_and_no_objection() {
        assert!(wants_colour(true, None));
        assert!(wants_colour(true, Some(OsStr::new(""))));
        assert!(!wants_colour(true, Some(OsStr::new("1"))));
        assert!(!wants_colour(false, None));
    }

    #[test]
    fn beside_json_a_notice_is_json() {
        let (sink, memory) = LogSink::memory();
        sink.without_prefix().notice(9, "service `a` died");
        let notice: serde_json::Value = serde_json::from_str(&memory.lines()[0]).expect("a notice is JSON");
        assert_eq!(notice["fields"]["message"], "service `a` died");
    }

    #[test]
    fn a_file_gets_every_line() {
        let directory = tempfile::tempdir().expect("a directory for the log");
        let path = directory.path().join("fleet.log");
        let sink = LogSink::file(&path).expect("the file can be created");
        sink.line("a | ", "one");
        sink.line("b | ", "two");
        assert_eq!(std::fs::read_to_string(path).expect("the file is there"), "a | one\nb | two\n");
    }
}
