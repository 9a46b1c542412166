//! What goes out and what comes back.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::pool::Lease;

/// A request's body: nothing, some bytes, or a stream of a known or unknown length.
pub struct Outgoing(Content);

enum Content {
    Bytes(Option<Bytes>),
    Stream { stream: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>>>>, length: Option<u64> },
}

impl Outgoing {
    /// No body.
    pub fn empty() -> Self {
        Self(Content::Bytes(None))
    }

    /// These bytes; no body at all when there are none.
    pub fn full(bytes: Bytes) -> Self {
        Self(Content::Bytes((!bytes.is_empty()).then_some(bytes)))
    }

    /// A stream, with its length in bytes where that is known beforehand.
    pub fn stream(stream: impl Stream<Item = std::io::Result<Bytes>> + 'static, length: Option<u64>) -> Self {
        Self(Content::Stream { stream: Box::pin(stream), length })
    }

    /// Whether there is no body.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Content::Bytes(None))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.0 {
            Content::Bytes(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Stream { stream, .. } => {
                stream.as_mut().poll_next(context).map(|next| next.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Bytes(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Content::Stream { length: Some(length), .. } => SizeHint::with_exact(*length),
            Content::Stream { length: None, .. } => SizeHint::default(),
        }
    }
}

/// An answer's body. Read to its end, it gives its connection back to the pool; dropped before, the
/// connection is closed.
pub struct PooledBody {
    incoming: Incoming,
    lease: Option<Lease>,
}

impl PooledBody {
    pub(super) fn new(incoming: Incoming, lease: Lease) -> Self {
        let mut body = Self { incoming, lease: Some(lease) };
        body.settle();
        body
    }

    /// The length in bytes where the peer has said it.
    pub fn length(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    /// The next piece; `None` at the end.
    pub fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, hyper::Error>>> {
        loop {
            let frame = ready!(Pin::new(&mut self.incoming).poll_frame(context));
            if frame.is_none() || self.incoming.is_end_stream() {
                self.settle_now();
            }
            match frame {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }

    /// The whole body, refused when it is longer than `max_bytes`.
    pub(super) async fn collect(mut self, max_bytes: usize) -> Result<Bytes, BrokenBody> {
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut whole = BytesMut::from(&first[..]);
        let mut next = Some(second);
        while let Some(piece) = next {
            if whole.len() + piece.len() > max_bytes {
                return Err(BrokenBody::TooLong { max_bytes });
            }
            whole.extend_from_slice(&piece);
            next = self.next().await?;
        }
        Ok(whole.freeze())
    }

    async fn next(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        if self.lease.is_none() {
            return Ok(None);
        }
        std::future::poll_fn(|context| self.poll_data(context)).await.transpose()
    }

    fn settle(&mut self) {
        if self.incoming.is_end_stream() {
            self.settle_now();
        }
    }

    fn settle_now(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

/// Why an answer's body could not be read whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum BrokenBody {
    #[error("the answer is longer than {max_bytes} bytes")]
    TooLong { max_bytes: usize },
    #[error("the connection broke")]
    Connection(#[from] hyper::Error),
}
