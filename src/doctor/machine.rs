//! What the machine gives to a process: open files, and the time.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use cleave_core::{Clock, Timestamp};
use rustix::process::{Resource, getrlimit};

use super::Check;
use super::scope::Scope;
use crate::house::MIGRATIONS;

/// Connections of customers and peers that one process should be able to have at the same time.
const CONNECTIONS: u64 = 512;

/// Files of a process beside its connections and databases.
const OTHER_FILES: u64 = 64;

/// A database is open as a file, its journal, and the journal's index.
const FILES_OF_A_CONNECTION: u64 = 3;

/// No clock that is right shows an earlier time: this program did not exist. 2026-01-01.
const EARLIEST: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// How far clocks may differ.
const TOLERANCE_MICROS: i64 = 60_000_000;

pub(super) fn check(scope: &Scope<'_>, clock: &dyn Clock) -> Vec<Check> {
    vec![open_files(scope), time(scope, clock.now())]
}

fn open_files(scope: &Scope<'_>) -> Check {
    let databases = MIGRATIONS.iter().filter(|(module, _)| scope.hosts(module)).count() as u64;
    let connections = databases * (u64::from(scope.settings.database.max_readers) + 1);
    enough_files(getrlimit(Resource::Nofile).current, connections)
}

/// Whether so many files are enough for a process with so many connections to databases.
fn enough_files(limit: Option<u64>, connections: u64) -> Check {
    const WHAT: &str = "open files";
    let needed = OTHER_FILES + CONNECTIONS + connections * FILES_OF_A_CONNECTION;
    match limit {
        Some(limit) if limit < needed => Check::warning(
            WHAT,
            format!(
                "a process may open {limit}; {connections} connections to databases and {CONNECTIONS} of customers and \
                 peers need {needed}"
            ),
            format!(
                "run `ulimit -n {}` before the start, or lower database.max_readers",
                needed.next_power_of_two()
            ),
        ),
        Some(limit) => Check::ok(WHAT, format!("a process may open {limit}")),
        None => Check::ok(WHAT, "a process may open as many as it likes"),
    }
}

fn time(scope: &Scope<'_>, now: Timestamp) -> Check {
    const WHAT: &str = "clock";
    const SET_IT: &str = "set the clock, for example with `timedatectl set-ntp true`";
    if now < EARLIEST {
        return Check::warning(WHAT, format!("it says {now}, when this program did not exist"), SET_IT);
    }
    match newest(scope) {
        Some((at, file)) if at.as_micros() > now.as_micros().saturating_add(TOLERANCE_MICROS) => {
            Check::warning(
                WHAT,
                format!("it says {now}, and {} was changed at {at}", file.display()),
                format!("{SET_IT}; if it is right, `touch {}`", file.display()),
            )
        }
        _ => Check::ok(WHAT, format!("it says {now}, and no database or key is newer")),
    }
}

/// The database or key that was changed last.
fn newest(scope: &Scope<'_>) -> Option<(Timestamp, PathBuf)> {
    let files = [scope.settings.data_dir.clone(), scope.settings.keys_dir()];
    files.iter().flat_map(|folder| files_in(folder)).max()
}

fn files_in(folder: &Path) -> Vec<(Timestamp, PathBuf)> {
    let dated = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let file = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let since_epoch = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some((Timestamp::from_micros(0).plus(since_epoch), entry.path()))
    };
    std::fs::read_dir(folder).into_iter().flatten().filter_map(dated).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn too_few_open_files_are_a_warning_with_the_number_that_is_enough() {
        assert_eq!(enough_files(None, 40).verdict, Verdict::Ok);
        assert_eq!(enough_files(Some(696), 40).verdict, Verdict::Ok);
        let few = enough_files(Some(695), 40);
        assert_eq!(few.verdict, Verdict::Warning);
        assert!(few.found.contains("may open 695") && few.found.contains("need 696"), "{few:?}");
        assert!(few.mend.is_some_and(|mend| mend.contains("ulimit -n 1024")));
    }
}
