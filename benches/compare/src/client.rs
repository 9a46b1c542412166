//! A plain blocking client without retries: one connection a request for scripts, one that stays open for benchmarks.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::http::{HttpError, Request, Response, ResponseReader};
use crate::interruption::{HEARD_WITHIN, Interruption};
use crate::tls::{HandshakeError, Tls, Wire};

/// Sends requests to one deployment, one after the other.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    timeout: Duration,
    host: Option<String>,
    tls: Option<Tls>,
    interruption: Interruption,
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
        source: io::Error,
    },
    /// The other side is not believed, or speaks no TLS.
    #[error("no connection to {address} can be trusted")]
    Handshake {
        /// Who was asked.
        address: SocketAddr,
        /// Why, and what to do.
        source: HandshakeError,
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
        Self { address, timeout, host: None, tls: None, interruption: Interruption::default() }
    }

    /// The same client, whose requests name this host, as one does who was given a name and not an address.
    #[must_use]
    pub fn naming(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The same client, which speaks TLS.
    #[must_use]
    pub fn over(mut self, tls: Option<Tls>) -> Self {
        self.tls = tls;
        self
    }

    /// The same client, which waits for nothing any longer from when that is wished.
    #[must_use]
    pub fn heeding(mut self, interruption: &Interruption) -> Self {
        self.interruption = interruption.clone();
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
        self.open(asked(request))?.send(&closing)
    }

    /// Opens a connection that stays open.
    pub fn connect(&self) -> Result<Connection, ClientError> {
        self.open("a connection".to_owned())
    }

    fn open(&self, asked: String) -> Result<Connection, ClientError> {
        let Self { address, timeout, tls, interruption, .. } = self;
        let stream =
            open(*address, *timeout, tls.as_ref()).map_err(|source| {
                match HandshakeError::in_it(&source) {
                    Some(source) => ClientError::Handshake { address: *address, source },
                    None => ClientError::Connection { address: *address, asked, source },
                }
            })?;
        let interruption = interruption.clone();
        Ok(Connection {
            address: *address,
            timeout: *timeout,
            interruption,
            stream,
            buffer: vec![0; 16 * 1024],
        })
    }
}

/// One connection to a deployment, which carries one request after the other.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    timeout: Duration,
    interruption: Interruption,
    stream: Wire<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    /// Sends one request and waits for its answer, whatever the status.
    pub fn send(&mut self, request: &Request) -> Result<Response, ClientError> {
        let Self { address, timeout, interruption, stream, buffer } = self;
        let connection =
            |source| ClientError::Connection { address: *address, asked: asked(request), source };
        let answer = |source| ClientError::Answer { address: *address, asked: asked(request), source };
        let deadline = Instant::now() + *timeout;
        let mut reader = ResponseReader::default();
        stream.write_all(&request.to_bytes(*address)).and_then(|()| stream.flush()).map_err(connection)?;
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            interruption.check().map_err(connection)?;
            stream.socket().set_read_timeout(Some(left.min(HEARD_WITHIN))).map_err(connection)?;
            match stream.read(buffer) {
                Ok(0) => return reader.finish().map_err(answer),
                Ok(read) => reader.push(&buffer[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(connection(error)),
            }
            if let Some(response) = reader.take(&request.method).map_err(answer)? {
                return Ok(response);
            }
            if Instant::now() >= deadline {
                return Err(connection(ErrorKind::TimedOut.into()));
            }
        }
    }
}

fn open(address: SocketAddr, timeout: Duration, tls: Option<&Tls>) -> io::Result<Wire<TcpStream>> {
    let socket = TcpStream::connect_timeout(&address, timeout)?;
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(timeout))?;
    socket.set_read_timeout(Some(timeout))?;
    let mut wire = Wire::new(socket, tls)?;
    if wire.shake_hands()? { Ok(wire) } else { Err(wire.out_of_time()) }
}

fn asked(request: &Request) -> String {
    format!("{} {}", request.method, request.path)
}
