//! What `compare` measures beside topologies: single processes of the instrument, which it starts and stops like services.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context as _;

use super::{Common, Failure, Outcome, block_on, failed, start_logging};
use crate::settings::Settings;
use crate::supervisor::protocol::Listening;
use crate::supervisor::{FleetPlan, LogSink, ServicePlan, Supervised};

/// Where a reference serves, and with how many worker threads: as many as a process has that is a whole topology.
pub(super) struct Place {
    pub(super) listener: TcpListener,
    pub(super) workers: usize,
}

/// Runs a reference: `open` makes it ready, and `serve` answers until the supervisor wants an end.
pub(super) fn run<Reference>(
    common: &Common,
    open: impl AsyncFnOnce(&Settings) -> io::Result<Reference>,
    serve: impl AsyncFnOnce(Reference, Place) -> io::Result<()>,
) -> Outcome {
    let settings = common.settings(None)?;
    start_logging(&settings)?;
    let mut supervised = Supervised::attach().map_err(failed)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.public.port)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let workers = match settings.server.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    block_on(async {
        let listening = Listening { internal: address, unix: None, public: Some(address) };
        supervised.reporter.listening(listening).map_err(failed)?;
        let reference = open(&settings).await.map_err(failed)?;
        supervised.reporter.ready().map_err(failed)?;
        tokio::select! {
            served = serve(reference, Place { listener, workers }) => served.map_err(failed),
            () = supervised.stop.stopped() => Ok(()),
        }
    })
}

/// A reference as one process: the command of this name, with these flags.
pub(super) fn plan(
    common: &Common,
    settings: &Settings,
    command: &str,
    flags: &[&str],
    logs: LogSink,
) -> Result<FleetPlan, Failure> {
    let executable = std::env::current_exe().context("cannot find this program's own file")?;
    let flags = flags.iter().map(|flag| (*flag).to_owned());
    let service = ServicePlan {
        places: None,
        introduced: true,
        singular: None,
        name: command.to_owned(),
        replicas: 1,
        args: flags.chain(common.for_child(settings)).collect(),
        env: Vec::new(),
        public: true,
    };
    let mut plan = FleetPlan::new(executable, command.to_owned(), vec![service], settings.run_file(), logs);
    plan.arguments =
        |service, _| std::iter::once(service.name.clone()).chain(service.args.iter().cloned()).collect();
    Ok(plan)
}
