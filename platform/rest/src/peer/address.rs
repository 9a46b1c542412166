//! Where a peer is.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// One place at which a peer listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerAddress {
    /// Over the network.
    Tcp(SocketAddr),
    /// A socket file on the same machine.
    Unix(PathBuf),
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "tcp://{address}"),
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
        }
    }
}
