//! How other commands reach a running `up`: a Unix socket in its data directory, one JSON object a line in each direction.

use std::io::{self, BufRead as _, BufReader as StdBufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::FleetHandle;

/// More than any request has.
const MOST_BYTES: u64 = 4096;

/// How long somebody who has connected may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longer than any change takes.
const LONGEST_CHANGE: Duration = Duration::from_mins(2);

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Bring a service to so many processes.
    Scale {
        /// Which service.
        service: String,
        /// How many processes.
        replicas: usize,
    },
}

/// The answer, when all is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// It is not, and why.
    Refused {
        /// In words.
        reason: String,
    },
}

/// The socket of a fleet; the file goes with it.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Opens the socket, for the owner of this process alone. Whoever calls has made sure that no other fleet uses the directory.
    pub fn bind(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Answers until it is dropped, several at a time.
    pub async fn serve(&self, fleet: &FleetHandle) {
        let mut conversations = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    // What cannot be accepted (too many open files) concerns who asks, and passes.
                    if let Ok((stream, _)) = accepted {
                        let fleet = fleet.clone();
                        conversations.spawn(async move { converse(stream, &fleet).await });
                    }
                }
                Some(_ended) = conversations.join_next() => {}
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Whoever finds it nevertheless is refused by the system.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn converse(mut stream: UnixStream, fleet: &FleetHandle) {
    let (reader, mut writer) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(MOST_BYTES));
    let reading = tokio::time::timeout(PATIENCE, reader.read_line(&mut line));
    let Ok(Ok(1..)) = reading.await else { return };
    let answer = match serde_json::from_str(&line) {
        Ok(Request::Scale { service, replicas }) => match fleet.scale(&service, replicas).await {
            Ok(()) => Answer::Done,
            Err(error) => Answer::Refused { reason: error.to_string() },
        },
        Err(error) => {
            Answer::Refused { reason: format!("this `up` does not understand the request: {error}") }
        }
    };
    let mut line = serde_json::to_vec(&answer).unwrap_or_default();
    line.push(b'\n');
    // Who has gone away does not want to know.
    let _ = writer.write_all(&line).await;
}

/// Asks the fleet behind a socket, and waits until it is done.
pub fn ask(socket: &Path, request: &Request) -> io::Result<Answer> {
    let mut stream = StdUnixStream::connect(socket)?;
    stream.set_read_timeout(Some(LONGEST_CHANGE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    StdBufReader::new(stream.take(MOST_BYTES * 16)).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "`up` has ended before it answered"));
    }
    serde_json::from_str(&answer).map_err(io::Error::from)
}
