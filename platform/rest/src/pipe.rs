//! Pipes in memory that carry HTTP as sockets do, within a thread or from one to another.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;

use crate::MemoryServer;

/// The bytes that a pipe holds in each direction.
const PIPE_BYTES: usize = 64 * 1024;

/// Both ends of a new pipe.
pub(crate) fn pipe() -> (ClientEnd, DuplexStream) {
    let (client_end, server_end) = tokio::io::duplex(PIPE_BYTES);
    (ClientEnd(client_end), server_end)
}

/// Where threads of a process open pipes to a server half on another one.
#[derive(Debug, Clone)]
pub struct PipeAddress(mpsc::UnboundedSender<DuplexStream>);

/// The end at which pipes come in. What comes before it is served waits, and what comes when it is gone is refused.
#[derive(Debug)]
pub struct PipeListener(mpsc::UnboundedReceiver<DuplexStream>);

impl PipeListener {
    /// A listener that nobody serves yet, and its address.
    pub fn bind() -> (PipeAddress, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (PipeAddress(sender), Self(receiver))
    }

    /// Has this server, which lives on the thread that calls this, answer what comes in until no address is left.
    pub async fn serve(mut self, server: MemoryServer) {
        while let Some(server_end) = self.0.recv().await {
            server.serve(server_end);
        }
    }
}

impl PipeAddress {
    /// Opens a pipe; none where the listener is gone.
    pub(crate) fn connect(&self) -> Option<ClientEnd> {
        let (client_end, server_end) = pipe();
        self.0.send(server_end).is_ok().then_some(client_end)
    }
}

/// The end of whoever asks. As with a socket, what is written when the other end has gone vanishes and is no error: an answer that was
/// given before, such as the refusal of a body that is too large, is still read.
#[derive(Debug)]
pub(crate) struct ClientEnd(DuplexStream);

impl ClientEnd {
    fn inner(self: Pin<&mut Self>) -> Pin<&mut DuplexStream> {
        Pin::new(&mut self.get_mut().0)
    }
}

/// What was written where so much was to be.
fn written(outcome: io::Result<usize>, length: usize) -> io::Result<usize> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(length),
        outcome => outcome,
    }
}

impl AsyncRead for ClientEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.inner().poll_read(context, buffer)
    }
}

impl AsyncWrite for ClientEnd {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = ready!(self.inner().poll_write(context, bytes));
        Poll::Ready(written(outcome, bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = ready!(self.inner().poll_write_vectored(context, slices));
        Poll::Ready(written(outcome, slices.iter().map(|slice| slice.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_was_answered_before_all_was_asked_is_read_although_the_other_end_has_gone() {
        let (mut client_end, mut server_end) = pipe();
        server_end.write_all(b"too large").await.expect("there is room");
        drop(server_end);
        let question = vec![b'x'; 2 * PIPE_BYTES];
        client_end.write_all(&question).await.expect("it vanishes");
        let slices = [IoSlice::new(&question), IoSlice::new(b"and more")];
        let length = client_end.write_vectored(&slices).await.expect("it vanishes");
        assert_eq!(length, question.len() + 8, "all of it");
        let mut answer = String::new();
        client_end.read_to_string(&mut answer).await.expect("an answer, and then the end");
        assert_eq!(answer, "too large");
    }

    #[tokio::test]
    async fn a_pipe_waits_for_its_listener_and_is_refused_when_that_is_gone() {
        let (address, mut listener) = PipeListener::bind();
        let mut client_end = address.connect().expect("the listener is there");
        client_end.write_all(b"hello").await.expect("there is room");
        let mut server_end = listener.0.recv().await.expect("it came in");
        let mut heard = [0; 5];
        server_end.read_exact(&mut heard).await.expect("what was said");
        assert_eq!(&heard, b"hello");
        drop(listener);
        assert!(address.connect().is_none());
    }
}
