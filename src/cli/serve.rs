//! `cleave serve`: one service of a topology.

use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use cleave_core::{Ids, SystemClock};

use super::{Common, Failure, Outcome, block_on, failed, not_provisioned, start_logging, usage};
use crate::process::Process;
use crate::provision;
use crate::server::health::Placement;
use crate::server::{Listeners, Running};
use crate::settings::Settings;
use crate::supervisor::protocol::Listening;
use crate::supervisor::{ShutdownSignal, Supervised};
use crate::topology::Service;

/// What `serve` takes.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// A topology's name, or one line such as "catalog | *" [default: the configuration's]
    #[arg(long, value_name = "T")]
    topology: Option<String>,
    /// Which of its services to run; may be left out where there is only one
    #[arg(long, value_name = "S")]
    service: Option<String>,
    /// Report to `cleave up`, and stop when standard input ends
    #[arg(long, hide = true)]
    supervised: bool,
}

pub(super) fn run(common: &Common, args: &ServeArgs) -> Outcome {
    let settings = common.settings(args.topology.as_deref())?;
    start_logging(&settings)?;
    let topology = common.topology(&settings.topology)?;
    let service = match (&args.service, topology.services()) {
        (Some(name), _) => topology.service(name).map_err(usage)?.clone(),
        (None, [only]) => only.clone(),
        (None, several) => {
            let names = several.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!(
                "the topology {} has several services: name one with --service ({names})",
                topology.name()
            );
            return Err(usage(anyhow::anyhow!(message)));
        }
    };
    provision::require_data_directory(&settings).map_err(not_provisioned)?;
    let supervised =
        args.supervised.then(Supervised::attach).transpose().context("cannot listen to `cleave up`")?;
    block_on(serve(settings, topology, service, supervised))
}

async fn serve(
    settings: Settings,
    topology: crate::topology::Topology,
    service: Service,
    supervised: Option<Supervised>,
) -> Outcome {
    let mut shutdown = ShutdownSignal::install().map_err(failed)?;
    let listeners = Listeners::bind(&settings, &topology, &service).map_err(usage)?;
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    let process = Process::prepare(settings, topology, service, clock, ids).await.map_err(usage)?;
    announce(&process, &listeners).map_err(failed)?;
    match supervised {
        None => {
            let running = Running::start(process, listeners).map_err(failed)?;
            shutdown.received().await;
            stop(running).await
        }
        Some(supervised) => {
            let Supervised { reporter, mut peers, stop: mut ordered_to_stop } = supervised;
            reporter
                .listening(Listening {
                    internal: listeners.internal().map_err(failed)?,
                    unix: listeners.unix().map(ToOwned::to_owned),
                    public: listeners.public().map_err(failed)?,
                })
                .map_err(failed)?;
            // The sockets are bound, so who comes early waits a moment; nobody is served, and nothing calls, before
            // the addresses of the others are known.
            tokio::select! {
                _first = peers.changed() => process.directory.update(&peers.borrow_and_update()),
                () = ordered_to_stop.stopped() => return Ok(()),
                () = shutdown.received() => return Ok(()),
            }
            let running = Running::start(process.clone(), listeners).map_err(failed)?;
            reporter.ready().map_err(failed)?;
            let follow_peers = async {
                while peers.changed().await.is_ok() {
                    process.directory.update(&peers.borrow_and_update());
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = follow_peers => {}
                () = ordered_to_stop.stopped() => {}
                () = shutdown.received() => {}
            }
            stop(running).await
        }
    }
}

async fn stop(running: Running) -> Result<(), Failure> {
    tracing::info!("stopping: no new connections, finishing what is under way");
    running.stop().await.map_err(failed)?;
    tracing::info!("stopped");
    Ok(())
}

/// Says what this process hosts, what it reaches elsewhere and over which links.
fn announce(process: &Process, listeners: &Listeners) -> std::io::Result<()> {
    let Placement { topology, service, modules, roles, calls, .. } = Placement::of(process);
    let hosts = roles.iter().chain(&modules).copied().collect::<Vec<_>>().join(", ");
    tracing::info!(topology, service, hosts, "placement");
    for call in calls {
        let (caller, callee, link) = (call.caller, call.callee, call.link);
        tracing::info!(caller, callee, %link, service = call.service, "reaches");
    }
    let internal = listeners.internal()?;
    if let Some(public) = listeners.public()? {
        tracing::info!(%internal, %public, "listening");
    } else {
        tracing::info!(%internal, "listening");
    }
    Ok(())
}
