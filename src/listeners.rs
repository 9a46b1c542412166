//! The listening sockets of a process: bound by itself, or by whoever starts it and hands them over.

mod handed;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use crate::settings::FIRST_INSTANCE;

pub use handed::{Handed, HandedError, hand_over};

/// How many connections may wait to be accepted: as many as come while a process is replaced. The system may allow fewer.
const LONGEST_QUEUE: i32 = 1_024;

/// Where the processes of a service listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Where peers reach them.
    pub internal: SocketAddr,
    /// Their socket files, where somebody calls them over `unix`.
    pub unix: Option<SocketFiles>,
    /// Where everybody reaches them, where that is so.
    pub public: Option<SocketAddr>,
}

/// The socket files of a service's processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketFiles {
    /// The folder of all socket files.
    pub folder: PathBuf,
    /// The service.
    pub service: String,
}

impl SocketFiles {
    /// That of one process. The first one of a service has a place that can be told beforehand.
    pub fn of(&self, instance: &str) -> PathBuf {
        let service = &self.service;
        let name = if instance == FIRST_INSTANCE { service.clone() } else { format!("{service}.{instance}") };
        self.folder.join(format!("{name}.sock"))
    }
}

/// The sockets of a process, bound and not yet served.
#[derive(Debug)]
pub struct Listeners {
    pub(crate) internal: TcpListener,
    pub(crate) unix: Option<(UnixListener, PathBuf)>,
    pub(crate) public: Option<TcpListener>,
}

/// A process does not get the sockets that it needs.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address of the network cannot be bound.
    #[error(
        "cannot listen on {address}, as {key} says: {source}; choose another port, for example with {flag}"
    )]
    Tcp {
        /// The address.
        address: SocketAddr,
        /// Where it comes from.
        key: &'static str,
        /// How to change it.
        flag: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// A socket file cannot be bound.
    #[error("cannot listen on the socket {}: {source}; choose a shorter or another --data-dir", path.display())]
    Unix {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A socket was handed over that this process has no use for.
    #[error(
        "the socket `{name}` was handed over, and this process has no such listener; do not hand it over"
    )]
    NotWanted {
        /// Which one.
        name: &'static str,
    },
}

impl Listeners {
    /// Binds what the process `instance` needs that listens at these places.
    pub fn bind(places: &Places, instance: &str) -> Result<Self, BindError> {
        Self::bind_the_rest(Handed::default(), places, instance)
    }

    /// Takes what was handed over, and binds what is missing.
    pub fn bind_the_rest(handed: Handed, places: &Places, instance: &str) -> Result<Self, BindError> {
        let internal = match handed.internal {
            Some(listener) => listener,
            None => bind(places.internal, "internal.port", "CLEAVE__INTERNAL__PORT")?,
        };
        let unix = match (handed.unix, places.unix.as_ref().map(|files| files.of(instance))) {
            (Some(listener), Some(usual)) => {
                let address = listener.local_addr().ok();
                let path = address.and_then(|address| address.as_pathname().map(Path::to_owned));
                Some((listener, path.unwrap_or(usual)))
            }
            (None, Some(path)) => Some(bind_unix(path)?),
            (Some(_), None) => return Err(BindError::NotWanted { name: handed::UNIX }),
            (None, None) => None,
        };
        let public = match (handed.public, places.public) {
            (Some(listener), Some(_)) => Some(listener),
            (None, Some(address)) => Some(bind(address, "public.port", "--port")?),
            (Some(_), None) => return Err(BindError::NotWanted { name: handed::PUBLIC }),
            (None, None) => None,
        };
        Ok(Self { internal, unix, public })
    }

    /// The same sockets once more: what comes in is accepted by one of those who hold them, and waits until one does.
    pub fn try_clone(&self) -> io::Result<Self> {
        let unix = self.unix.as_ref().map(|(listener, path)| Ok((listener.try_clone()?, path.clone())));
        Ok(Self {
            internal: self.internal.try_clone()?,
            unix: unix.transpose().map_err(|error: io::Error| error)?,
            public: self.public.as_ref().map(TcpListener::try_clone).transpose()?,
        })
    }

    /// Where peers reach this process.
    pub fn internal(&self) -> io::Result<SocketAddr> {
        self.internal.local_addr()
    }

    /// The socket file, where there is one.
    pub fn unix(&self) -> Option<&Path> {
        self.unix.as_ref().map(|(_, path)| path.as_path())
    }

    /// Where everybody reaches this process, where they can.
    pub fn public(&self) -> io::Result<Option<SocketAddr>> {
        self.public.as_ref().map(TcpListener::local_addr).transpose()
    }
}

fn bind(address: SocketAddr, key: &'static str, flag: &'static str) -> Result<TcpListener, BindError> {
    let refused = |source| BindError::Tcp { address, key, flag, source };
    let listener = TcpListener::bind(address).map_err(refused)?;
    lengthen_queue(&listener).map_err(refused)?;
    Ok(listener)
}

fn bind_unix(path: PathBuf) -> Result<(UnixListener, PathBuf), BindError> {
    let bound = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        // A socket file outlives the process that made it; nobody listens on this one any more, or it would be in
        // use by a process with the same data directory, which the supervisor refuses.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        lengthen_queue(&listener)?;
        Ok(listener)
    };
    match bound() {
        Ok(listener) => Ok((listener, path)),
        Err(source) => Err(BindError::Unix { path, source }),
    }
}

/// The standard library listens with a queue of 128, and listening again changes only that.
fn lengthen_queue(listener: impl AsFd) -> io::Result<()> {
    rustix::net::listen(listener, LONGEST_QUEUE).map_err(io::Error::from)
}

#[cfg(test)]
mod tests;
