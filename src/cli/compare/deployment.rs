//! A topology, or the bare handlers, as the instrument starts and stops them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use cleave_compare::{Client, Process, Request, Running, Subject};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::cli::Common;
use crate::cli::floor::floor_plan;
use crate::cli::up::fleet_plan;
use crate::settings::Settings;
use crate::supervisor::{Fleet, FleetPlan, LogSink};
use crate::topology::Topology;

/// How long a process may take to say whether it is settled.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something to be measured: started on a copy of the template's data, in processes of its own.
pub(super) struct Deployment {
    pub(super) label: String,
    pub(super) program: Program,
    pub(super) common: Common,
    /// With the template as its data directory.
    pub(super) settings: Settings,
    /// Where the copies are.
    pub(super) work: PathBuf,
}

/// What runs.
pub(super) enum Program {
    Topology(Topology),
    Floor,
}

impl Subject for Deployment {
    fn label(&self) -> &str {
        &self.label
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let data =
            tempfile::Builder::new().prefix("data-").tempdir_in(&self.work).context("no room for a copy")?;
        copy_folder(&self.settings.data_dir, data.path()).context("the data cannot be copied")?;
        let mut settings = self.settings.clone();
        data.path().clone_into(&mut settings.data_dir);
        settings.public.port = 0;
        let (logs, _unread) = LogSink::memory();
        let plan = self.plan(&settings, logs)?;
        // The fleet's pipes are read by a worker of the runtime while nobody waits for the fleet. The processes
        // themselves are spawned by this thread and inherit its processors.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let fleet = runtime.block_on(Fleet::start(plan)).map_err(anyhow::Error::new)?;
        Ok(Box::new(RunningFleet { runtime, fleet, _data: data }))
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
            Program::Floor => floor_plan(&self.common, settings, logs),
        }
        .map_err(|failure| anyhow::anyhow!("cannot plan the processes: {failure}"))?;
        for service in &mut plan.services {
            service.env.push(("CLEAVE__LOG__FILTER".to_owned(), "warn".to_owned()));
        }
        Ok(plan)
    }
}

struct RunningFleet {
    runtime: Runtime,
    fleet: Fleet,
    _data: TempDir,
}

impl Running for RunningFleet {
    fn address(&self) -> SocketAddr {
        self.fleet.public()
    }

    fn processes(&self) -> Vec<Process> {
        let processes = self.fleet.processes().into_iter();
        processes.map(|process| Process { service: process.service, pid: process.pid }).collect()
    }

    fn start_ms(&self) -> f64 {
        self.fleet.ready_in().as_secs_f64() * 1_000.0
    }

    fn is_settled(&self) -> Option<bool> {
        let mut settled = true;
        for process in self.fleet.processes() {
            let response = Client::new(process.internal, PATIENCE).send(&Request::get("/settled")).ok()?;
            // The bare handlers have nothing of the kind.
            match response.status {
                200 => {}
                503 => settled = false,
                _ => return None,
            }
        }
        Some(settled)
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        let Self { runtime, fleet, _data } = *self;
        runtime.block_on(fleet.stop());
        Ok(())
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
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
