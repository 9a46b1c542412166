//! A request on its way out.

use std::fmt;
use std::pin::Pin;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use bytes::Bytes;
use futures_util::Stream;

/// A request's body: nothing, some bytes, or a stream of a known or unknown length.
pub struct Outgoing(pub(super) Content);

pub(super) enum Content {
    Bytes(Bytes),
    Stream(Upload),
}

/// A body that is still to come.
pub(super) struct Upload {
    pub(super) pieces: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>>>>,
    pub(super) length: Option<u64>,
    /// Whether some of it was asked for, so that it cannot be had again from its beginning.
    pub(super) has_begun: bool,
}

impl Outgoing {
    /// No body.
    pub fn empty() -> Self {
        Self::full(Bytes::new())
    }

    /// These bytes; no body at all when there are none.
    pub fn full(bytes: Bytes) -> Self {
        Self(Content::Bytes(bytes))
    }

    /// A stream, with its length in bytes where that is known beforehand.
    pub fn stream(pieces: impl Stream<Item = std::io::Result<Bytes>> + 'static, length: Option<u64>) -> Self {
        Self(Content::Stream(Upload { pieces: Box::pin(pieces), length, has_begun: false }))
    }
}

/// A request as it goes over the wire: its head is written once, what a peer is told of an attempt is put behind it each time.
pub struct Request {
    pub(super) method: Method,
    /// The request line and the fields that are the same in each attempt, and behind them what [`Request::seal`] has written.
    pub(super) bytes: Vec<u8>,
    unsealed_length: usize,
    pub(super) body: Outgoing,
}

/// A path that cannot stand in a request line.
#[derive(Debug, thiserror::Error)]
#[error("a path begins with a slash and is made of printable ASCII characters without spaces")]
pub struct InvalidPath;

/// Room for the head of a call, so that it grows no buffer.
const USUAL_LENGTH: usize = 512;

impl Request {
    /// A request without any header.
    ///
    /// # Errors
    /// Where `path`, which may have a query, could end the request line.
    pub fn new(method: Method, path: &str, body: Outgoing) -> Result<Self, InvalidPath> {
        if !path.starts_with('/') || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidPath);
        }
        let mut bytes = Vec::with_capacity(USUAL_LENGTH + path.len());
        for piece in [method.as_str(), " ", path, " HTTP/1.1\r\n"] {
            bytes.extend_from_slice(piece.as_bytes());
        }
        Ok(Self { method, unsealed_length: bytes.len(), bytes, body })
    }

    /// Adds a header. Those that say how long the body is are added when it is sent.
    pub fn append(&mut self, name: &HeaderName, value: &HeaderValue) {
        write_field(&mut self.bytes, name.as_str(), value.as_bytes());
        self.unsealed_length = self.bytes.len();
    }

    /// The same for a text that may be no value; then there is no such header.
    pub(super) fn append_text(&mut self, name: &'static str, value: &str) {
        if is_value(value) {
            write_field(&mut self.bytes, name, value.as_bytes());
            self.unsealed_length = self.bytes.len();
        }
    }

    /// Whether it can be sent from its beginning.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(&self.body.0, Content::Stream(Upload { has_begun: true, .. }))
    }

    /// Makes it ready for an attempt: behind its own fields come those that `sign` writes, how long the body is, and the body if it is
    /// there already.
    pub(super) fn seal(&mut self, sign: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.truncate(self.unsealed_length);
        sign(&mut self.bytes);
        match &self.body.0 {
            // Where a body is usual, its absence is said: RFC 9110, section 8.6.
            Content::Bytes(body) if body.is_empty() && !expects_body(&self.method) => {}
            Content::Bytes(body) => write_number(&mut self.bytes, "content-length", body.len() as u64),
            Content::Stream(Upload { length: Some(length), .. }) => {
                write_number(&mut self.bytes, "content-length", *length);
            }
            Content::Stream(Upload { length: None, .. }) => {
                write_field(&mut self.bytes, "transfer-encoding", b"chunked");
            }
        }
        self.bytes.extend_from_slice(b"\r\n");
        if let Content::Bytes(body) = &self.body.0 {
            self.bytes.extend_from_slice(body);
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The head holds credentials.
        formatter.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

fn expects_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// Whether a text can be the value of a header, so that it cannot pretend to be more than that.
pub(super) fn is_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

pub(super) fn write_field(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    for piece in [name.as_bytes(), b": ", value, b"\r\n"] {
        head.extend_from_slice(piece);
    }
}

pub(super) fn write_number(head: &mut Vec<u8>, name: &str, mut value: u64) {
    let (mut digits, mut start) = ([0; 20], 20);
    while start == 20 || value > 0 {
        start -= 1;
        digits[start] = b"0123456789"[(value % 10) as usize];
        value /= 10;
    }
    write_field(head, name, &digits[start..]);
}
