//! A topology, or a reference beside it, as the instrument starts and stops them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use cleave_compare::{Client, Interruption, Overshoot, Process, Request, Running, Subject};
use cleave_floor::Stage;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::executables::{Executable, Executables};
use super::{interrupt, overshoot};
use crate::cli::Common;
use crate::cli::floor::floor_plan;
use crate::cli::plain::plain_plan;
use crate::cli::up::fleet_plan;
use crate::settings::{Settings, check_round_trip_ms};
use crate::supervisor::{Fleet, FleetHandle, FleetPlan, LogSink, ProcessInfo};
use crate::topology::Topology;

/// How long a process may take to say whether it is settled.
const PATIENCE: Duration = Duration::from_secs(5);

/// The bare handlers only read.
pub(super) const FLOOR_JOURNEYS: [&str; 2] = ["list", "product"];

/// What the plain monolith has.
const PLAIN_JOURNEYS: [&str; 4] = ["list", "product", "cart", "checkout"];

/// Something to be measured: started on a copy of the template's data, in processes of its own.
#[derive(Clone)]
pub(super) struct Deployment {
    pub(super) label: String,
    pub(super) program: Program,
    /// Services with more processes than the topology gives them, or fewer.
    pub(super) replicas: BTreeMap<String, u32>,
    /// Worker threads of each process; its share of the processors where nobody says otherwise.
    pub(super) workers: Option<usize>,
    /// Whether its answers say where the time went.
    pub(super) timing_headers: bool,
    pub(super) common: Common,
    /// With the template as its data directory.
    pub(super) settings: Settings,
    /// Where the copies are.
    pub(super) work: PathBuf,
    /// What its processes log.
    pub(super) log_filter: String,
    /// The program's own.
    pub(super) executables: Executables,
    /// A start that is under way ends with it.
    pub(super) interruption: Interruption,
}

/// What runs.
#[derive(Clone)]
pub(super) enum Program {
    Topology(Topology),
    Floor(Stage),
    Plain,
}

impl Subject for Deployment {
    fn label(&self) -> &str {
        &self.label
    }

    fn answers(&self, journey: &str) -> bool {
        match self.program {
            Program::Topology(_) => true,
            Program::Plain => PLAIN_JOURNEYS.contains(&journey),
            Program::Floor(_) => FLOOR_JOURNEYS.contains(&journey),
        }
    }

    fn at_distance(&self, round_trip_ms: f64) -> Option<Box<dyn Subject + '_>> {
        let is_possible =
            matches!(self.program, Program::Topology(_)) && check_round_trip_ms(round_trip_ms).is_ok();
        if !is_possible {
            return None;
        }
        let mut settings = self.settings.clone();
        settings.links.round_trip_ms = round_trip_ms;
        let label = format!("{} at {round_trip_ms} ms", self.label);
        Some(Box::new(Self { label, settings, ..self.clone() }))
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let data =
            tempfile::Builder::new().prefix("data-").tempdir_in(&self.work).context("no room for a copy")?;
        copy_folder(&self.settings.data_dir, data.path()).context("the data cannot be copied")?;
        let mut settings = self.settings.clone();
        data.path().clone_into(&mut settings.data_dir);
        // Who is started again is found at the same port.
        settings.public.port = free_port().context("no port is free")?;
        let (logs, _unread) = LogSink::memory();
        let mut plan = self.plan(&settings, logs)?;
        let executable = self.executables.take()?;
        executable.path().clone_into(&mut plan.executable);
        // The fleet's pipes are read by a worker of the runtime while nobody waits for the fleet. The processes
        // themselves are spawned by this thread and inherit its processors.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let fleet = runtime.block_on(async {
            tokio::select! {
                started = Fleet::start(plan) => started.map_err(anyhow::Error::new),
                // Dropped in the midst of it, it kills what it has started.
                () = interrupt::wanted(&self.interruption) => Err(anyhow::anyhow!("it was interrupted")),
            }
        })?;
        let (public, ready_in) = (fleet.public(), fleet.ready_in());
        Ok(Box::new(RunningFleet {
            runtime,
            public,
            ready_in,
            is_distant: settings.links.round_trip().is_some(),
            fleet: Some(Tended::Held(Box::new(fleet))),
            _data: data,
            _executable: executable,
        }))
    }
}

