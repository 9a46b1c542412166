//! A connection to a replica, over any link: one exchange of HTTP/1.1 after the other.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use actix_web::http::Method;
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::PeerAddress;
use super::answer::{End, Head, malformed};
use super::request::Request;
use super::sending::Sending;
use crate::{MemoryServer, PipeAddress};

/// How long a peer may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Room for what is read at once.
const READ_BYTES: usize = 8 * 1024;

/// The longest line of a chunk, and all that may follow the last one.
const MAX_CHUNK_LINE_BYTES: usize = 4 * 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("no connection to {address}: {source}")]
    Refused { address: String, source: io::Error },
    #[error("no connection to {address} within {} ms", CONNECT_TIMEOUT.as_millis())]
    Timeout { address: String },
    #[error("the thread that answers has ended")]
    NoThread,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Nothing of it has left.
    NotSent(io::Error),
    /// It, or a part of it, has left.
    Broken(io::Error),
    /// Its own body broke off.
    Withdrawn(io::Error),
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}
impl<Io: AsyncRead + AsyncWrite + Unpin> Duplex for Io {}

/// A connection. It has no task of its own: whoever waits for an answer reads it, and whoever stops waiting drops it, which closes it.
pub(super) struct Connection {
    stream: Box<dyn Duplex>,
    /// What was read and not yet taken.
    received: BytesMut,
}

/// Where the body of an answer goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// After so many more bytes it ends.
    Bytes(u64),
    /// So many more bytes are in this chunk; behind the last one of them stands the end of a line.
    Chunk(u64),
    /// The line that says how long the next chunk is.
    ChunkLine,
    /// Lines up to an empty one.
    Trailers,
    /// All that comes.
    UntilClosed,
}

impl Connection {
    /// Opens one to a replica in another process.
    pub(super) async fn open(address: &PeerAddress) -> Result<Self, ConnectError> {
        let connecting = async {
            Ok(match address {
                PeerAddress::Tcp(socket_address) => {
                    let stream = TcpStream::connect(socket_address).await?;
                    // Without it a small request waits 40 ms for the delayed acknowledgement of the one before.
                    stream.set_nodelay(true)?;
                    Self::over(stream)
                }
                PeerAddress::Unix(path) => Self::over(UnixStream::connect(path).await?),
            })
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(connected) => {
                connected.map_err(|source| ConnectError::Refused { address: address.to_string(), source })
            }
            Err(_elapsed) => Err(ConnectError::Timeout { address: address.to_string() }),
        }
    }

    /// Opens one to a server of this thread.
    pub(super) fn open_in_memory(server: &MemoryServer) -> Self {
        Self::over(server.connect())
    }

    /// Opens one to a server of another thread.
    pub(super) fn open_to_thread(address: &PipeAddress) -> Result<Self, ConnectError> {
        address.connect().map(Self::over).ok_or(ConnectError::NoThread)
    }

    pub(super) fn over(stream: impl AsyncRead + AsyncWrite + Unpin + 'static) -> Self {
        Self { stream: Box::new(stream), received: BytesMut::new() }
    }

    /// Whether nothing has come since the last answer, neither its end nor what nobody asked for. Only what the runtime has heard of
    /// counts, so that it costs no call of the kernel.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.received.is_empty() && self.poll_read(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    /// Sends a sealed request and reads the answer's head. An answer that begins before the request has left ends the sending, and the
    /// connection is not used again: who refuses a request does not want the rest of it.
    pub(super) async fn exchange(&mut self, request: &mut Request) -> Result<Head, Unanswered> {
        let method = request.method.clone();
        let (mut sending, mut failure) = (Sending::of(request), None);
        poll_fn(|context| {
            let is_sent = failure.is_none()
                && match sending.poll(self.stream.as_mut(), context) {
                    Poll::Ready(Ok(())) => true,
                    // Who closed the connection may have said why before, and what was said is there to be read.
                    Poll::Ready(Err(Unanswered::Broken(error))) => {
                        failure = Some(error);
                        false
                    }
                    Poll::Ready(Err(other)) => return Poll::Ready(Err(other)),
                    Poll::Pending => false,
                };
            let head = ready!(self.poll_head(&method, context));
            Poll::Ready(match head {
                Ok(head) => Ok(Head { keeps_alive: head.keeps_alive && is_sent, ..head }),
                Err(error) => Err(sending.blame(failure.take().unwrap_or(error))),
            })
        })
        .await
    }

