//! `cleave up`: a whole topology on this machine.

mod console;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use cleave_core::{Ids, SystemClock};
use cleave_db::engine::Engine;
use cleave_telemetry::Metrics;

use super::{Common, Failure, Outcome, block_on, failed, not_provisioned, start_logging, usage};
use crate::directory::Directory;
use crate::membership::{follows_dns, follows_registry};
use crate::provision::{self, Goods};
use crate::server::places;
use crate::settings::{LogFormat, Settings};
use crate::supervisor::control::ControlSocket;
use crate::supervisor::{
    Fleet, FleetPlan, LogSink, ServicePlan, ShutdownSignal, SupervisorError, address_table,
};
use crate::topology::{Link, Topology};

/// What `up` takes.
#[derive(Debug, Args)]
pub(super) struct UpArgs {
    /// A topology's name, or one line such as "catalog | *" [default: the configuration's]
    #[arg(long, value_name = "T")]
    topology: Option<String>,
    /// How processes reach each other: tcp, or unix for socket files [default: the topology's]
    #[arg(long, value_name = "LINK", value_parser = super::process_link)]
    link: Option<Link>,
    /// How far away processes seem to be from each other: each call between two takes so many milliseconds longer [default: 0]
    #[arg(long, value_name = "MS", value_parser = super::round_trip_ms, allow_negative_numbers = true)]
    rtt: Option<f64>,
}

pub(super) fn run(common: &Common, args: &UpArgs) -> Outcome {
    let mut settings = common.settings(args.topology.as_deref())?;
    if let Some(round_trip_ms) = args.rtt {
        settings.links.round_trip_ms = round_trip_ms;
    }
    start_logging(&settings)?;
    let (topology, idle) = common.placed_topology(&settings, args.link)?;
    for service in idle {
        tracing::info!(service, "not started: NATS keeps the event log, and it hosts nothing else");
    }
    block_on(up(common, settings, topology))
}

async fn up(common: &Common, settings: Settings, topology: Topology) -> Outcome {
    let mut shutdown = ShutdownSignal::install().map_err(failed)?;
    for service in topology.services().iter().filter(|service| service.replicas > 1) {
        if let Some(reason) = topology.singular(service) {
            let (name, replicas) = (&service.name, service.replicas);
            return Err(usage(anyhow::anyhow!(
                "the service {name} has {replicas} replicas and can have only one process, because it {reason}: set its replicas to 1"
            )));
        }
    }
    refuse_dns(&settings, &topology)?;
    // Each process would refuse them too; here nothing has happened yet.
    Directory::new(&topology, &Metrics::default()).configure(&topology, &settings.peers).map_err(usage)?;
    prepare(&settings).await?;
    let mut plan = fleet_plan(common, &settings, &topology, logs(&settings))?;
    let control = open_control(&settings);
    plan.control = control.as_ref().map(|(_, path)| path.clone());
    let mut fleet = tokio::select! {
        started = Fleet::start(plan) => started.map_err(explain)?,
        () = shutdown.received() => return Ok(()),
    };
    let hosts = |service: &str| console::hosts(&topology, service);
    let (table, name, public) = (address_table(&fleet.processes(), hosts), topology.name(), fleet.public());
    let ready_ms = fleet.ready_in().as_millis();
    // Nobody may be reading, which is no reason to stop.
    let _nobody_reads = writeln!(
        std::io::stdout(),
        "{table}\n{name} is ready after {ready_ms} ms: http://{public}/docs\nCtrl-C stops it, `help` lists what can be typed here"
    );
    let handle = fleet.handle();
    let take_wishes = async {
        match &control {
            Some((socket, _)) => socket.serve(&handle).await,
            None => std::future::pending().await,
        }
    };
    let gave_up = tokio::select! {
        error = fleet.watch() => Some(error),
        () = take_wishes => None,
        () = console::attend(&handle, &topology) => None,
        () = shutdown.received() => None,
    };
    if let Some(error) = gave_up {
        return Err(explain(error));
    }
    fleet.stop_or_kill(shutdown.received()).await;
    Ok(())
}

