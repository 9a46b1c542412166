//! What differs between engines.

use std::path::{Path, PathBuf};

use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};

use crate::DatabaseError;

/// Where in the index of a journal SQLite locks out other writers: https://sqlite.org/walformat.html
const WRITE_LOCK_BYTE: u64 = 120;

/// A database engine, told from its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own for each module, in the process of the module.
    Sqlite {
        /// The file.
        file: PathBuf,
    },
}

impl Engine {
    /// The engine and the place that a URL names, for example `sqlite:data/catalog.db`.
    pub fn of_url(url: &str) -> Result<Self, DatabaseError> {
        match url.split_once(':') {
            Some(("sqlite", path)) if !path.trim_start_matches('/').is_empty() => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Ok(Self::Sqlite { file: PathBuf::from(path) })
            }
            _ => Err(DatabaseError::UnknownUrl { url: url.to_owned() }),
        }
    }

    /// The URL that the driver connects to. The driver makes a missing file.
    pub(crate) fn driver_url(&self) -> String {
        match self {
            Self::Sqlite { file } => format!("sqlite:{}?mode=rwc", escaped(file)),
        }
    }

    /// The URL of a connection that makes no file and changes none.
    pub(crate) fn looking_url(&self) -> Result<String, NoLook> {
        match self {
            Self::Sqlite { file } => {
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
        }
    }

    /// The process that holds the lock of writers now.
    pub(crate) fn writing_process(&self) -> Option<u32> {
        match self {
            Self::Sqlite { file } => {
                let index = std::fs::File::open(beside(file, "-shm")).ok()?;
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
        }
    }

    /// How many bytes the database has.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Sqlite { file } => file.metadata().map_or(0, |file| file.len()),
        }
    }

    /// The statement that reads a whole database and answers `ok`, or the first damage.
    pub(crate) fn integrity_check(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "PRAGMA quick_check(1)",
        }
    }

    /// Prepares what must exist before the first connection.
    pub(crate) fn prepare(&self) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite { file } => {
                let directory = file.parent().unwrap_or(Path::new("."));
                std::fs::create_dir_all(directory)
                    .map_err(|source| DatabaseError::Directory { directory: directory.to_owned(), source })
            }
        }
    }

    /// What each new connection is told first.
    pub(crate) fn session_setup(&self, role: Role) -> &'static str {
        match (self, role) {
            (Self::Sqlite { .. }, Role::Writer) => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216"
            }
            (Self::Sqlite { .. }, Role::Reader) => "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON",
        }
    }

    /// How a writing transaction begins. SQLite's default fails at once when a read inside it becomes a
    /// write while somebody else writes, whatever the busy timeout: the lock is taken first.
    pub(crate) fn begin_write(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "BEGIN IMMEDIATE",
        }
    }

    /// How many connections can write at the same time.
    pub(crate) fn writers(&self) -> u32 {
        match self {
            Self::Sqlite { .. } => 1,
        }
    }
}

/// Why a database cannot be looked at without changing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoLook {
    /// There is no file, or an empty one, which a connection made.
    Absent,
    /// The index of the journal would have to be made.
    JournalAlone,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Reader,
    Writer,
}

/// Whether two writers met, so that the transaction may succeed when it is run again.
pub(crate) fn is_conflict(code: &str) -> bool {
    // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_BUSY_RECOVERY, SQLITE_BUSY_SNAPSHOT: https://sqlite.org/rescode.html
    matches!(code, "5" | "6" | "261" | "517")
}

/// Whether the engine cannot work now and may be able to later: full, locked, read-only or failing storage.
pub(crate) fn is_outage(code: &str) -> bool {
    // The low byte is the primary code: SQLITE_BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14))
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
        let file = PathBuf::from("data/catalog.db");
        assert_eq!(Engine::of_url("sqlite:data/catalog.db").ok(), Some(Engine::Sqlite { file }));
        let file = PathBuf::from("/srv/catalog.db");
        assert_eq!(Engine::of_url("sqlite:///srv/catalog.db").ok(), Some(Engine::Sqlite { file }));
    }

    #[test]
    fn a_url_of_another_engine_is_refused_by_name() {
        for url in ["mysql://host/db", "sqlite:", "data/catalog.db"] {
            let error = Engine::of_url(url).expect_err(url);
            assert!(error.to_string().contains(url), "{error}");
        }
    }
}
