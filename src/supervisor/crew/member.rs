//! One replica of a service and the states of its life.

use std::time::Duration;

use tokio::time::Instant;

use super::kept::Kept;
use crate::supervisor::process::Process;
use crate::supervisor::protocol::{Address, Listening};
use crate::supervisor::restart::DeathRecord;
use crate::supervisor::{LastLines, ServicePlan};

/// One replica of a service, whichever process plays it at the moment.
pub(super) struct Member {
    pub(super) service: ServicePlan,
    pub(super) replica: usize,
    pub(super) label: String,
    pub(super) deaths: DeathRecord,
    pub(super) state: State,
    pub(super) kept: Kept,
    /// Where others find the process that takes over, before it has said so itself.
    pub(super) successor_at: Option<Address>,
    /// Whether it has come while the others ran, and has never been ready.
    pub(super) is_joining: bool,
    /// Whether it is asked to go for good.
    pub(super) is_retiring: bool,
}

pub(super) enum State {
    /// To be spawned at this time.
    Resting(Instant),
    Running(Running),
    Stopped,
}

pub(super) struct Running {
    pub(super) process: Process,
    pub(super) listening: Option<Listening>,
    pub(super) ready: bool,
    /// When it is killed unless it is ready; the first start has a deadline of the whole crew instead.
    pub(super) ready_by: Option<Instant>,
    /// When it is killed, where it is to go.
    pub(super) stop_by: Option<Instant>,
}

/// The end of a process, or of the attempt to start one.
pub(in crate::supervisor) struct Death {
    pub(super) member: usize,
    pub(super) ending: String,
    pub(super) refused: bool,
    /// Whether it had served, was asked to end by somebody else, and did: the next one takes over.
    pub(super) is_orderly: bool,
    pub(super) life: Option<Life>,
}

pub(super) struct Life {
    pub(super) process: Process,
    pub(super) lived: Duration,
}

impl Member {
    /// A member that is to be spawned at `first_start`.
    pub(super) fn new(service: &ServicePlan, replica: usize, first_start: Instant) -> Self {
        let name = service.name.clone();
        let label = if service.replicas > 1 || replica > 1 { format!("{name}-{replica}") } else { name };
        let (state, deaths) = (State::Resting(first_start), DeathRecord::default());
        let service = service.clone();
        Self {
            service,
            replica,
            label,
            deaths,
            state,
            kept: Kept::default(),
            successor_at: None,
            is_joining: false,
            is_retiring: false,
        }
    }

    /// Nobody is to wait for its next process. One that still ends has no say in what that one will be handed.
    pub(super) fn close(&mut self) {
        std::mem::take(&mut self.kept).close();
        self.successor_at = None;
    }

    pub(super) fn running(&self) -> Option<&Running> {
        match &self.state {
            State::Running(running) => Some(running),
            State::Resting(_) | State::Stopped => None,
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.running().is_some_and(|running| running.ready && running.listening.is_some())
    }

    /// Where others find it; nowhere where it is about to go.
    pub(super) fn address(&self) -> Option<Address> {
        if self.is_retiring {
            return None;
        }
        self.running().and_then(Running::address).or_else(|| self.successor_at.clone())
    }

    pub(super) fn due(&self) -> Option<Instant> {
        match &self.state {
            State::Resting(until) => Some(*until),
            State::Running(running) => running.ready_by.or(running.stop_by),
            State::Stopped => None,
        }
    }
}

impl Running {
    pub(super) fn address(&self) -> Option<Address> {
        let listening = self.listening.as_ref()?;
        Some(Address { tcp: listening.internal, unix: listening.unix.clone() })
    }
}

impl Death {
    /// What the process said last, for an error that is shown in place of its log.
    pub(super) fn last_lines(&self) -> LastLines {
        LastLines(self.life.as_ref().map(|life| life.process.log.take_last()).unwrap_or_default())
    }
}
