//! How a call travels: the links, and which of them joins a caller and a callee.

use std::fmt;

use serde::Serialize;

use super::{Service, Topology};

/// How a call travels from its caller to its callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// A method call.
    Direct,
    /// The bytes of HTTP over a pipe in memory, on the caller's own thread.
    Memory,
    /// The same over a pipe to another thread, which the callee has for itself.
    Thread,
    /// HTTP over a Unix socket.
    Unix,
    /// HTTP over TCP.
    Tcp,
}

impl Link {
    /// Every link, from the nearest to the farthest.
    pub const ALL: [Self; 5] = [Self::Direct, Self::Memory, Self::Thread, Self::Unix, Self::Tcp];

    /// The word that files, logs and metrics use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Memory => "memory",
            Self::Thread => "thread",
            Self::Unix => "unix",
            Self::Tcp => "tcp",
        }
    }

    /// Whether it can join two processes.
    pub const fn joins_processes(self) -> bool {
        matches!(self, Self::Unix | Self::Tcp)
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|link| link.as_str() == word)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// One call of the house, as a topology carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Edge<'topology> {
    /// The module or role that calls.
    pub caller: &'static str,
    /// The module or role that is called.
    pub callee: &'static str,
    /// How the call travels.
    pub link: Link,
    /// The service that hosts the caller.
    pub caller_service: &'topology str,
    /// The service that hosts the callee.
    pub callee_service: &'topology str,
}

impl Topology {
    /// How a call travels from one module or role to another. Within a service it is direct unless its edge says
    /// otherwise; between services it takes the link of its edge, or else that of the topology. A caller that the house
    /// does not know stands outside every process.
    pub fn link(&self, from: &str, to: &str) -> Link {
        let share_a_service = self.host_of(from).is_some_and(|service| service.hosts(to));
        let usual = if share_a_service { Link::Direct } else { self.link_between_processes };
        self.edge_links.get(&(from, to)).copied().unwrap_or(usual)
    }

    /// The same topology with another link between processes, where no edge says otherwise. A link that joins no processes changes
    /// nothing.
    #[must_use]
    pub fn linked_by(mut self, link: Link) -> Self {
        if link.joins_processes() {
            self.link_between_processes = link;
        }
        self
    }

    /// The link between processes where no edge says otherwise.
    pub fn link_between_processes(&self) -> Link {
        self.link_between_processes
    }

    /// The modules and roles that have threads of their own in a process of this service, since others there call them so. One that
    /// has several callers comes several times.
    pub fn called_across_threads(&self, service: &Service) -> impl Iterator<Item = &'static str> {
        let edges = self.edges().filter(|edge| edge.link == Link::Thread);
        edges.filter(|edge| edge.callee_service == service.name).map(|edge| edge.callee)
    }

    /// Every call of the house with its link, in the order of the house.
    pub fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        self.house.calls.iter().filter_map(|&(caller, callee)| {
            Some(Edge {
                caller,
                callee,
                link: self.link(caller, callee),
                caller_service: &self.host_of(caller)?.name,
                callee_service: &self.host_of(callee)?.name,
            })
        })
    }
}
