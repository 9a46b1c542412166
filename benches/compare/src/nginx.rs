//! nginx as a plain proxy: it passes requests on, keeps connections open on both sides, and logs none of them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::guarded::Guarded;
use crate::proc;

/// How long it may take until it listens.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks whether it does.
const PAUSE: Duration = Duration::from_millis(5);

/// How many connections to the origin each worker keeps open: more than any load has at the same time.
const KEPT: usize = 128;

/// The nginx that is installed.
#[derive(Debug, Clone)]
pub struct Nginx {
    program: PathBuf,
    version: String,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoNginx {
    /// No program of that name where the shell would look, nor where servers are.
    #[error("nginx is not installed")]
    NotInstalled,
    /// There is one that does not even tell its version.
    #[error("{program} does not tell its version ({reason})", program = program.display())]
    Unusable {
        /// The program.
        program: PathBuf,
        /// What it said instead.
        reason: String,
    },
}

impl Nginx {
    /// Looks for it.
    pub fn installed() -> Result<Self, NoNginx> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Users who are not root seldom have these among their own.
        let servers = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
        Self::among(std::env::split_paths(&path).chain(servers))
    }

    fn among(folders: impl Iterator<Item = PathBuf>) -> Result<Self, NoNginx> {
        let mut programs = folders.map(|folder| folder.join("nginx"));
        let program = programs.find(|program| program.is_file()).ok_or(NoNginx::NotInstalled)?;
        let unusable = |reason: String| NoNginx::Unusable { program: program.clone(), reason };
        let told = Command::new(&program).arg("-v").output().map_err(|error| unusable(error.to_string()))?;
        let told = String::from_utf8_lossy(&told.stderr).into_owned();
        let version = told.split_once("nginx/").and_then(|(_, rest)| rest.split_whitespace().next());
        let version = version.ok_or_else(|| unusable(told.trim().to_owned()))?.to_owned();
        Ok(Self { program, version })
    }

    /// Such as `1.22.1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Starts it before an origin with so many workers; it writes into this folder only.
    pub fn start(&self, folder: &Path, origin: SocketAddr, workers: usize) -> anyhow::Result<PlainProxy> {
        let address = free_address().context("no port is free for nginx")?;
        let unwritable = || format!("nginx cannot be given the folder {}", folder.display());
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(folder, address, origin, workers)).with_context(unwritable)?;
        let complaints = File::create(folder.join("complaints.log")).with_context(unwritable)?;
        let arguments: [OsString; 4] = ["-p".into(), folder.into(), "-c".into(), file.into()];
        let guarded = Guarded::start(&self.program, &arguments, complaints)
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        let mut proxy = PlainProxy { master: guarded.pid(), workers: Vec::new(), address, _guarded: guarded };
        let began = Instant::now();
        while !proxy.is_complete(workers) {
            if began.elapsed() > PATIENCE || proc::is_zombie(proxy.master) {
                let said = ["complaints.log", "error.log"].map(|name| fs::read_to_string(folder.join(name)));
                let said = said.into_iter().flatten().collect::<String>();
                bail!(
                    "{} has ended or does not listen at {address} with {workers} workers within {PATIENCE:?}: {}",
                    self.program.display(),
                    if said.trim().is_empty() { "it says nothing" } else { said.trim() }
                );
            }
            thread::sleep(PAUSE);
        }
        Ok(proxy)
    }
}

/// A proxy that runs until it is dropped, or this process is gone.
pub struct PlainProxy {
    master: u32,
    workers: Vec<u32>,
    address: SocketAddr,
    _guarded: Guarded,
}

impl PlainProxy {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All of its processes: who watches, and who works.
    pub fn pids(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.master).chain(self.workers.iter().copied())
    }

    /// Whether it listens and all of its workers are there, where processes can be seen at all.
    fn is_complete(&mut self, workers: usize) -> bool {
        let children = proc::children(self.master);
        let is_complete = children.as_ref().is_none_or(|children| children.len() >= workers);
        self.workers = children.unwrap_or_default();
        is_complete && TcpStream::connect(self.address).is_ok()
    }
}

/// Nothing of a request is written to a file, and none is refused for its size: that is up to the origin.
fn configuration(folder: &Path, address: SocketAddr, origin: SocketAddr, workers: usize) -> String {
    let path = |name: &str| format!("\"{}\"", folder.join(name).display());
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = kinds.map(|kind| format!("{kind}_temp_path {};", path(kind))).join(" ");
    format!(
        "daemon off; worker_processes {workers}; pid {}; error_log {} error;
        events {{ worker_connections 1024; }}
        http {{
            access_log off; {temporary}
            keepalive_timeout 75; keepalive_requests 1000000000;
            client_max_body_size 0; client_body_buffer_size 1m; proxy_max_temp_file_size 0;
            upstream origin {{
                server {origin}; keepalive {KEPT}; keepalive_timeout 30; keepalive_requests 1000000000;
            }}
            server {{
                listen {address};
                location / {{
                    proxy_pass http://origin; proxy_http_version 1.1;
                    proxy_set_header Host $http_host; proxy_set_header Connection \"\";
                }}
            }}
        }}\n",
        path("nginx.pid"),
        path("error.log"),
    )
}

/// One that nobody has at this moment: nginx cannot choose one itself.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

#[cfg(test)]
mod tests;
