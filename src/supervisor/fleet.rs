//! A running topology, as those who start one see it.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;

use super::crew::{Crew, Happening};
use super::handle::{FleetHandle, Wish};
use super::run_file::{RunFile, RunProcess, RunRecord};
use super::{FleetPlan, SupervisorError, now};

/// The processes of a topology, all of which have been ready.
///
/// Dropped instead of stopped, it kills them.
pub struct Fleet {
    crew: Crew,
    run_file: RunFile,
    topology: String,
    public: SocketAddr,
    ready_in: Duration,
    wishes: mpsc::Receiver<Wish>,
    handle: FleetHandle,
}

/// One process of a fleet that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its service.
    pub service: String,
    /// Which replica of the service, from 1.
    pub replica: usize,
    /// The name for people: the service, with the number of the replica where there are several.
    pub label: String,
    /// Its process id.
    pub pid: u32,
    /// Its internal listener.
    pub internal: SocketAddr,
    /// Its public listener, where it has one.
    pub public: Option<SocketAddr>,
}

impl Fleet {
    /// Refuses a run file that a living fleet uses, as [`Fleet::start`] does: for those who would change the fleet's
    /// data before they start their own.
    pub fn refuse_if_in_use(run_file: &Path) -> Result<(), SupervisorError> {
        RunFile::claim(run_file).map(drop)
    }

    /// Starts every process of the plan and waits until all are ready, then writes the run file.
    ///
    /// If one ends or is not ready in time, those that were started are stopped, and the error carries its
    /// last log lines. Dropping the future kills them.
    ///
    /// Processes are spawned on the thread that polls this future, and restarted ones on the thread that
    /// polls [`Fleet::watch`]; they inherit that thread's CPU affinity. Poll both from `block_on`, not from a
    /// spawned task, where that matters. Needs a tokio runtime with I/O and time.
    pub async fn start(plan: FleetPlan) -> Result<Self, SupervisorError> {
        let found = plan
            .services
            .iter()
            .filter(|service| service.public)
            .map(|service| service.replicas.max(1))
            .sum();
        if found != 1 {
            return Err(SupervisorError::PublicListeners { topology: plan.topology, found });
        }
        let mut run_file = RunFile::claim(&plan.run_file)?;
        let topology = plan.topology.clone();
        let mut crew = Crew::new(plan);
        let started = now();
        let outcome = crew.muster().await.and_then(|public| {
            let ready_in = now() - started;
            run_file.publish(&describe(&crew, &topology, public))?;
            Ok((public, ready_in))
        });
        match outcome {
            Ok((public, ready_in)) => {
                let (handle, wishes) = FleetHandle::new();
                Ok(Self { crew, run_file, topology, public, ready_in, wishes, handle })
            }
            Err(error) => {
                crew.stop(std::future::pending()).await;
                Err(error)
            }
        }
    }

    /// The public listener.
    pub fn public(&self) -> SocketAddr {
        self.public
    }

    /// The processes that listen now, in the order of the plan; one that is being restarted is missing.
    pub fn processes(&self) -> Vec<ProcessInfo> {
        self.crew.processes()
    }

    /// How long it took from the first process being spawned to the last one being ready.
    pub fn ready_in(&self) -> Duration {
        self.ready_in
    }

    /// Restarts what dies, tells the others its new address, has a successor take over from what was asked to stop, and keeps the
    /// run file true. Safe to cancel and
    /// to call again.
    ///
    /// Completes only when the fleet has given up: a process died too often, or said that its configuration
    /// is wrong. By then everything is stopped.
    pub async fn watch(&mut self) -> SupervisorError {
        loop {
            let due = self.crew.next_due();
            let happening = tokio::select! {
                happening = self.crew.next(due) => happening,
                // The fleet holds a handle itself, so the channel does not close.
                Some(wish) = self.wishes.recv() => {
                    self.fulfil(wish);
                    continue;
                }
            };
            let outcome = match happening {
                Happening::Nothing => Ok(()),
                Happening::Ready { member, is_new } => {
                    self.note_ready(member, is_new);
                    Ok(())
                }
                Happening::Died(death) => self.crew.react(death),
                Happening::Due => self.crew.do_what_is_due(),
            };
            if let Err(error) = outcome {
                self.crew.stop(std::future::pending()).await;
                return error;
            }
            self.crew.answer_complete_scalings();
        }
    }

    /// For those who have wishes while [`Fleet::watch`] runs.
    pub fn handle(&self) -> FleetHandle {
        self.handle.clone()
    }

    fn fulfil(&mut self, wish: Wish) {
        match wish {
            Wish::Scale { service, replicas, answer } => {
                self.crew.scale(&service, replicas, answer);
                self.publish();
            }
            Wish::Tell { answer } => {
                let _nobody_waits = answer.send(self.processes());
            }
        }
    }

    /// Stops everything and removes the run file: the public service first, then the others. Each process
    /// gets the end of its standard input and SIGTERM, and SIGKILL if it is still there after
    /// [`Limits::stop_within`](super::Limits).
    pub async fn stop(self) {
        self.stop_or_kill(std::future::pending()).await;
    }

    /// Like [`Fleet::stop`], but kills what still runs as soon as `hurry` completes: the second Ctrl-C.
    pub async fn stop_or_kill(mut self, hurry: impl Future<Output = ()>) {
        self.crew.stop(hurry).await;
    }

    fn note_ready(&mut self, member: usize, is_new: bool) {
        if let Some(public) = self.crew.processes().iter().find_map(|process| process.public) {
            self.public = public;
        }
        self.crew.notice_ready(member, is_new);
        self.publish();
    }

    fn publish(&mut self) {
        // The fleet serves all the same; what reads the file sees the old addresses.
        if let Err(error) = self.run_file.publish(&describe(&self.crew, &self.topology, self.public)) {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            self.crew.notice(&format!("{error}: {cause}"));
        }
    }
}

fn describe(crew: &Crew, topology: &str, public: SocketAddr) -> RunRecord {
    let mut services: BTreeMap<String, Vec<RunProcess>> = BTreeMap::new();
    for process in crew.processes() {
        let entry = RunProcess { pid: process.pid, internal: process.internal, public: process.public };
        services.entry(process.service).or_default().push(entry);
    }
    let control = crew.control_socket();
    RunRecord { topology: topology.to_owned(), pid: std::process::id(), public, control, services }
}
