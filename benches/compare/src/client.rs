//! A plain blocking client for scripts, which are not timed: one connection a request, no retry.

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
        Self { address, timeout }
    }

    /// Whom it asks.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends one request and waits for its answer, whatever the status.
    pub fn send(&mut self, request: &Request) -> Result<Response, ClientError> {
        let asked = || format!("{} {}", request.method, request.path);
        let closing = request.clone().header("connection", "close");
        let mut reader = ResponseReader::default();
        let connection = |source| ClientError::Connection { address: self.address, asked: asked(), source };
        let answer = |source| ClientError::Answer { address: self.address, asked: asked(), source };

        let deadline = Instant::now() + self.timeout;
        let mut stream = TcpStream::connect_timeout(&self.address, self.timeout).map_err(connection)?;
        stream.set_nodelay(true).map_err(connection)?;
        stream.set_write_timeout(Some(self.timeout)).map_err(connection)?;
        stream.write_all(&closing.to_bytes(self.address)).map_err(connection)?;
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            stream.set_read_timeout(Some(left)).map_err(connection)?;
            match stream.read(&mut buffer).map_err(connection)? {
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
