//! Questions to processes of the store.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use cleave_auth::ServiceCredential;
use cleave_compare::{Client, ClientError, Request, Response};
use cleave_rest::{PeerAddress, headers};
use serde::Deserialize;

/// How long a process may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The version of this program.
pub(super) const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a process says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Introduction {
    /// Processes of older versions do not say it.
    pub(super) version: Option<String>,
    pub(super) topology: String,
    pub(super) service: String,
    modules: Vec<String>,
    roles: Vec<String>,
}

impl Introduction {
    /// Whether the process hosts the module or role.
    pub(super) fn hosts(&self, part: &str) -> bool {
        self.modules.iter().chain(&self.roles).any(|hosted| hosted == part)
    }

    /// Another version than this program's, in words.
    pub(super) fn other_version(&self) -> Option<String> {
        let version = self.version.as_deref().unwrap_or("a version that does not say its number");
        (version != OWN_VERSION).then(|| version.to_owned())
    }
}

/// Why there is no introduction.
#[derive(Debug)]
pub(super) enum Silence {
    /// Nobody is there, or does not answer in time.
    Away(String),
    /// Who answers is no process of a store.
    Stranger,
}

/// Asks whom it meets at this address who it is.
pub(super) fn introduced(address: &PeerAddress) -> Result<Introduction, Silence> {
    let answer = ask(address, "/topology", None).map_err(Silence::Away)?;
    serde_json::from_slice(&answer.body).map_err(|_| Silence::Stranger)
}

/// Whether the process at this address accepts the service credential; `None` where it does not say.
pub(super) fn accepts(address: &PeerAddress, credential: &ServiceCredential) -> Option<bool> {
    match ask(address, "/peer", Some(credential)).ok()?.status {
        204 => Some(true),
        401 => Some(false),
        _ => None,
    }
}

/// Asks a process, or says why there is no answer.
pub(super) fn ask(
    address: &PeerAddress,
    path: &str,
    credential: Option<&ServiceCredential>,
) -> Result<Response, String> {
    let mut request = Request::get(path);
    if let Some(credential) = credential {
        request = request.header(headers::CREDENTIAL, credential.header_value());
    }
    match address {
        PeerAddress::Tcp(address) => over_tcp(*address, &request),
        PeerAddress::Unix(file) => over_unix(file, &request).map_err(|error| reason(&error)),
    }
}

fn over_tcp(address: SocketAddr, request: &Request) -> Result<Response, String> {
    Client::new(address, PATIENCE).send(request).map_err(|error| match error {
        ClientError::Connection { source, .. } => reason(&source),
        ClientError::Answer { source, .. } => source.to_string(),
        ClientError::Handshake { source, .. } => source.to_string(),
    })
}

/// The instrument's client speaks TCP only; a question and its short answer need no more than this.
fn over_unix(file: &Path, request: &Request) -> io::Result<Response> {
    let mut stream = UnixStream::connect(file)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "{} {} HTTP/1.1\r\nhost: cleave\r\nconnection: close\r\n", request.method, request.path)?;
    for (name, value) in &request.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    let mut answer = String::new();
    stream.take(1 << 20).read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it speaks no HTTP"))?;
    Ok(Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => "nobody listens there".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            format!("no answer within {} s", PATIENCE.as_secs())
        }
        _ => error.to_string(),
    }
}
