//! A connection of which is known when a request began to arrive.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_http::Extensions;
use cleave_core::Clock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// When the first bytes came of those that nobody has asked about yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrival(Rc<Cell<Option<Instant>>>);

impl Arrival {
    /// That moment; from here on the next bytes are the first ones.
    pub(super) fn take(&self) -> Option<Instant> {
        self.0.take()
    }
}

/// A stream of bytes that notes when bytes come, if it has a clock.
pub(super) struct Watched<Io> {
    io: Io,
    watch: Option<(Arc<dyn Clock>, Arrival)>,
}

impl<Io> Watched<Io> {
    pub(super) fn new(io: Io, clock: Option<Arc<dyn Clock>>) -> Self {
        Self { io, watch: clock.map(|clock| (clock, Arrival::default())) }
    }

    /// Lets the requests of this connection ask when they arrived.
    pub(super) fn introduce(&self, connection: &mut Extensions) {
        if let Some((_, arrival)) = &self.watch {
            connection.insert(arrival.clone());
        }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Watched<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        if let Some((clock, Arrival(first))) = &self.watch
            && first.get().is_none()
            && buffer.filled().len() > before
        {
            first.set(Some(clock.instant()));
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Watched<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