/// Refuses name servers as the source for processes that this program starts.
pub(super) fn refuse_dns(settings: &Settings, topology: &Topology) -> Outcome {
    if !follows_dns(settings, topology) {
        return Ok(());
    }
    Err(usage(anyhow::anyhow!(
        "discovery.source = \"dns\" is for processes that something else starts and gives names, such as Kubernetes; `up` and `compare` \
         give their processes ports that no name server knows: write discovery.source = \"registry\" for them"
    )))
}

/// The socket by which other commands reach this one, and its path, which they may look up from anywhere.
fn open_control(settings: &Settings) -> Option<(ControlSocket, PathBuf)> {
    let path = std::path::absolute(settings.data_dir.join("run").join("control.sock"));
    let opened = path.and_then(|path| Ok((ControlSocket::bind(&path)?, path)));
    // The store runs all the same.
    opened
        .inspect_err(
            |error| tracing::warn!(%error, "no control socket: `cleave scale` cannot reach this store"),
        )
        .ok()
}

/// Keys, tables and, in an empty store, goods.
async fn prepare(settings: &Settings) -> Outcome {
    provision::create_keys(settings).map_err(not_provisioned)?;
    // The start would refuse it too; here the tables of the other `up` are as they were.
    Fleet::refuse_if_in_use(&settings.run_file()).map_err(explain)?;
    provision::migrate(settings).await.map_err(not_provisioned)?;
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    if provision::is_empty(settings, clock.clone(), ids.clone()).await.map_err(not_provisioned)? {
        let handled =
            provision::seed(settings, clock, ids, Goods::Bundled, |_| {}).await.map_err(not_provisioned)?;
        tracing::info!(products = handled, "brought goods into the empty store");
    }
    Ok(())
}

/// The processes of a topology, each with the flags that make it read the same configuration.
pub(super) fn fleet_plan(
    common: &Common,
    settings: &Settings,
    topology: &Topology,
    logs: LogSink,
) -> Result<FleetPlan, Failure> {
    let executable: PathBuf = std::env::current_exe().context("cannot find this program's own file")?;
    let mut args = common.for_child(settings);
    args.extend(["--topology".to_owned(), settings.topology.clone()]);
    args.extend(["--link".to_owned(), topology.link_between_processes().to_string()]);
    // Not as a flag, which everybody on this machine could read; and no process gets the rights of who administers it.
    let database_url = Engine::without_admin(&settings.database.url).map_err(usage)?;
    let env = vec![
        ("CLEAVE__DATABASE__URL".to_owned(), database_url),
        ("CLEAVE__EVENTS__URL".to_owned(), settings.events.url.clone()),
        ("CLEAVE__LINKS__ROUND_TRIP_MS".to_owned(), settings.links.round_trip_ms.to_string()),
    ];
    let services = topology.services().iter().map(|service| ServicePlan {
        name: service.name.clone(),
        replicas: service.replicas as usize,
        args: args.clone(),
        env: env.clone(),
        places: Some(places(settings, topology, service)),
        introduced: !follows_registry(settings, topology) || service.hosts("registry"),
        singular: topology.singular(service),
        public: service.hosts("gateway"),
    });
    let name = topology.name().to_owned();
    Ok(FleetPlan::new(executable, name, services.collect(), settings.run_file(), logs))
}

fn logs(settings: &Settings) -> LogSink {
    #[expect(
        clippy::disallowed_methods,
        reason = "NO_COLOR speaks to terminals and is no setting of the store"
    )]
    let no_color = std::env::var_os("NO_COLOR");
    let sink = LogSink::stderr(no_color.as_deref());
    match settings.log.format {
        LogFormat::Pretty => sink,
        LogFormat::Json => sink.without_prefix(),
    }
}

/// What went wrong with the processes, as an outcome of the command.
pub(super) fn explain(error: SupervisorError) -> Failure {
    if error.is_configuration() { usage(error) } else { failed(error) }
}
