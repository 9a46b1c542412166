//! Opens a connection over any link.

use std::io;
use std::time::Duration;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::PeerAddress;
use super::body::Outgoing;
use crate::{MemoryServer, PipeAddress};

/// How long a peer may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("no connection to {address}: {source}")]
    Refused { address: String, source: io::Error },
    #[error("no connection to {address} within {} ms", CONNECT_TIMEOUT.as_millis())]
    Timeout { address: String },
    #[error("the thread that answers has ended")]
    NoThread,
    #[error("the connection failed in its first steps: {0}")]
    Handshake(#[from] hyper::Error),
}

pub(super) async fn connect(address: &PeerAddress) -> Result<SendRequest<Outgoing>, ConnectError> {
    let refused = |source| ConnectError::Refused { address: address.to_string(), source };
    let connecting = async {
        match address {
            PeerAddress::Tcp(socket_address) => {
                let stream = TcpStream::connect(socket_address).await.map_err(refused)?;
                // Without it a small request waits 40 ms for the delayed acknowledgement of the one before.
                stream.set_nodelay(true).map_err(refused)?;
                speak_http(stream).await
            }
            PeerAddress::Unix(path) => speak_http(UnixStream::connect(path).await.map_err(refused)?).await,
        }
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connecting)
        .await
        .unwrap_or_else(|_| Err(ConnectError::Timeout { address: address.to_string() }))
}

pub(super) async fn connect_in_memory(server: &MemoryServer) -> Result<SendRequest<Outgoing>, ConnectError> {
    speak_http(server.connect()).await
}

pub(super) async fn connect_to_thread(address: &PipeAddress) -> Result<SendRequest<Outgoing>, ConnectError> {
    speak_http(address.connect().ok_or(ConnectError::NoThread)?).await
}

async fn speak_http<Io>(io: Io) -> Result<SendRequest<Outgoing>, ConnectError>
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(io)).await?;
    tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a peer ended");
        }
    });
    Ok(sender)
}