impl Deployment {
    fn plan(&self, settings: &Settings, logs: LogSink) -> anyhow::Result<FleetPlan> {
        let mut plan = match &self.program {
            Program::Topology(topology) => {
                let mut settings = settings.clone();
                topology.name().clone_into(&mut settings.topology);
                fleet_plan(&self.common, &settings, topology, logs)
            }
            Program::Floor(stage) => floor_plan(&self.common, settings, *stage, logs),
            Program::Plain => plain_plan(&self.common, settings, logs),
        }
        .map_err(|failure| anyhow::anyhow!("cannot plan the processes: {failure}"))?;
        for service in &mut plan.services {
            if let Some(count) = self.replicas.get(&service.name) {
                service.replicas = *count as usize;
            }
            service.env.push(("CLEAVE__LOG__FILTER".to_owned(), self.log_filter.clone()));
            if let Some(workers) = self.workers {
                service.env.push(("CLEAVE__SERVER__WORKERS".to_owned(), workers.to_string()));
            }
            let timing_headers = self.timing_headers.to_string();
            service.env.push(("CLEAVE__SERVER__TIMING_HEADERS".to_owned(), timing_headers));
        }
        Ok(plan)
    }
}

struct RunningFleet {
    runtime: Runtime,
    public: SocketAddr,
    ready_in: Duration,
    /// Whether calls between its processes are delayed.
    is_distant: bool,
    /// Always there, but for the moment in which it changes hands.
    fleet: Option<Tended>,
    _data: TempDir,
    _executable: Executable,
}

/// Who looks after the processes.
enum Tended {
    /// Nobody: what dies stays dead, so that no measurement hides it.
    Held(Box<Fleet>),
    /// A task that starts again what dies.
    Watched { handle: FleetHandle, enough: oneshot::Sender<()>, task: JoinHandle<Box<Fleet>> },
}

impl RunningFleet {
    fn fleet_processes(&self) -> Vec<ProcessInfo> {
        match &self.fleet {
            Some(Tended::Held(fleet)) => fleet.processes(),
            Some(Tended::Watched { handle, .. }) => self.runtime.block_on(handle.processes()),
            None => Vec::new(),
        }
    }
}

impl Running for RunningFleet {
    fn address(&self) -> SocketAddr {
        self.public
    }

    fn processes(&self) -> Vec<Process> {
        let processes = self.fleet_processes().into_iter();
        processes.map(|process| Process { service: process.service, pid: process.pid }).collect()
    }

    fn start_ms(&self) -> Option<f64> {
        Some(self.ready_in.as_secs_f64() * 1_000.0)
    }

    fn tend(&mut self) {
        let fleet = self.fleet.take().map(|fleet| match fleet {
            Tended::Held(mut fleet) => {
                let (enough, is_enough) = oneshot::channel();
                let handle = fleet.handle();
                let task = self.runtime.spawn(async move {
                    tokio::select! {
                        _given_up = fleet.watch() => {}
                        _enough = is_enough => {}
                    }
                    fleet
                });
                Tended::Watched { handle, enough, task }
            }
            watched @ Tended::Watched { .. } => watched,
        });
        self.fleet = fleet;
    }

    fn is_settled(&self) -> Option<bool> {
        let mut settled = true;
        for process in self.fleet_processes() {
            let response = Client::new(process.internal, PATIENCE).send(&Request::get("/settled")).ok()?;
            // The references have nothing of the kind.
            match response.status {
                200 => {}
                503 => settled = false,
                _ => return None,
            }
        }
        Some(settled)
    }

    fn delay_overshoot(&self) -> Option<Overshoot> {
        if !self.is_distant {
            return None;
        }
        let mut buckets = Vec::new();
        for process in self.fleet_processes() {
            let response = Client::new(process.internal, PATIENCE).send(&Request::get("/metrics")).ok()?;
            buckets.extend(overshoot::buckets(&response.text()));
        }
        Some(Overshoot::of(buckets))
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        let Self { runtime, fleet, .. } = *self;
        runtime.block_on(async {
            let fleet = match fleet {
                Some(Tended::Held(fleet)) => fleet,
                Some(Tended::Watched { enough, task, .. }) => {
                    // An error means that it has stopped watching by itself.
                    let _told = enough.send(());
                    task.await.context("whoever looks after the processes has failed")?
                }
                None => return Ok(()),
            };
            fleet.stop().await;
            Ok(())
        })
    }
}

fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr().map(|address| address.port())
}

/// Copies what is in a folder into another one that is there.
pub(super) fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&target)?;
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
