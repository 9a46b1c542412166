//! What comes back.

use std::io;
use std::task::{Context, Poll, ready};

use actix_web::http::StatusCode;
use bytes::{Bytes, BytesMut};

use super::answer::{Fields, Head};
use super::connection::Rest;
use super::pool::Lease;

/// A peer's answer, whose body is still to be read.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub fields: Fields,
    /// Its body.
    pub body: PooledBody,
}

impl Answer {
    pub(super) fn new(head: Head, lease: Lease) -> Self {
        let Head { status, fields, end, keeps_alive } = head;
        let mut body = PooledBody { rest: end.into(), keeps_alive, lease: Some(lease) };
        body.settle();
        Self { status, fields, body }
    }
}

/// An answer's body. Read to its end, it gives its connection back to the pool; dropped before, the
/// connection is closed.
pub struct PooledBody {
    rest: Rest,
    keeps_alive: bool,
    lease: Option<Lease>,
}

impl PooledBody {
    /// How many bytes are to come, where the peer has said it.
    pub fn length(&self) -> Option<u64> {
        match self.rest {
            Rest::Bytes(left) => Some(left),
            _ => None,
        }
    }

    /// The next piece; `None` at the end.
    pub fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Some(lease) = &mut self.lease else { return Poll::Ready(None) };
        let piece = ready!(lease.connection.poll_body(&mut self.rest, context));
        if piece.is_err() {
            // What comes behind a fault means nothing.
            self.lease = None;
        }
        self.settle();
        Poll::Ready(piece.transpose())
    }

    /// The whole body, refused when it is longer than `max_bytes`.
    pub(super) async fn collect(mut self, max_bytes: usize) -> Result<Bytes, BrokenBody> {
        let mut whole = Bytes::new();
        let mut longer = BytesMut::new();
        while let Some(piece) = std::future::poll_fn(|context| self.poll_data(context)).await {
            let piece = piece?;
            if whole.len() + longer.len() + piece.len() > max_bytes {
                return Err(BrokenBody::TooLong { max_bytes });
            }
            // Most come in one piece, which is not copied.
            if whole.is_empty() && longer.is_empty() {
                whole = piece;
            } else {
                longer.extend_from_slice(&std::mem::take(&mut whole));
                longer.extend_from_slice(&piece);
            }
        }
        Ok(if longer.is_empty() { whole } else { longer.freeze() })
    }

    /// Gives the connection back once nothing of the body is to come.
    fn settle(&mut self) {
        if self.rest == Rest::Bytes(0)
            && let Some(lease) = self.lease.take()
            && self.keeps_alive
        {
            lease.give_back();
        }
    }
}

/// Why an answer's body could not be read whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum BrokenBody {
    #[error("the answer is longer than {max_bytes} bytes")]
    TooLong { max_bytes: usize },
    #[error("the connection broke: {0}")]
    Connection(#[from] io::Error),
}
