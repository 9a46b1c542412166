//! What belongs to the store that is meant.

use std::net::SocketAddr;

use cleave_db::engine::Engine;

use super::Check;
use crate::house::MIGRATIONS;
use crate::settings::Settings;
use crate::supervisor::{RunProcess, RunRecord};
use crate::topology::{Service, Topology};

/// The store that is meant, as far as it is known.
pub(super) struct Scope<'asked> {
    pub(super) settings: &'asked Settings,
    pub(super) topology: Option<Topology>,
    pub(super) wanted: Wanted,
    pub(super) run: Run,
}

/// Which processes are meant.
pub(super) enum Wanted {
    /// All of them, as `up` runs them.
    Whole,
    /// One service, as `serve` runs it.
    One(Service),
    /// A service that the topology has not, or whose topology is unknown.
    Unknown,
}

/// What `run.json` says.
pub(super) enum Run {
    /// It is not there.
    Nothing,
    /// It cannot be read.
    Unreadable(std::io::Error),
    /// Who wrote it is dead.
    Stale(RunRecord),
    /// Who wrote it lives.
    Alive(RunRecord),
}

impl Run {
    pub(super) fn of(settings: &Settings) -> Self {
        match RunRecord::read(&settings.run_file()) {
            Ok(None) => Self::Nothing,
            Ok(Some(record)) if record.is_alive() => Self::Alive(record),
            Ok(Some(record)) => Self::Stale(record),
            Err(error) => Self::Unreadable(error),
        }
    }

    /// The processes that run now.
    pub(super) fn processes(&self) -> impl Iterator<Item = (&str, &RunProcess)> {
        let record = if let Self::Alive(record) = self { Some(record) } else { None };
        let services = record.into_iter().flat_map(|record| &record.services);
        services.flat_map(|(name, processes)| processes.iter().map(move |process| (name.as_str(), process)))
    }

    /// Whether this is the pid of the running store, or of one of its processes.
    pub(super) fn has(&self, pid: u32) -> bool {
        let is_up = matches!(self, Self::Alive(record) if record.pid == pid);
        is_up || self.processes().any(|(_, process)| process.pid == pid)
    }

    /// The public address of the running store.
    pub(super) fn public(&self) -> Option<SocketAddr> {
        if let Self::Alive(record) = self { Some(record.public) } else { None }
    }
}

impl Scope<'_> {
    /// Whether the module or role is among what is meant.
    pub(super) fn hosts(&self, part: &str) -> bool {
        match &self.wanted {
            Wanted::Whole => true,
            Wanted::One(service) => service.hosts(part),
            Wanted::Unknown => false,
        }
    }

    /// The one service that is meant.
    pub(super) fn one(&self) -> Option<&Service> {
        if let Wanted::One(service) = &self.wanted { Some(service) } else { None }
    }

    /// Says that something cannot be looked at, where it is unknown what is meant.
    pub(super) fn unknown(&self, what: &str) -> Option<Check> {
        matches!(self.wanted, Wanted::Unknown).then(|| {
            Check::not_checked(what, "it is unknown what the service hosts", "mend the topology first")
        })
    }

    /// Whether all of the store is meant, and `up` may prepare it: it does not run.
    pub(super) fn is_prepared_by_up(&self) -> bool {
        matches!(self.wanted, Wanted::Whole) && !matches!(self.run, Run::Alive(_))
    }

    /// Whether no part of the store has been prepared yet, and `up` will do it.
    pub(super) fn is_new(&self) -> bool {
        self.is_prepared_by_up() && !MIGRATIONS.iter().any(|(module, _)| self.has_database(module))
    }

    fn has_database(&self, module: &str) -> bool {
        match Engine::of_url(&self.settings.database_url(module)) {
            Ok(Engine::Sqlite(file)) => file.path().exists(),
            // It is made together with the module's place on the server.
            Ok(Engine::Postgres(_)) => self.settings.database_password_file(module).exists(),
            Err(_) => false,
        }
    }
}
