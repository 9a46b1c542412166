//! A PostgreSQL of this test binary's own.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::skip;

/// Where the programs of Debian's package are.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Who administers it.
const ADMIN: &str = "admin";

/// Whether this machine has the programs of PostgreSQL; where it has not, the tests on it are skipped.
///
/// # Panics
/// See [`skip`].
pub fn is_installed() -> bool {
    let is_installed = programs().is_some();
    if !is_installed {
        skip(
            "the tests on PostgreSQL, because there is no PostgreSQL on this machine: no initdb on the PATH or in \
             /usr/lib/postgresql; install it, for example with `apt-get install postgresql`",
        );
    }
    is_installed
}

/// The one server of this process.
///
/// # Panics
/// Where this machine has no programs for it, or they fail.
pub fn throwaway_server() -> &'static ThrowawayServer {
    static SERVER: OnceLock<ThrowawayServer> = OnceLock::new();
    SERVER.get_or_init(|| ThrowawayServer::start(&programs().expect("PostgreSQL is installed")))
}

/// A server that ends, with all that it holds, when this process ends.
#[derive(Debug)]
pub struct ThrowawayServer {
    sockets: PathBuf,
    /// It waits for the end of its input, which is that of this process.
    _guard: Child,
}

impl ThrowawayServer {
    fn start(programs: &Path) -> Self {
        let folder =
            tempfile::Builder::new().prefix("cleave-pg-").tempdir().expect("a temporary folder").keep();
        let owner = owner();
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).expect("root gives a folder away");
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
        // The guard outlives this process by a moment: it ends the server and takes everything away.
        let script = r#"
            set -eu
            trap '' INT TERM HUP
            "$1/initdb" --pgdata "$2/data" --username "$3" --auth trust --encoding UTF8 --locale C --no-sync >"$2/log" 2>&1
            printf 'local all %s trust\nlocal all all scram-sha-256\n' "$3" >"$2/data/pg_hba.conf"
            "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c max_connections=400 \
                -c shared_buffers=32MB >>"$2/log" 2>&1 &
            server=$!
            patience=600
            until "$1/pg_isready" --quiet --host "$2"; do
                kill -0 "$server"
                patience=$((patience - 1))
                [ "$patience" -gt 0 ]
                sleep 0.05
            done
            echo ready
            read -r _ || true
            kill -QUIT "$server"
            wait "$server" || true
            rm -rf "$2"
        "#;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "guard"]).args([
            programs.as_os_str(),
            folder.as_os_str(),
            OsStr::new(ADMIN),
        ]);
        command.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        // PostgreSQL refuses to run as root.
        if let Some((user, group)) = owner {
            command.uid(user).gid(group);
        }
        // The terminal's Ctrl-C ends the tests, and their end ends the server.
        command.process_group(0);
        let mut guard = command.spawn().expect("a shell can be started");
        let mut said = String::new();
        let stdout = guard.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut said).expect("the guard speaks");
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert_eq!(said.trim(), "ready", "PostgreSQL cannot be started: {}", log());
        Self { sockets: folder, _guard: guard }
    }

    /// The URL of a database that does not exist yet, for whoever may make it.
    pub fn new_database(&self) -> String {
        self.url_of(&format!("t{}", super::next_number()))
    }

    /// The URL of a database by its name, for whoever may do everything.
    pub fn url_of(&self, database: &str) -> String {
        let sockets = self.sockets.to_string_lossy().replace('/', "%2F");
        format!("postgres://{ADMIN}@{sockets}/{database}")
    }
}

/// The folder of initdb and postgres; the newest of Debian's.
fn programs() -> Option<PathBuf> {
    let has_all = |folder: &PathBuf| {
        ["initdb", "postgres", "pg_isready"].iter().all(|program| folder.join(program).is_file())
    };
    #[expect(clippy::disallowed_methods, reason = "programs are found where people have them")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(has_all);
    on_path.or_else(|| {
        let versions = fs::read_dir(DEBIAN).ok()?.filter_map(Result::ok);
        let mut folders =
            versions.map(|version| version.path().join("bin")).filter(has_all).collect::<Vec<_>>();
        folders.sort();
        folders.pop()
    })
}

/// The user and the group that PostgreSQL runs as where the tests are root's.
fn owner() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").ok().map(|own| std::os::unix::fs::MetadataExt::uid(&own))? != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}
