//! The registry: what it promises, wherever it is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use async_trait::async_trait;
use cleave_core::{CallFailure, Context, ContractError, ErrorKind};
use serde::{Deserialize, Serialize};

/// Who is there, as far as anybody has said so lately.
///
/// It is for the store's own work: only the system may ask, and a service can speak of its own instances alone.
#[async_trait(?Send)]
pub trait Registry {
    /// Says that an instance is there, for the length of a lease; again, it is the heartbeat. An instance of the same name that
    /// was somewhere else is there no longer.
    async fn register(&self, context: &Context, registration: Registration) -> Result<Lease, RegistryError>;

    /// Says that an instance goes; one that is not known is no error. Answers as soon as everybody who follows has heard of
    /// it, or after the time that it was asked to wait.
    async fn deregister(&self, context: &Context, request: Deregistration) -> Result<(), RegistryError>;

    /// Who is there. Where the caller has seen that already, waits for a change as long as it was asked to, and then says the
    /// same again.
    async fn watch(&self, context: &Context, request: Watch) -> Result<Snapshot, RegistryError>;
}

/// One process of a service, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Which of the service's processes it is; stays the same when the process is started again.
    pub name: String,
    /// Its internal listener.
    pub tcp: SocketAddr,
    /// The same listener's Unix socket, where it has one.
    pub unix: Option<PathBuf>,
}

/// An instance and by which right it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its service.
    pub service: String,
    /// Itself.
    pub instance: Instance,
    /// The service's registration key.
    pub key: String,
}

/// An instance that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deregistration {
    /// Its service.
    pub service: String,
    /// Its name.
    pub instance: String,
    /// The service's registration key.
    pub key: String,
    /// How long to wait for those who follow, in milliseconds.
    pub wait_ms: u64,
}

/// For how long an instance is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// In milliseconds from when the registration arrived.
    pub lease_ms: u64,
}

/// What to wait for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// Who follows, as `SERVICE/INSTANCE`. Who names itself is waited for when an instance goes.
    pub follower: Option<String>,
    /// What the caller has seen and taken over; the default has seen nothing.
    pub seen: Seen,
    /// How long to wait where that is still so, in milliseconds.
    pub wait_ms: u64,
}

/// A state of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Which life of the registry; never 0.
    pub epoch: u64,
    /// Which change in it.
    pub revision: u64,
    /// Whether the registry has heard for a whole lease, so that who is not in its answer is not there.
    pub settled: bool,
}

/// Who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which state that is.
    #[serde(flatten)]
    pub seen: Seen,
    /// The instances of each service, by name.
    pub services: BTreeMap<String, Vec<Instance>>,
    /// As long as it is not settled: who has said farewell, and so is not merely unheard of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub departed: BTreeMap<String, BTreeSet<String>>,
}

/// Why the registry did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RegistryError {
    /// The topology has no such service.
    #[error("the topology has no service {service}; it has {known}")]
    UnknownService {
        /// The name as it was given.
        service: String,
        /// The names of the services that there are.
        known: String,
    },
    /// The key is not that of the service.
    #[error(
        "this is not the registration key of {service}: a process registers its own service only, with the key of \
             keys/services/{service}.key from where the store was made"
    )]
    WrongKey {
        /// The service that was to be registered.
        service: String,
    },
    /// Nobody can be reached there.
    #[error("{address} is no address at which others reach an instance; name one with discovery.advertise")]
    Unreachable {
        /// The address as it was given.
        address: SocketAddr,
    },
    /// It is not known who asks.
    #[error("the registry is for the store's own work: present the service credential as the system")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("the registry is for the store's own work, and for nobody else")]
    Forbidden,
    /// No answer before the deadline.
    #[error("no answer in time; ask again, which is safe")]
    Timeout,
    /// A part of the store is away.
    #[error("{what} is away; try again in a moment")]
    Unavailable {
        /// What is away.
        what: String,
    },
    /// A fault of the store.
    #[error("a fault of the store; its log tells more under the id of this request")]
    Internal,
}

impl ContractError for RegistryError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownService { .. } | Self::Unreachable { .. } => ErrorKind::Invalid,
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::WrongKey { .. } | Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownService { .. } => "unknown_service",
            Self::WrongKey { .. } => "wrong_key",
            Self::Unreachable { .. } => "unreachable",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timeout",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal => "internal",
        }
    }

    fn from_failure(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unavailable(what) => Self::Unavailable { what },
            CallFailure::Timeout => Self::Timeout,
            CallFailure::Unauthenticated => Self::Unauthenticated,
            CallFailure::Internal => Self::Internal,
        }
    }
}
