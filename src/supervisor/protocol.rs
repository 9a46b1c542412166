//! What a supervised process and its parent say to each other, one JSON object a line.
//!
//! The child writes [`Report`]s to its standard output, the parent writes [`Order`]s to the child's standard
//! input, and the end of the standard input means: stop gracefully. A child is handed its listening sockets
//! ([`crate::listeners`]), or binds them with port 0, and reports where they are; so no port is ever picked by one
//! process and taken by another. The child's logs go to its standard error and are no part of this.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where the services are reached that the parent introduces: the one that keeps the registry, of which the children learn the
/// others. For each by name, one address for each replica that is listening now.
///
/// The list is empty while all replicas of a service are away that died: calls to it fail as unavailable until the next
/// map arrives. One that ended as it was asked to stays in it, because its successor takes over its sockets.
pub type Peers = BTreeMap<String, Vec<Address>>;

/// How one replica's internal listener is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The listener on TCP, always there.
    pub tcp: SocketAddr,
    /// The same listener's Unix socket, where it has one.
    pub unix: Option<PathBuf>,
}

/// What a child tells its parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// It has its listeners; sent once, first.
    Listening(Listening),
    /// It has its peers and serves; sent once, after `Listening`.
    Ready,
}

/// The addresses where a child listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// The internal listener on TCP.
    pub internal: SocketAddr,
    /// The internal listener's Unix socket, where there is one.
    pub unix: Option<PathBuf>,
    /// The public listener, in a service that opens it.
    pub public: Option<SocketAddr>,
}

/// What a parent tells its child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// The whole map of addresses; it replaces the one before. Sent when all of these services are
    /// listening and again whenever an address comes or goes.
    Peers {
        /// The map.
        peers: Peers,
    },
}
