//! Pipes in memory that carry HTTP as sockets do, within a thread or from one to another.

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use crate::MemoryServer;

/// The bytes that a pipe holds in each direction.
const PIPE_BYTES: usize = 64 * 1024;

/// Both ends of a new pipe, that of whoever asks first.
pub(crate) fn pipe() -> (DuplexStream, DuplexStream) {
    tokio::io::duplex(PIPE_BYTES)
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
    pub(crate) fn connect(&self) -> Option<DuplexStream> {
        let (client_end, server_end) = pipe();
        self.0.send(server_end).is_ok().then_some(client_end)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

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