    fn poll_head(&mut self, method: &Method, context: &mut Context<'_>) -> Poll<io::Result<Head>> {
        loop {
            if let Some(head) = Head::take(&mut self.received, method)? {
                return Poll::Ready(Ok(head));
            }
            ready!(self.poll_more(context))?;
        }
    }

    /// The next piece of the body of which `rest` is still to come; `None` at its end.
    pub(super) fn poll_body(
        &mut self,
        rest: &mut Rest,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            match rest {
                Rest::Bytes(0) => return Poll::Ready(Ok(None)),
                Rest::Bytes(left) | Rest::Chunk(left @ 1..) if !self.received.is_empty() => {
                    let available = u64::try_from(self.received.len()).unwrap_or(u64::MAX).min(*left);
                    *left -= available;
                    let available = usize::try_from(available).unwrap_or(usize::MAX);
                    return Poll::Ready(Ok(Some(self.received.split_to(available).freeze())));
                }
                Rest::Chunk(0) if self.received.len() >= 2 => {
                    if self.received.split_to(2) != b"\r\n"[..] {
                        return Poll::Ready(Err(malformed("a chunk is longer than it says")));
                    }
                    *rest = Rest::ChunkLine;
                    continue;
                }
                Rest::ChunkLine => {
                    if let Some(line) = self.take_line()? {
                        *rest = match chunk_length(&line)? {
                            0 => Rest::Trailers,
                            length => Rest::Chunk(length),
                        };
                        continue;
                    }
                }
                Rest::Trailers => {
                    if let Some(line) = self.take_line()? {
                        if line.is_empty() {
                            *rest = Rest::Bytes(0);
                        }
                        continue;
                    }
                }
                Rest::UntilClosed if !self.received.is_empty() => {
                    return Poll::Ready(Ok(Some(self.received.split().freeze())));
                }
                Rest::UntilClosed => {
                    if ready!(self.poll_read(context))? == 0 {
                        *rest = Rest::Bytes(0);
                    }
                    continue;
                }
                Rest::Bytes(_) | Rest::Chunk(_) => {}
            }
            ready!(self.poll_more(context))?;
        }
    }

    /// Takes a line without its end, once it is there.
    fn take_line(&mut self) -> io::Result<Option<Bytes>> {
        let Some(end) = self.received.windows(2).position(|pair| pair == b"\r\n") else {
            let is_too_long = self.received.len() > MAX_CHUNK_LINE_BYTES;
            return if is_too_long { Err(malformed("a line between chunks is too long")) } else { Ok(None) };
        };
        let line = self.received.split_to(end).freeze();
        let _its_end = self.received.split_to(2);
        Ok(Some(line))
    }

    /// Reads what has come, of which there must be something.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.poll_read(context))? {
            0 => Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the peer has closed it"))),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Reads what has come; 0 where no more will.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.received.capacity() - self.received.len() < READ_BYTES / 2 {
            self.received.reserve(READ_BYTES);
        }
        pin!(self.stream.read_buf(&mut self.received)).poll(context)
    }
}

impl From<End> for Rest {
    fn from(end: End) -> Self {
        match end {
            End::After(length) => Self::Bytes(length),
            End::InChunks => Self::ChunkLine,
            End::OfConnection => Self::UntilClosed,
        }
    }
}

fn chunk_length(line: &[u8]) -> io::Result<u64> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let digits =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let length = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    length.ok_or_else(|| malformed("the length of a chunk is no number"))
}

#[cfg(test)]
mod tests;
