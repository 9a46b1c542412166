//! A PostgreSQL of this test binary's own.

mod tls;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use rustix::process::{Pid, Signal, kill_process};

use super::skip;

/// Where the programs of Debian's package are.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Who administers it.
const ADMIN: &str = "admin";

/// The name of its socket.
const DEFAULT_PORT: u16 = 5432;

/// Outlives the process of the tests by a moment: it ends the server and takes everything away. Until then it does as it is told.
const GUARD: &str = r#"
    set -eu
    trap '' INT TERM HUP
    programs=$1 folder=$2 admin=$3
    shift 3
    "$programs/initdb" --pgdata "$folder/data" --username "$admin" --auth trust --encoding UTF8 --locale C --no-sync \
        >"$folder/log" 2>&1
    printf 'local all %s trust\nlocal all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n' "$admin" \
        >"$folder/data/pg_hba.conf"
    server=
    start() {
        "$programs/postgres" -D "$folder/data" -k "$folder" "$@" >>"$folder/log" 2>&1 &
        server=$!
        patience=600
        until "$programs/pg_isready" --quiet --host "$folder" --port "$port"; do
            kill -0 "$server"
            patience=$((patience - 1))
            [ "$patience" -gt 0 ]
            sleep 0.05
        done
        echo ready
    }
    end() {
        kill -QUIT "$server" 2>"$folder/ignored" || true
        wait "$server" || true
    }
    for setting in "$@"; do
        case $setting in port=*) port=${setting#port=} ;; esac
    done
    start "$@"
    while read -r order; do
        case $order in
        start) start "$@" ;;
        crash) end; echo gone ;;
        esac
    done
    end
    rm -rf "$folder" 2>"$folder/ignored" || true
"#;

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
    SERVER.get_or_init(|| ThrowawayServer::with(ServerOptions::default()))
}

/// How a server differs from the one that tests share.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerOptions {
    /// It is also reached by TLS, on a port of the loopback interface.
    pub tls: bool,
    /// Its data are on a disk of so many MiB, which [`ThrowawayServer::data`] is then. Only for an administrator.
    pub disk_mib: Option<u32>,
}

/// A server that ends, with all that it holds, when this process ends or it is dropped.
#[derive(Debug)]
pub struct ThrowawayServer {
    folder: PathBuf,
    port: u16,
    /// It waits for the end of its input, which is that of this process.
    guard: Child,
    said: Mutex<BufReader<ChildStdout>>,
}

impl ThrowawayServer {
    /// Another server than the one of [`throwaway_server`].
    ///
    /// # Panics
    /// Where this machine has no programs for it, or they fail.
    pub fn with(options: ServerOptions) -> Self {
        Self::start(&programs().expect("PostgreSQL is installed"), options)
    }

    fn start(programs: &Path, options: ServerOptions) -> Self {
        let folder =
            tempfile::Builder::new().prefix("cleave-pg-").tempdir().expect("a temporary folder").keep();
        let owner = owner();
        let mut settings = vec!["-c", "fsync=off", "-c", "max_connections=400", "-c", "shared_buffers=32MB"];
        let port = if options.tls { free_port() } else { DEFAULT_PORT };
        let port_setting = format!("port={port}");
        settings.extend(["-c", &port_setting]);
        if options.tls {
            tls::make_certificates(&folder);
            settings.extend(["-c", "listen_addresses=127.0.0.1", "-c", "ssl=on"]);
            settings.extend(["-c", "ssl_cert_file=../server.pem", "-c", "ssl_key_file=../server.key"]);
        } else {
            settings.extend(["-c", "listen_addresses="]);
        }
        if let Some((user, group)) = owner {
            for path in fs::read_dir(&folder).expect("it is there").map(|entry| entry.expect("a file").path())
            {
                chown(&path, Some(user), Some(group)).expect("root gives a file away");
            }
            chown(&folder, Some(user), Some(group)).expect("root gives a folder away");
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
        let mut command = match options.disk_mib {
            None => Command::new("/bin/sh"),
            Some(mebibytes) => on_disk(&folder, mebibytes, owner.expect("an administrator makes a disk")),
        };
        command.args(["-c", GUARD, "guard"]).args([
            programs.as_os_str(),
            folder.as_os_str(),
            OsStr::new(ADMIN),
        ]);
        command.args(settings).current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        // PostgreSQL refuses to run as root.
        if let (Some((user, group)), None) = (owner, options.disk_mib) {
            command.uid(user).gid(group);
        }
        // The terminal's Ctrl-C ends the tests, and their end ends the server.
        command.process_group(0);
        let mut guard = command.spawn().expect("a shell can be started");
        let said = Mutex::new(BufReader::new(guard.stdout.take().expect("it is piped")));
        let server = Self { folder, port, guard, said };
        server.expect("ready");
        server
    }

    fn expect(&self, word: &str) {
        let mut said = String::new();
        self.said.lock().expect("nobody panics with it").read_line(&mut said).expect("the guard speaks");
        let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert_eq!(said.trim(), word, "PostgreSQL did not do as it was told: {}", log());
    }

    fn order(&self, order: &str, answer: &str) {
        writeln!(self.guard.stdin.as_ref().expect("it is piped"), "{order}").expect("the guard listens");
        self.expect(answer);
    }

    /// Ends it at once, as a crash would.
    ///
    /// # Panics
    /// Where it does not end.
    pub fn crash(&self) {
        self.order("crash", "gone");
    }

    /// Starts it again after [`Self::crash`], or where it has given up itself.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&self) {
        self.order("start", "ready");
    }

