//! The head of an answer: what it says, and where its body ends.

use std::io;
use std::mem::MaybeUninit;

use actix_web::http::{Method, StatusCode};
use bytes::{Bytes, BytesMut};
use httparse::{ParserConfig, Status};

/// The longest head, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most headers.
const MAX_FIELDS: usize = 100;

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) fields: Fields,
    pub(super) end: End,
    /// Whether the connection can be used again behind this answer.
    pub(super) keeps_alive: bool,
}

/// Where a body ends: RFC 9112, section 6.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// After so many bytes.
    After(u64),
    /// With a chunk of no bytes.
    InChunks,
    /// With the connection.
    OfConnection,
}

/// The headers of an answer as they came.
#[derive(Debug, Clone)]
pub struct Fields(Bytes);

impl Fields {
    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.0.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        // The first line that says something is the one of the status.
        lines.skip_while(|line| line.is_empty()).skip(1).filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((std::str::from_utf8(&line[..colon]).ok()?, line[colon + 1..].trim_ascii_start()))
        })
    }

    /// The first one of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Head {
    /// Takes a head out of what was received, once it is there; those that only say that the real one is to come are passed over.
    pub(super) fn take(received: &mut BytesMut, method: &Method) -> io::Result<Option<Self>> {
        loop {
            match Self::take_any(received, method)? {
                Some(head) if head.status == StatusCode::SWITCHING_PROTOCOLS => {
                    return Err(malformed("it turns to a protocol that nobody asked for"));
                }
                Some(head) if head.status.is_informational() => {}
                other => return Ok(other),
            }
        }
    }

    fn take_any(received: &mut BytesMut, method: &Method) -> io::Result<Option<Self>> {
        if received.is_empty() {
            return Ok(None);
        }
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let parsing =
            ParserConfig::default().parse_response_with_uninit_headers(&mut parsed, received, &mut fields);
        match parsing.map_err(|error| malformed(&error.to_string()))? {
            Status::Partial if received.len() > MAX_HEAD_BYTES => {
                Err(malformed(&format!("its head is longer than {MAX_HEAD_BYTES} bytes")))
            }
            Status::Partial => Ok(None),
            Status::Complete(length) => {
                let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
                let status = status.map_err(|error| malformed(&error.to_string()))?;
                let is_http_11 = parsed.version == Some(1);
                let (end, closes) = read_fields(parsed.headers, is_http_11)?;
                let is_bare = *method == Method::HEAD
                    || status.is_informational()
                    || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status);
                let end = if is_bare { End::After(0) } else { end };
                let keeps_alive = is_http_11 && !closes && end != End::OfConnection;
                let fields = Fields(received.split_to(length).freeze());
                Ok(Some(Self { status, fields, end, keeps_alive }))
            }
        }
    }
}

/// Where these headers say that the body ends, and whether they say that the connection does. What two readers could understand
/// differently is refused.
fn read_fields(fields: &[httparse::Header<'_>], is_http_11: bool) -> io::Result<(End, bool)> {
    let (mut length, mut is_chunked, mut closes) = (None, false, false);
    for field in fields {
        let value = field.value.trim_ascii();
        if field.name.eq_ignore_ascii_case("content-length") {
            let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let text = std::str::from_utf8(value).ok().filter(|_| is_number);
            let number = text.and_then(|text| text.parse::<u64>().ok());
            let number = number.ok_or_else(|| malformed("its length is no number"))?;
            if length.is_some_and(|length| length != number) {
                return Err(malformed("it has two lengths"));
            }
            length = Some(number);
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            if is_chunked || !is_http_11 || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(malformed("its transfer encoding is another one than `chunked`"));
            }
            is_chunked = true;
        } else if field.name.eq_ignore_ascii_case("connection") {
            let mut options = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            closes |= options.any(|option| option.eq_ignore_ascii_case(b"close"));
        }
    }
    match (is_chunked, length) {
        (true, Some(_)) => Err(malformed("it has both a length and chunks")),
        (true, None) => Ok((End::InChunks, closes)),
        (false, Some(length)) => Ok((End::After(length), closes)),
        (false, None) => Ok((End::OfConnection, closes)),
    }
}

/// The error of an answer that is none.
pub(super) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer is malformed: {what}"))
}
