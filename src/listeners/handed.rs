//! Sockets that pass from who starts a process to the process, in the form that systemd has for it: descriptors from 3 on, and
//! variables that say how many there are and what each is for.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::Command;

use command_fds::{CommandFdExt as _, FdMapping};
use listenfd::ListenFd;

use super::Listeners;

pub(super) const INTERNAL: &str = "internal";
pub(super) const UNIX: &str = "unix";
pub(super) const PUBLIC: &str = "public";

/// The form says so.
const FIRST_DESCRIPTOR: i32 = 3;

const COUNT: &str = "LISTEN_FDS";
const NAMES: &str = "LISTEN_FDNAMES";

/// What a process was handed. The others of its sockets it binds itself.
#[derive(Debug, Default)]
pub struct Handed {
    pub(super) internal: Option<TcpListener>,
    pub(super) unix: Option<UnixListener>,
    pub(super) public: Option<TcpListener>,
}

/// What was handed over cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HandedError {
    /// Nobody can tell what it is for.
    #[error(
        "{NAMES} calls the socket at descriptor {descriptor} {name:?}: call it {INTERNAL}, {UNIX} or {PUBLIC}, and each once \
         (FileDescriptorName= in a socket unit)"
    )]
    Name {
        /// Which one.
        descriptor: i32,
        /// What it is called.
        name: String,
    },
    /// It is not what its name says.
    #[error("the socket `{name}` was handed over and cannot be used: {source}")]
    Socket {
        /// What it is called.
        name: String,
        /// Why.
        source: io::Error,
    },
}

impl Handed {
    /// Takes what this process was handed; the second time there is nothing. Call it before there are other threads: it takes the
    /// variables out of the environment.
    pub fn take() -> Result<Self, HandedError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "whoever starts the process tells of its sockets like this"
        )]
        let names = std::env::var(NAMES).unwrap_or_default();
        let mut descriptors = ListenFd::from_env();
        let mut names = names.split(':');
        let mut handed = Self::default();
        for index in 0..descriptors.len() {
            let name = names.next().unwrap_or_default();
            let cannot_be_used = |source| HandedError::Socket { name: name.to_owned(), source };
            match name {
                INTERNAL if handed.internal.is_none() => {
                    handed.internal = descriptors.take_tcp_listener(index).map_err(cannot_be_used)?;
                }
                UNIX if handed.unix.is_none() => {
                    handed.unix = descriptors.take_unix_listener(index).map_err(cannot_be_used)?;
                }
                PUBLIC if handed.public.is_none() => {
                    handed.public = descriptors.take_tcp_listener(index).map_err(cannot_be_used)?;
                }
                _ => {
                    let descriptor =
                        FIRST_DESCRIPTOR.saturating_add(i32::try_from(index).unwrap_or(i32::MAX));
                    return Err(HandedError::Name { descriptor, name: name.to_owned() });
                }
            }
        }
        Ok(handed)
    }
}

/// Has `command` start a process that is handed these sockets.
pub fn hand_over(listeners: Listeners, command: &mut Command) -> io::Result<()> {
    let Listeners { internal, unix, public } = listeners;
    let named = [
        Some((INTERNAL, OwnedFd::from(internal))),
        unix.map(|(listener, _)| (UNIX, listener.into())),
        public.map(|listener| (PUBLIC, listener.into())),
    ];
    let (names, descriptors): (Vec<&str>, Vec<OwnedFd>) = named.into_iter().flatten().unzip();
    command.env(COUNT, names.len().to_string()).env(NAMES, names.join(":"));
    // Whom the descriptors are for is told by a pid, which nobody knows yet; without one they are for whoever has them.
    command.env_remove("LISTEN_PID").env_remove("LISTEN_FDS_FIRST_FD");
    let mappings = (FIRST_DESCRIPTOR..).zip(descriptors);
    let mappings = mappings.map(|(child_fd, parent_fd)| FdMapping { parent_fd, child_fd }).collect();
    command.fd_mappings(mappings).map(drop).map_err(io::Error::other)
}