    /// Whether it answers.
    pub fn is_running(&self) -> bool {
        let socket = self.folder.join(format!(".s.PGSQL.{}", self.port));
        UnixStream::connect(socket).is_ok()
    }

    /// Pauses all its processes, or has them go on.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn signal(&self, signal: Signal) {
        let postmaster = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let postmaster = postmaster.lines().next().expect("its id").to_owned();
        let is_its_own = |stat: &str| stat.rsplit(") ").next()?.split(' ').nth(1).map(|it| it == postmaster);
        let processes = fs::read_dir("/proc").expect("this is Linux").filter_map(Result::ok);
        let own = processes.filter(|process| {
            let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
            process.file_name() == *postmaster || is_its_own(&stat) == Some(true)
        });
        for process in own {
            let pid = process.file_name().to_str().and_then(|pid| Pid::from_raw(pid.parse().ok()?));
            // A backend may have ended meanwhile.
            let _sent = kill_process(pid.expect("the number of a process"), signal);
        }
    }

    /// The folder of its data, as this process sees it: a disk of its own may be mounted for the server alone.
    pub fn data(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.guard.id()));
        root.join(self.folder.join("data").strip_prefix("/").expect("a temporary folder has a whole path"))
    }

    /// The folder of its certificates.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL by TLS of a database that does not exist yet, for an administrator with this password, and with these parameters;
    /// `ca.pem` in the folder vouches for it, for the name `localhost`.
    pub fn new_database_by_tls(&self, password: &str, parameters: &str) -> String {
        let (number, port) = (super::next_number(), self.port);
        format!("postgres://{ADMIN}:{password}@localhost:{port}/t{number}{parameters}")
    }

    /// The URL of a database that does not exist yet, for whoever may make it.
    pub fn new_database(&self) -> String {
        self.url_of(&format!("t{}", super::next_number()))
    }

    /// The URL of a database by its name, for whoever may do everything.
    pub fn url_of(&self, database: &str) -> String {
        let sockets = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://{ADMIN}@{sockets}:{}/{database}", self.port)
    }
}

impl Drop for ThrowawayServer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ended = self.guard.wait();
        // What the guard could not: where a disk was mounted.
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// Mounts the disk of the size $1 at $2, and becomes the rest as the user $3 of the group $4.
const MOUNT: &str = r#"
    mkdir "$2/data"
    mount -t tmpfs -o "size=$1,uid=$3,gid=$4,mode=700" small-disk "$2/data"
    user=$3 group=$4
    shift 4
    exec setpriv --reuid "$user" --regid "$group" --clear-groups "$@"
"#;

fn on_disk(folder: &Path, mebibytes: u32, (user, group): (u32, u32)) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--", "/bin/sh", "-euc", MOUNT, "sh"]);
    command.arg(format!("{mebibytes}m")).arg(folder).args([user.to_string(), group.to_string()]);
    command.arg("/bin/sh");
    command
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
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
