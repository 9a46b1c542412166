//! Why a name has no address.

use std::fmt;
use std::time::Duration;

use hickory_resolver::net::{DnsError, NetError};

/// Nobody can be asked.
#[derive(Debug, thiserror::Error)]
pub enum NamesError {
    /// The system names no name server.
    #[error(
        "/etc/resolv.conf names no name server that can be asked; write them to discovery.dns.servers, as IP:PORT"
    )]
    NoNameServers(#[source] NetError),
    /// The resolver refuses these settings.
    #[error("the names of discovery.dns cannot be asked for; correct that section")]
    Refused(#[source] NetError),
}

/// A name has no address now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no address of {name}: {cause} (asked {asked}); {}", cause.mend())]
pub struct Unresolved {
    /// The name, as it was asked for.
    pub name: String,
    /// The name servers.
    pub asked: String,
    /// Why not.
    pub cause: Cause,
}

/// Why a name has no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The name servers know no such name.
    NoSuchName,
    /// The name is there, and nothing is behind it.
    NoAddress,
    /// The name servers cannot or do not want to answer.
    Refused(String),
    /// No answer in time.
    Silence(Duration),
    /// Anything else: a connection that broke, an answer that makes no sense.
    Other(String),
}

impl Cause {
    pub(crate) fn of(error: &NetError, patience: Duration) -> Self {
        match error {
            error if error.is_nx_domain() => Self::NoSuchName,
            error if error.is_no_records_found() => Self::NoAddress,
            NetError::Dns(DnsError::ResponseCode(code)) => Self::Refused(code.to_string()),
            NetError::Timeout => Self::Silence(patience),
            other => Self::Other(other.to_string()),
        }
    }

    /// Whether the name servers have answered, and know of no address.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::NoSuchName | Self::NoAddress)
    }

    fn mend(&self) -> &'static str {
        match self {
            Self::NoSuchName => {
                "correct discovery.dns.names (or srv), or create the service of that name; where only ready processes have names, it may \
                 have none yet"
            }
            Self::NoAddress => "start its processes, and see that they become ready",
            Self::Refused(_) => {
                "see what is wrong with the name servers, or name others in discovery.dns.servers"
            }
            Self::Silence(_) | Self::Other(_) => {
                "see that the name servers can be reached over UDP and TCP, or name others in discovery.dns.servers"
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchName => formatter.write_str("there is no such name"),
            Self::NoAddress => formatter.write_str("there is such a name, and no address behind it"),
            Self::Refused(code) => write!(formatter, "the name servers answer {code:?}"),
            Self::Silence(patience) => write!(formatter, "no answer within {} ms", patience.as_millis()),
            Self::Other(reason) => write!(formatter, "{reason}"),
        }
    }
}
