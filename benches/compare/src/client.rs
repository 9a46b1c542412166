//! A plain blocking client without retries: one connection a request for scripts, one that stays open for benchmarks.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::http::{HttpError, Request, Response, ResponseReader};

/// Sends requests to one deployment, one after the other.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    timeout: Duration,
    host: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The connection failed, or its deadline passed.
    #[error("no answer from {address} to {asked} (is the deployment still running?)")]
    Connection {
        /// Who was asked.
        address: SocketAddr,
        /// Method and path.
        asked: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Bytes came that are not an answer.
    #[error("no usable answer from {address} to {asked}")]
    Answer {
        /// Who was asked.
        address: SocketAddr,
        /// Method and path.
        asked: String,
        /// What is wrong with it.
        source: HttpError,
    },
}

impl Client {
    /// A client of the deployment at `address` that waits at most `timeout` for each answer.
    pub fn new(address: SocketAddr, timeout: Duration) -> Self {
        Self { address, timeout, host: None }
    }

    /// The same client, whose requests name this host, as one does who was given a name and not an address.
    #[must_use]
    pub fn naming(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Whom it asks.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends one request and waits for its answer, whatever the status.
    pub fn send(&mut self, request: &Request) -> Result<Response, ClientError> {
        let mut closing = request.clone().header("connection", "close");
        if let Some(host) = self.host.as_ref().filter(|_| !request.names_host()) {
            closing = closing.header("host", host);
        }
        Connection::open(self.address, self.timeout, asked(request))?.send(&closing)
    }

    /// Opens a connection that stays open.
    pub fn connect(&self) -> Result<Connection, ClientError> {
        Connection::open(self.address, self.timeout, "a connection".to_owned())
    }
}

/// One connection to a deployment, which carries one request after the other.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    timeout: Duration,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr, timeout: Duration, asked: String) -> Result<Self, ClientError> {
        let open = || {
            let stream = TcpStream::connect_timeout(&address, timeout)?;
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(timeout))?;
            Ok(stream)
        };
        let stream = open().map_err(|source| ClientError::Connection { address, asked, source })?;
        Ok(Self { address, timeout, stream, buffer: vec![0; 16 * 1024] })
    }

    /// Sends one request and waits for its answer, whatever the status.
    pub fn send(&mut self, request: &Request) -> Result<Response, ClientError> {
        let Self { address, timeout, stream, buffer } = self;
        let connection =
            |source| ClientError::Connection { address: *address, asked: asked(request), source };
        let answer = |source| ClientError::Answer { address: *address, asked: asked(request), source };
        let deadline = Instant::now() + *timeout;
        let mut reader = ResponseReader::default();
        stream.write_all(&request.to_bytes(*address)).map_err(connection)?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            stream.set_read_timeout(Some(left)).map_err(connection)?;
            match stream.read(buffer).map_err(connection)? {
                0 => return reader.finish().map_err(answer),
                read => reader.push(&buffer[..read]),
            }
            if let Some(response) = reader.take(&request.method).map_err(answer)? {
                return Ok(response);
            }
            if Instant::now() >= deadline {
                return Err(connection(std::io::ErrorKind::TimedOut.into()));
            }
        }
    }
}

fn asked(request: &Request) -> String {
    format!("{} {}", request.method, request.path)
}
