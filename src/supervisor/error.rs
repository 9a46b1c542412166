//! Why a fleet could not start, or could not go on.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::listeners::BindError;

/// What ends a fleet. Where a process is to blame, the message carries its last log lines.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// No service, or more than one process, would open the public listener.
    #[error(
        "topology `{topology}` has {found} processes with the public listener; exactly one must have it: \
         give the role `gateway` to one service without further replicas"
    )]
    PublicListeners {
        /// The topology.
        topology: String,
        /// How many processes would open it.
        found: usize,
    },
    /// Another fleet uses the directory.
    #[error(
        "data directory {} is in use by `up` with pid {pid}; stop that one, or choose another with --data-dir",
        directory.display()
    )]
    InUse {
        /// The directory of the run file.
        directory: PathBuf,
        /// The process that uses it.
        pid: u32,
    },
    /// The run file could not be read, written or removed.
    #[error("cannot use the run file {}", path.display())]
    RunFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A process could not be started at all.
    #[error("cannot start service `{service}`: running {} failed", executable.display())]
    Spawn {
        /// The service, with the number of the replica where there are several.
        service: String,
        /// The program.
        executable: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The sockets of a process could not be bound.
    #[error("service `{service}` cannot run: {source}")]
    Bind {
        /// The service, with the number of the replica where there are several.
        service: String,
        /// Which one, and why.
        source: BindError,
    },
    /// A process says that its command line or configuration is wrong: exit status 2. It is not restarted.
    #[error("service `{service}` cannot run with its configuration{last_lines}")]
    Refused {
        /// The service, with the number of the replica where there are several.
        service: String,
        /// What it said.
        last_lines: LastLines,
    },
    /// A process ended before the fleet was ready for the first time.
    #[error("service `{service}` (pid {pid}) ended before it was ready, {ending}{last_lines}")]
    EndedEarly {
        /// The service, with the number of the replica where there are several.
        service: String,
        /// The process.
        pid: u32,
        /// Its exit status or signal.
        ending: String,
        /// What it said.
        last_lines: LastLines,
    },
    /// The fleet was not ready in time.
    #[error("{services}: not {missing} within {}{last_lines}", seconds(*within))]
    NotReady {
        /// Those to blame: who is not listening, or, where all are, who is not ready.
        services: String,
        /// What they did not do.
        missing: &'static str,
        /// The time that they had.
        within: Duration,
        /// What they said.
        last_lines: LastLines,
    },
    /// The public service did not say where its public listener is.
    #[error("service `{service}` is ready but reported no public address")]
    NoPublicAddress {
        /// The service.
        service: String,
    },
    /// A process keeps dying.
    #[error(
        "service `{service}` died {deaths} times within {}, the last time with {ending}; \
         everything is stopped{last_lines}", seconds(*within)
    )]
    GaveUp {
        /// The service, with the number of the replica where there are several.
        service: String,
        /// How often.
        deaths: usize,
        /// In which time.
        within: Duration,
        /// The last exit status, signal, or reason why it could not be started again.
        ending: String,
        /// What it said.
        last_lines: LastLines,
    },
}

impl SupervisorError {
    /// Whether the command line or the configuration is to blame, which is exit code 2 of a command.
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::PublicListeners { .. } | Self::InUse { .. } | Self::Bind { .. } | Self::Refused { .. }
        )
    }
}

/// Why a service does not have as many processes as somebody wanted.
#[derive(Debug, thiserror::Error)]
pub enum ScaleError {
    /// There is no such service.
    #[error("there is no service `{service}`; there are {known}")]
    UnknownService {
        /// The name as it was given.
        service: String,
        /// The names that there are.
        known: String,
    },
    /// One process of it is all that there can be.
    #[error("service `{service}` has one process, because it {reason}")]
    Singular {
        /// The service.
        service: String,
        /// Why.
        reason: &'static str,
    },
    /// A change of it is under way.
    #[error("service `{service}` is being scaled already; try again when that is done")]
    Busy {
        /// The service.
        service: String,
    },
    /// A new process ended before it was ready.
    #[error(
        "service `{service}` ended before it was ready, {ending}; those that were there before go on{last_lines}"
    )]
    Failed {
        /// The service, with the number of the replica.
        service: String,
        /// Its exit status or signal.
        ending: String,
        /// What it said.
        last_lines: LastLines,
    },
    /// Everything is being stopped.
    #[error("`up` is stopping")]
    Stopping,
}

/// The last log lines of a process, as the end of a message: each on a line of its own behind a bar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastLines(pub Vec<String>);

impl fmt::Display for LastLines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("; it logged nothing");
        }
        formatter.write_str("; its last lines:")?;
        self.0.iter().try_for_each(|line| write!(formatter, "\n  | {line}"))
    }
}

/// A time for people: milliseconds below a second.
pub(super) fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}
