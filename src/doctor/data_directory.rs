//! The folder of databases and keys: whether it is there, can be written, has room, and is in use.

use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::Check;
use super::scope::{Run, Scope};

/// Below this somebody should make room.
const LITTLE_BYTES: u64 = 1 << 30;

/// Below this a journal of ordinary size may not fit.
const TOO_LITTLE_BYTES: u64 = 64 << 20;

const SPACE: &str = "free space";

const OTHER: &str = "name another one with --data-dir or the key data_dir";

pub(super) fn check(scope: &Scope<'_>) -> Vec<Check> {
    let folder = &scope.settings.data_dir;
    let what = folder.display().to_string();
    if folder.is_dir() {
        vec![writable(folder, &what), room(folder), run_file(scope)]
    } else if folder.exists() {
        vec![Check::wrong(what, "it is a file, not a folder", format!("move it away, or {OTHER}"))]
    } else if scope.is_prepared_by_up() {
        let mend = format!("`cleave up` makes it, with a new store; if the store has data, {OTHER}");
        vec![Check::warning(what, "it is not there yet", mend)]
    } else {
        let mend = format!("run `cleave data migrate`, or {OTHER}");
        vec![Check::wrong(what, "it is not there", mend)]
    }
}

fn writable(folder: &Path, what: &str) -> Check {
    match access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Check::ok(what, "it can be read and written"),
        Err(error) => Check::wrong(
            what,
            format!("it cannot be read and written: {error}"),
            format!("give it to the user who runs the store (`chown -R USER {what}`), or {OTHER}"),
        ),
    }
}

fn room(folder: &Path) -> Check {
    match statvfs(folder) {
        Ok(system) => enough_room(system.f_bavail.saturating_mul(system.f_frsize)),
        Err(error) => Check::not_checked(SPACE, format!("the system does not say: {error}"), OTHER),
    }
}

fn enough_room(bytes: u64) -> Check {
    let found = format!("{} MiB are left", bytes >> 20);
    let mend = format!("make room there, or {OTHER}");
    match bytes {
        ..TOO_LITTLE_BYTES => Check::wrong(SPACE, found, mend),
        TOO_LITTLE_BYTES..LITTLE_BYTES => Check::warning(SPACE, found, mend),
        _ => Check::ok(SPACE, found),
    }
}

fn run_file(scope: &Scope<'_>) -> Check {
    let what = "run.json";
    match &scope.run {
        Run::Nothing => Check::ok(what, "there is none: no `up` uses this data directory"),
        Run::Alive(record) => {
            Check::ok(what, format!("`up` with pid {} runs {}", record.pid, record.topology))
        }
        Run::Stale(record) => Check::warning(
            what,
            format!(
                "it is left over from `up` with pid {}, which has ended without a clean stop",
                record.pid
            ),
            "start it again with `cleave up`, which replaces the file",
        ),
        Run::Unreadable(error) => Check::warning(
            what,
            format!("it cannot be read: {error}"),
            format!("if no `up` runs, remove {}", scope.settings.run_file().display()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn little_space_is_a_warning_and_too_little_is_wrong() {
        let verdict = |mebibytes: u64| enough_room(mebibytes << 20).verdict;
        assert_eq!(
            [63, 64, 1023, 1024].map(verdict),
            [Verdict::Wrong, Verdict::Warning, Verdict::Warning, Verdict::Ok]
        );
        assert!(enough_room(5 << 20).found.contains("5 MiB"));
    }
}
