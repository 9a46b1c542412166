//! `cleave serve`: one service of a topology.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use cleave_core::{Ids, SystemClock};
use cleave_telemetry::Metrics;

use super::{Common, Failure, Outcome, block_on, failed, not_provisioned, start_logging, usage};
use crate::directory::Directory;
use crate::listeners::{Handed, Listeners};
use crate::membership::{Discovery, OwnPlace, follows_dns, follows_registry, names, registration_key};
use crate::process::Process;
use crate::provision;
use crate::server::health::Placement;
use crate::server::{Running, Starting, places};
use crate::settings::{FIRST_INSTANCE, Settings};
use crate::supervisor::protocol::Listening;
use crate::supervisor::{ShutdownSignal, Supervised};
use crate::topology::{Link, Service, Topology};

/// How long a process waits at most, before it calls itself ready, until it knows where all the services are that it calls.
const LONGEST_JOINING: Duration = Duration::from_secs(5);

/// What `serve` takes.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// A topology's name, or one line such as "catalog | *" [default: the configuration's]
    #[arg(long, value_name = "T")]
    topology: Option<String>,
    /// How processes reach each other: tcp, or unix for socket files [default: the topology's]
    #[arg(long, value_name = "LINK", value_parser = super::process_link)]
    link: Option<Link>,
    /// Which of its services to run; may be left out where there is only one
    #[arg(long, value_name = "S")]
    service: Option<String>,
    /// As this replica, report to `cleave up`, and stop when standard input ends
    #[arg(long, hide = true, value_name = "REPLICA")]
    supervised: Option<u32>,
}

pub(super) fn run(common: &Common, args: &ServeArgs) -> Outcome {
    // Before there are threads.
    let handed = Handed::take().map_err(usage)?;
    let settings = common.settings(args.topology.as_deref())?;
    start_logging(&settings)?;
    let (topology, idle) = common.placed_topology(&settings, args.link)?;
    let service = match (&args.service, topology.services()) {
        (Some(name), _) if idle.contains(name) => {
            return Err(usage(anyhow::anyhow!(
                "the service {name} has nothing to do: NATS keeps the event log, as events.url says; do not start it"
            )));
        }
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
    let supervised = args.supervised.map(|_| Supervised::attach());
    let supervised = supervised.transpose().context("cannot listen to `cleave up`")?;
    // Each of its addresses, before anybody asks which of them is missing.
    Directory::new(&topology, &Metrics::default()).configure(&topology, &settings.peers).map_err(usage)?;
    if supervised.is_none() {
        require_way_to_registry(&settings, &topology, &service)?;
        if follows_dns(&settings, &topology) {
            names(&settings, &topology, &service).map_err(usage)?;
        }
    }
    // Unsupervised processes of one service know nothing of each other; a new one must not take an older one's name.
    let instance = match args.supervised {
        Some(replica) => replica.to_string(),
        None if service.replicas == 1 => FIRST_INSTANCE.to_owned(),
        None => format!("pid-{}", std::process::id()),
    };
    let places = places(&settings, &topology, &service);
    let listeners = Listeners::bind_the_rest(handed, &places, &instance).map_err(usage)?;
    block_on(serve(settings, topology, service, instance, listeners, supervised))
}

/// Refuses a process that could find nobody.
fn require_way_to_registry(settings: &Settings, topology: &Topology, service: &Service) -> Outcome {
    let keeper = topology.host_of("registry").expect("a valid topology hosts every role");
    let is_known = keeper.name == service.name || settings.peers.contains_key(&keeper.name);
    if is_known || !follows_registry(settings, topology) {
        return Ok(());
    }
    let name = &keeper.name;
    Err(usage(anyhow::anyhow!(
        "discovery.source = \"registry\", and nothing says where the registry is: write {name} = [\"tcp://IP:PORT\"] under [peers] \
         (it is the internal listener of the service {name}), or discovery.source = \"fixed\" and all services under [peers]"
    )))
}

async fn serve(
    settings: Settings,
    topology: Topology,
    service: Service,
    instance: String,
    listeners: Listeners,
    supervised: Option<Supervised>,
) -> Outcome {
    let mut shutdown = ShutdownSignal::install().map_err(failed)?;
    let discovery = discovery(&settings, &topology, &service, instance, &listeners)?;
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    let process = Process::prepare(settings, topology, service, clock, ids).await.map_err(usage)?;
    announce(&process, &listeners).map_err(failed)?;
    match supervised {
        None => {
            let running = Running::start_with(process, listeners, discovery).map_err(failed)?;
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
            let starting = Starting::begin(process.clone(), listeners, discovery).map_err(failed)?;
            let mut follow_peers = pin!(async {
                while peers.changed().await.is_ok() {
                    process.directory.update(&peers.borrow_and_update());
                }
                std::future::pending::<()>().await;
            });
            let mut join = pin!(async {
                let complete = process.membership.complete(&process);
                if tokio::time::timeout(LONGEST_JOINING, complete).await.is_err() {
                    tracing::warn!(
                        "not all services that this one calls are known yet; it serves without them"
                    );
                }
            });
            // Who comes before the others are known would hear that they are away. Only the process of which all learn of each other has
            // to serve before it knows them.
            let serves_first = process.service.hosts("registry");
            let is_over = !serves_first
                && tokio::select! {
                    () = &mut follow_peers => true,
                    () = &mut join => false,
                    () = ordered_to_stop.stopped() => true,
                    () = shutdown.received() => true,
                };
            let running = starting.serve();
            if is_over {
                return stop(running).await;
            }
            let become_ready = async {
                if serves_first {
                    join.await;
                }
                match reporter.ready() {
                    Ok(()) => std::future::pending().await,
                    Err(error) => error,
                }
            };
            tokio::select! {
                () = follow_peers => {}
                error = become_ready => return Err(failed(error)),
                () = ordered_to_stop.stopped() => {}
                () = shutdown.received() => {}
            }
            stop(running).await
        }
    }
}

/// How this process finds the others.
fn discovery(
    settings: &Settings,
    topology: &Topology,
    service: &Service,
    instance: String,
    listeners: &Listeners,
) -> Result<Discovery, Failure> {
    if follows_dns(settings, topology) {
        if service.hosts("registry") {
            tracing::info!("nobody asks the registry of this process: discovery.source = \"dns\"");
        }
        return Ok(Discovery::Dns(Box::new(names(settings, topology, service).map_err(usage)?)));
    }
    if !follows_registry(settings, topology) {
        return Ok(Discovery::Fixed);
    }
    let key = registration_key(settings, &service.name).map_err(usage)?;
    let tcp = settings.advertised(listeners.internal().map_err(failed)?);
    if tcp.ip().is_unspecified() {
        return Err(usage(anyhow::anyhow!(
            "internal.host = {:?} is every address of this machine, so others cannot be told which one to take: write the one by \
             which they reach this process to discovery.advertise, as IP:PORT",
            tcp.ip().to_string()
        )));
    }
    let unix = listeners.unix().map(ToOwned::to_owned);
    Ok(Discovery::Registry(OwnPlace { instance, tcp, unix, key }))
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
