//! What of a request has left, and what has not.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::connection::Unanswered;
use super::request::{Content, Request, Upload};

/// One attempt to send a sealed request: its bytes at once, and a body that is still to come piece by piece.
pub(super) struct Sending<'request> {
    bytes: &'request [u8],
    piece: Bytes,
    upload: Option<&'request mut Upload>,
    /// How much of an upload of a known length is to come; without one it is sent in chunks.
    left: Option<u64>,
    has_begun: bool,
}

impl<'request> Sending<'request> {
    pub(super) fn of(request: &'request mut Request) -> Self {
        let upload = match &mut request.body.0 {
            Content::Bytes(_) => None,
            Content::Stream(upload) => Some(upload),
        };
        let left = upload.as_ref().and_then(|upload| upload.length);
        Self { bytes: &request.bytes, piece: Bytes::new(), upload, left, has_begun: false }
    }

    /// Goes on until everything has left. No stream here keeps back what it was given, so that none is flushed.
    pub(super) fn poll(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin + ?Sized),
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Unanswered>> {
        loop {
            let next = if self.bytes.is_empty() { &self.piece[..] } else { self.bytes };
            if !next.is_empty() {
                let written = ready!(Pin::new(&mut *stream).poll_write(context, next));
                let count = match written {
                    Ok(0) => return Poll::Ready(Err(self.blame(io::ErrorKind::WriteZero.into()))),
                    Ok(count) => count,
                    Err(error) => return Poll::Ready(Err(self.blame(error))),
                };
                self.has_begun = true;
                match self.bytes.get(count..) {
                    Some(rest) if !self.bytes.is_empty() => self.bytes = rest,
                    _ => drop(self.piece.split_to(count)),
                }
                continue;
            }
            let Some(upload) = &mut self.upload else { return Poll::Ready(Ok(())) };
            upload.has_begun = true;
            match ready!(upload.pieces.as_mut().poll_next(context)) {
                Some(Ok(piece)) => self.piece = self.framed(piece)?,
                Some(Err(error)) => return Poll::Ready(Err(Unanswered::Withdrawn(error))),
                None => {
                    self.upload = None;
                    match self.left {
                        Some(0) => {}
                        Some(_) => {
                            return Poll::Ready(Err(withdrawn("ended before the length that it had said")));
                        }
                        None => self.piece = Bytes::from_static(b"0\r\n\r\n"),
                    }
                }
            }
        }
    }

    /// Why there is no answer, where the connection failed like this.
    pub(super) fn blame(&self, error: io::Error) -> Unanswered {
        if self.has_begun { Unanswered::Broken(error) } else { Unanswered::NotSent(error) }
    }

    fn framed(&mut self, piece: Bytes) -> Result<Bytes, Unanswered> {
        let Some(left) = &mut self.left else {
            // A chunk of no bytes would be the last one.
            return Ok(if piece.is_empty() {
                piece
            } else {
                [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat().into()
            });
        };
        *left = left
            .checked_sub(piece.len() as u64)
            .ok_or_else(|| withdrawn("went on behind the length that it had said"))?;
        Ok(piece)
    }
}

fn withdrawn(what: &str) -> Unanswered {
    Unanswered::Withdrawn(io::Error::new(io::ErrorKind::InvalidData, format!("the body {what}")))
}
