//! `cleave floor`: the bare handlers that `compare` measures beside the topologies.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context as _;
use clap::Args;
use cleave_floor::FloorSettings;

use super::{Common, Failure, Outcome, block_on, failed, start_logging};
use crate::settings::Settings;
use crate::supervisor::protocol::Listening;
use crate::supervisor::{FleetPlan, LogSink, ServicePlan, Supervised};

/// What `floor` takes: nothing but the common flags. It is started by `compare` and speaks to it like a service.
#[derive(Debug, Args)]
pub(super) struct FloorArgs {}

pub(super) fn run(common: &Common, _args: &FloorArgs) -> Outcome {
    let settings = common.settings(None)?;
    start_logging(&settings)?;
    let mut supervised = Supervised::attach().map_err(failed)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.public.port)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let floor = FloorSettings {
        catalog_url: settings.database_url("catalog"),
        inventory_url: settings.database_url("inventory"),
        listener,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        max_readers: settings.database.max_readers,
    };
    block_on(async {
        supervised
            .reporter
            .listening(Listening { internal: address, unix: None, public: Some(address) })
            .map_err(failed)?;
        supervised.reporter.ready().map_err(failed)?;
        tokio::select! {
            served = cleave_floor::serve(floor) => served.map_err(failed),
            () = supervised.stop.stopped() => Ok(()),
        }
    })
}

/// The bare handlers as one process.
pub(super) fn floor_plan(common: &Common, settings: &Settings, logs: LogSink) -> Result<FleetPlan, Failure> {
    let executable = std::env::current_exe().context("cannot find this program's own file")?;
    let service = ServicePlan {
        introduced: true,
        singular: None,
        name: "floor".to_owned(),
        replicas: 1,
        args: common.for_child(settings),
        env: Vec::new(),
        public: true,
    };
    let mut plan = FleetPlan::new(executable, "floor".to_owned(), vec![service], settings.run_file(), logs);
    plan.arguments =
        |service, _| std::iter::once("floor".to_owned()).chain(service.args.iter().cloned()).collect();
    Ok(plan)
}
