//! The little HTTP/1.1 that the instrument speaks: requests ready to be written, answers read as they come.

use std::fmt::Write as _;
use std::net::SocketAddr;

use thiserror::Error;

const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
const MAX_HEADERS: usize = 100;
/// How an alert of TLS 1.x begins, which is the answer to what is none.
const TLS_ALERT: [u8; 2] = [21, 3];

/// What is asked of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// GET, POST, ...
    pub method: String,
    /// The path with its query, as it stands on the request line.
    pub path: String,
    /// Headers beyond `content-length` and `connection`, which the instrument writes, as it does `host` where it is missing.
    pub headers: Vec<(String, String)>,
    /// Empty where there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A GET of `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same with a JSON text as its body.
    #[must_use]
    pub fn json(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", "application/json")
    }

    /// Whether it says itself for which host it is.
    pub(crate) fn names_host(&self) -> bool {
        self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"))
    }

    /// The bytes on the wire, for `host` where the request does not name another one.
    pub(crate) fn to_bytes(&self, host: SocketAddr) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.names_host() {
            let _ = write!(head, "host: {host}\r\n");
        }
        for (name, value) in &self.headers {
            // Writing to a String cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() || !matches!(self.method.as_str(), "GET" | "HEAD" | "DELETE") {
            let _ = write!(head, "content-length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// What a deployment answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers in the order of arrival, names as they were sent.
    pub headers: Vec<(String, String)>,
    /// The body, without its transfer coding.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name; case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn closes_connection(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Why bytes are not an answer.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The head or a chunk is not HTTP/1.1.
    #[error("the answer is not HTTP/1.1: {0}")]
    Malformed(String),
    /// The head is that of a TLS record.
    #[error("what came is no HTTP: it speaks TLS on that port, so write https://")]
    Tls,
    /// More than the instrument is ready to keep.
    #[error("the answer's {part} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// head or body
        part: &'static str,
        /// What would have been taken.
        limit_bytes: usize,
    },
    /// The connection ended inside the answer.
    #[error("the connection closed after {received_bytes} bytes of an answer")]
    Truncated {
        /// What had arrived.
        received_bytes: usize,
    },
}

/// Collects the bytes of one connection and takes whole answers out of them.
#[derive(Debug, Default)]
pub(crate) struct ResponseReader {
    bytes: Vec<u8>,
    head: Option<Head>,
}

#[derive(Debug)]
struct Head {
    response: Response,
    framing: Framing,
    length: usize,
}

#[derive(Debug, Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl ResponseReader {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next whole answer to a request with `method`, or none yet.
    pub(crate) fn take(&mut self, method: &str) -> Result<Option<Response>, HttpError> {
        loop {
            if self.head.is_none() {
                self.head = parse_head(&self.bytes, method)?;
            }
            let Some(head) = &mut self.head else { return Ok(None) };
            let rest = &self.bytes[head.length..];
            let consumed = match head.framing {
                Framing::Length(length) if rest.len() >= length => {
                    head.response.body = rest[..length].to_vec();
                    length
                }
                Framing::Chunked => match decode_chunks(rest)? {
                    Some((body, consumed)) => {
                        head.response.body = body;
                        consumed
                    }
                    None => return self.wait(),
                },
                Framing::Length(_) | Framing::UntilClose => return self.wait(),
            };
            let Some(head) = self.head.take() else { return Ok(None) };
            self.bytes.drain(..head.length + consumed);
            // 100 Continue and its like precede the answer.
            if head.response.status >= 200 {
                return Ok(Some(head.response));
            }
        }
    }

    /// The connection has ended: what is there is the answer, if its framing lets the end of the connection end it.
    pub(crate) fn finish(&mut self) -> Result<Response, HttpError> {
        match self.head.take() {
            Some(Head { mut response, framing: Framing::UntilClose, length }) => {
                response.body = self.bytes.split_off(length);
                Ok(response)
            }
            _ => Err(HttpError::Truncated { received_bytes: self.bytes.len() }),
        }
    }

    fn wait(&self) -> Result<Option<Response>, HttpError> {
        if self.bytes.len() > MAX_HEAD_BYTES + MAX_BODY_BYTES {
            return Err(HttpError::TooLarge { part: "body", limit_bytes: MAX_BODY_BYTES });
        }
        Ok(None)
    }
}

fn parse_head(bytes: &[u8], method: &str) -> Result<Option<Head>, HttpError> {
    if bytes.starts_with(&TLS_ALERT) {
        return Err(HttpError::Tls);
    }
    let malformed = |what: httparse::Error| HttpError::Malformed(what.to_string());
    let mut storage = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut storage);
    let length = match parsed.parse(bytes).map_err(malformed)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial if bytes.len() > MAX_HEAD_BYTES => {
            return Err(HttpError::TooLarge { part: "head", limit_bytes: MAX_HEAD_BYTES });
        }
        httparse::Status::Partial => return Ok(None),
    };
    let headers = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let response = Response { status: parsed.code.unwrap_or_default(), headers, body: Vec::new() };
    let framing = framing(&response, method)?;
    Ok(Some(Head { response, framing, length }))
}

fn framing(response: &Response, method: &str) -> Result<Framing, HttpError> {
    if method == "HEAD" || response.status < 200 || matches!(response.status, 204 | 304) {
        return Ok(Framing::Length(0));
    }
    if response
        .header("transfer-encoding")
        .is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"))
    {
        return Ok(Framing::Chunked);
    }
    let Some(text) = response.header("content-length") else { return Ok(Framing::UntilClose) };
    match text.trim().parse::<usize>() {
        Ok(length) if length <= MAX_BODY_BYTES => Ok(Framing::Length(length)),
        Ok(_) => Err(HttpError::TooLarge { part: "body", limit_bytes: MAX_BODY_BYTES }),
        Err(_) => Err(HttpError::Malformed(format!("content-length is {text:?}"))),
    }
}

/// The body of a chunked answer and the bytes that it took, or none where its end has not arrived.
fn decode_chunks(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, HttpError> {
    let mut body = Vec::new();
    let mut position = 0;
    loop {
        let size = httparse::parse_chunk_size(&bytes[position..])
            .map_err(|_| HttpError::Malformed("a chunk's size is not a number".to_owned()))?;
        let httparse::Status::Complete((line_length, size)) = size else { return Ok(None) };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > MAX_BODY_BYTES || body.len() + size > MAX_BODY_BYTES {
            return Err(HttpError::TooLarge { part: "body", limit_bytes: MAX_BODY_BYTES });
        }
        position += line_length;
        if size == 0 {
            return Ok(end_of_trailers(&bytes[position..]).map(|length| (body, position + length)));
        }
        let Some(chunk) = bytes.get(position..position + size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        position += size;
        match bytes.get(position..position + 2) {
            Some(b"\r\n") => position += 2,
            Some(_) => return Err(HttpError::Malformed("a chunk is longer than its size".to_owned())),
            None => return Ok(None),
        }
    }
}

fn end_of_trailers(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|position| position + 4)
}

#[cfg(test)]
mod tests;
