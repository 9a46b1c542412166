//! Databases for tests: each test has one of its own, on the engine that its binary is for.
//!
//! The tests of a crate that has a store know no engine: they run on SQLite, and one of them, [`all_again_on_postgres`], runs all the
//! others once more on PostgreSQL, which the variable `CLEAVE_TEST_ENGINE=postgres` does as well.
//!
//! That PostgreSQL is a throwaway server of the test binary: made by the programs that are installed on this machine, in a
//! temporary folder, behind a Unix socket, gone when the binary ends. Where none is installed, the tests say so on standard error
//! and pass; with the variable `CLEAVE_REQUIRE_ALL=1`, which the project's own checks set, they fail.

mod server;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

pub use self::server::{ServerOptions, ThrowawayServer, is_installed, throwaway_server};
use crate::{Database, DatabaseSettings, Migrations, Secret};

/// Tells on standard error that something is not tested on this machine, and why.
///
/// # Panics
/// Where the variable `CLEAVE_REQUIRE_ALL=1`, as in the project's own checks, demands that nothing is skipped.
pub fn skip(what_and_why: &str) {
    #[expect(clippy::disallowed_methods, reason = "CI demands by it what a user's machine may lack")]
    let is_demanded = std::env::var_os("CLEAVE_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!is_demanded, "not to be skipped: {what_and_why}");
    // Not by a macro, which the test harness would keep to itself.
    let _nobody_reads = writeln!(std::io::stderr(), "skipped: {what_and_why}");
}

/// Says on which engine tests run, where it is not SQLite.
const ENGINE: &str = "CLEAVE_TEST_ENGINE";

/// Runs all other tests of this binary again on PostgreSQL. `this` is the name of the test that does so, as the harness
/// prints it.
///
/// # Panics
/// Where one of them fails, or there are none.
pub fn all_again_on_postgres(this: &str) {
    if is_on_postgres() || !is_installed() {
        return;
    }
    let own = std::env::current_exe().expect("this program has a path");
    let again = Command::new(own).args(["--skip", this]).env(ENGINE, "postgres").output();
    let again = again.expect("this program can be started once more");
    let said = String::from_utf8_lossy(&again.stdout);
    println!("{said}{}", String::from_utf8_lossy(&again.stderr));
    assert!(again.status.success(), "a test fails on PostgreSQL");
    assert!(!said.contains("test result: ok. 0 passed"), "there are tests to run again");
}

fn is_on_postgres() -> bool {
    #[expect(clippy::disallowed_methods, reason = "no test knows on which engine it runs")]
    let engine = std::env::var(ENGINE);
    match engine.as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("{ENGINE} is {other:?}: write sqlite or postgres"),
    }
}

/// A place for the databases of one test.
#[derive(Debug)]
pub struct Scratch {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder { path: PathBuf, _gone_with_it: Option<TempDir> },
    Server { url: String },
}

impl Scratch {
    /// A new place, on the engine that the tests run on.
    ///
    /// # Panics
    /// Where they run on PostgreSQL and there is none.
    #[expect(clippy::new_without_default, reason = "it makes something outside this process")]
    pub fn new() -> Self {
        let place = if is_on_postgres() {
            Place::Server { url: throwaway_server().new_database() }
        } else {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            Place::Folder { path: folder.path().to_owned(), _gone_with_it: Some(folder) }
        };
        Self { place }
    }

    /// Where it is, so that another process of the same test finds it: see [`Self::at`].
    pub fn place(&self) -> String {
        match &self.place {
            Place::Folder { path, .. } => path.display().to_string(),
            Place::Server { url } => url.clone(),
        }
    }

    /// The place that another process of this test has made, which also takes it away.
    pub fn at(place: &str) -> Self {
        let place = if place.starts_with("postgres:") {
            Place::Server { url: place.to_owned() }
        } else {
            Place::Folder { path: place.into(), _gone_with_it: None }
        };
        Self { place }
    }

    /// Whether it is on the engine of which each module has a file.
    pub fn is_on_sqlite(&self) -> bool {
        matches!(self.place, Place::Folder { .. })
    }

    /// How the database of a module is reached.
    pub fn settings(&self, module: &str) -> DatabaseSettings {
        let url = match &self.place {
            Place::Folder { path, .. } => {
                format!("sqlite:{}", path.join(format!("{module}.db")).display())
            }
            Place::Server { url } => url.clone(),
        };
        let acquire_timeout = Duration::from_secs(30);
        DatabaseSettings {
            url,
            password: Some(Secret::new(format!("{module}-pw"))),
            max_readers: 2,
            acquire_timeout,
        }
    }

    /// Opens the database of a module; again, it is as if another process did so.
    pub async fn open(&self, module: &'static str) -> Database {
        let settings = self.settings(module);
        Database::prepare(module, &settings).await.expect("a place for the database can be made");
        Database::open(module, &settings).await.expect("the database can be opened")
    }

    /// Opens it and makes its tables.
    pub async fn open_with(&self, module: &'static str, migrations: &Migrations) -> Database {
        let database = self.open(module).await;
        database.migrate(migrations).await.expect("the tables can be made");
        database
    }
}

/// A number that no other call in this process gets.
fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
