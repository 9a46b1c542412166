//! SQLite: a file a module.

use std::path::{Path, PathBuf};

use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};

use super::Role;

/// Where in the index of a journal SQLite locks out other writers: https://sqlite.org/walformat.html
const WRITE_LOCK_BYTE: u64 = 120;

/// The file of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteFile(PathBuf);

/// Why a database cannot be looked at without changing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLook {
    /// There is no file, or an empty one, which a connection made.
    Absent,
    /// The index of the journal would have to be made.
    JournalAlone,
}

impl SqliteFile {
    /// What stands behind the scheme and its colon.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let is_path = !path.trim_start_matches('/').is_empty();
        is_path.then(|| Self(PathBuf::from(path.strip_prefix("//").unwrap_or(path))))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn shown(&self) -> String {
        format!("sqlite:{}", self.0.display())
    }

    pub(super) fn driver_url(&self) -> String {
        format!("sqlite:{}?mode=rwc", escaped(&self.0))
    }

    /// The URL of a connection that makes no file and changes none.
    pub(super) fn looking_url(&self) -> Result<String, NoLook> {
        let file = &self.0;
        if !has_content(file) {
            return Err(NoLook::Absent);
        }
        let [journal, index] = [beside(file, "-wal"), beside(file, "-shm")];
        // A reader makes the files of the journal where they are missing. Without a journal nobody writes, and
        // the file alone says everything.
        let how = match (has_content(&journal), index.exists()) {
            (true, false) => return Err(NoLook::JournalAlone),
            (_, true) if journal.exists() => "mode=ro",
            _ => "immutable=true",
        };
        Ok(format!("sqlite:{}?{how}", escaped(file)))
    }

    /// The process that holds the lock of writers now.
    pub(super) fn writing_process(&self) -> Option<u32> {
        let index = std::fs::File::open(beside(&self.0, "-shm")).ok()?;
        let wanted = Flock {
            start: WRITE_LOCK_BYTE,
            length: 1,
            pid: None,
            typ: FlockType::ReadLock,
            offset_type: FlockOffsetType::Set,
        };
        let holder = fcntl_getlk(&index, &wanted).ok()??.pid?;
        u32::try_from(holder.as_raw_nonzero().get()).ok()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.metadata().map_or(0, |file| file.len())
    }
}

pub(super) fn session_setup(role: Role) -> &'static str {
    match role {
        Role::Writer => {
            "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216"
        }
        // The first 2 GiB are read where the system has them in memory, without copying each page out, which makes a read
        // among a million rows cheaper (`cargo bench --bench scale`). The price: a disk that fails to read ends the process, not one
        // request. Writers do without.
        Role::Reader => "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA mmap_size = 2147418112",
    }
}

/// The file of the same name with a longer ending.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn has_content(file: &Path) -> bool {
    file.metadata().is_ok_and(|file| file.len() > 0)
}

/// A path as it may stand in a URL.
fn escaped(file: &Path) -> String {
    let mut text = String::new();
    for character in file.to_string_lossy().chars() {
        match character {
            '%' => text.push_str("%25"),
            '?' => text.push_str("%3F"),
            '#' => text.push_str("%23"),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_file() {
        for (url, file) in [("data/catalog.db", "data/catalog.db"), ("///srv/catalog.db", "/srv/catalog.db")]
        {
            assert_eq!(SqliteFile::parse(url), Some(SqliteFile(PathBuf::from(file))));
        }
    }
}
