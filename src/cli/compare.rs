//! `cleave compare`: topologies, measured side by side.

mod deployment;
mod distances;
mod executables;
mod experiment;
mod growth;
mod interrupt;
mod kept;
mod ladder;
mod overshoot;
mod report;
mod targets;

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use cleave_auth::TokenIssuer;
use cleave_compare::{
    CompareError, Comparison, Journey, Nginx, Results, ScaleSettings, Settings as Plan, Subject,
    TerminalProgress, render,
};
use cleave_core::{Ids, SystemClock};
use cleave_floor::Stage;
use cleave_rest::RoundTrip;

use self::deployment::{Deployment, Program};
use self::executables::Executables;
use self::experiment::Experiment;
use self::growth::{Pair, Replicas};
use self::ladder::Rungs;
use self::report::{DiffArgs, ReportArgs};
use self::targets::Address;
use super::plain;
use super::up::refuse_dns;
use super::{Common, Failure, Outcome, block_on, failed, start_logging, usage};
use crate::journeys::{
    CartJourney, CheckoutJourney, Customers, ListJourney, ProductJourney, ScriptedSession, Shelf, Workload,
    WorkloadJourney,
};
use crate::provision::{self, Goods};
use crate::settings::Settings;
use crate::topology::Topology;

/// How many units of each product come in: more than any comparison sells.
const UNITS: i64 = 10_000;

/// What processes log while they are measured.
const QUIET: &str = "warn";
/// Requests a second, rising. (A list of its own type, or the command line would take one flag for each.)
type Rates = Vec<f64>;

/// The mix that is loaded where nobody names one and there is time.
const DEFAULT_WORKLOAD: &str = "browse-heavy";

/// What `compare` takes: topologies to measure, or a command about results that are there already.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct CompareArgs {
    #[command(subcommand)]
    command: Option<CompareCommand>,
    /// Topologies by name or in one line; the first is what the others are compared with
    #[arg(value_name = "T", default_values = ["monolith", "microservices"])]
    topologies: Vec<String>,
    /// End within 150 seconds; without it within 15 minutes
    #[arg(long)]
    quick: bool,
    /// Take about an hour, for differences of a few percent
    #[arg(long, conflicts_with = "quick")]
    thorough: bool,
    /// Also kill, pause and restart each process under load, which takes 15 seconds for each; without --quick that is done anyway
    #[arg(long)]
    blast_radius: bool,
    /// Also load a mix of all journeys: browse-heavy, checkout-heavy, read-only, or a TOML file with weights [default: browse-heavy,
    /// and none with --quick]
    #[arg(long, value_name = "NAME|FILE")]
    workload: Option<String>,
    /// Latency at these rates (requests a second, rising, separated by commas), and the highest that holds; without --quick that is done
    /// anyway, from 250 to 16000
    #[arg(long, value_name = "RATES", value_parser = experiment::parse_rates)]
    rates: Option<Rates>,
    /// Measure only these, separated by commas [default: those of the plan]
    #[arg(long, value_name = "NAMES", value_enum, value_delimiter = ',')]
    experiments: Vec<Experiment>,
    /// Also put processes at these round-trip times from each other, in milliseconds, as 0,0.25,1: latency over distance; without
    /// --quick that is done anyway
    #[arg(
        long,
        value_name = "MS,...",
        value_delimiter = ',',
        value_parser = super::round_trip_ms,
        allow_negative_numbers = true
    )]
    rtt: Vec<f64>,
    /// Also measure what more processes of a service buy, as often as wanted [default with --experiments scale: catalog=2]
    #[arg(long, value_name = "SERVICE=N", value_parser = growth::replicas)]
    replicas: Vec<Replicas>,
    /// Let the topologies use all processors; else the load generator has the last one for itself
    #[arg(long)]
    share_cores: bool,
    /// Load a deployment that runs already instead of starting one, as often as wanted; the first is what the others are compared with
    #[arg(
        long = "target",
        value_name = "NAME=URL",
        value_parser = targets::address,
        conflicts_with_all = ["topologies", "blast_radius", "share_cores", "replicas", "rtt"]
    )]
    targets: Vec<Address>,
    /// Let the targets' stores change: customers sign up there and fill carts, which stay behind
    #[arg(long, requires = "targets", conflicts_with = "thorough")]
    target_writes: bool,
    /// Let the visitors of --workload buy in the targets: their orders and accounts stay behind, and what they buy is gone from the stock
    #[arg(long, requires_all = ["targets", "workload"], conflicts_with = "thorough")]
    allow_orders: bool,
    /// Also believe the certificates of this authority (a PEM file), where a target speaks TLS; those that the system trusts are believed
    /// without
    #[arg(long, value_name = "FILE", requires = "targets")]
    authority: Option<PathBuf>,
    /// The folder for results.json and report.html
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Go on with the run whose results are in that folder: the same command line, interrupted before
    #[arg(long)]
    resume: bool,
    /// The same seed asks the same requests at the same moments
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
}

/// What can be done with results. No topology can be called by these words: the topologies' own check refuses it.
#[derive(Debug, Subcommand)]
enum CompareCommand {
    /// Show results as one HTML page that needs no network, and as pictures
    ///
    /// It opens with the verdict and how far to trust it, and explains each picture. The same results give the same bytes.
    Report(ReportArgs),
    /// Compare two results, such as those of two versions on one machine
    ///
    /// Says first what was different when they were measured. Rounds of two runs are not paired, so each figure is told twice:
    /// as it is, and relative to the baseline of its own run, which takes out whether the machine was faster on one of the days.
    Diff(DiffArgs),
}

pub(super) fn run(common: &Common, args: &CompareArgs) -> Outcome {
    match &args.command {
        Some(CompareCommand::Report(args)) => report::run_report(args),
        Some(CompareCommand::Diff(args)) => report::run_diff(args),
        None if args.targets.is_empty() => measure(common, args),
        None => targets::measure(args),
    }
}

fn measure(common: &Common, args: &CompareArgs) -> Outcome {
    let mut settings = common.settings(None)?;
    let everyday_log = std::mem::replace(&mut settings.log.filter, QUIET.to_owned());
    start_logging(&settings)?;
    if settings.has_database_users() {
        return Err(usage(anyhow!(
            "compare gives each topology a copy of its data, which it can make of SQLite's files only: leave database.url and \
             --database out"
        )));
    }
    if !settings.has_database("events") {
        return Err(usage(anyhow!(
            "compare gives each topology an event log of its own, which NATS cannot: leave events.url and --events out"
        )));
    }
    if settings.links.round_trip().is_some() {
        return Err(usage(anyhow!(
            "compare puts processes at a distance by itself: leave links.round_trip_ms out, and name the round-trip times with --rtt"
        )));
    }
    let topologies =
        args.topologies.iter().map(|name| common.topology(name)).collect::<Result<Vec<_>, _>>()?;
    topologies.iter().try_for_each(|topology| refuse_dns(&settings, topology))?;
    let workload = args.workload.as_deref().or((!args.quick).then_some(DEFAULT_WORKLOAD));
    let workload = workload.map(Workload::find).transpose().map_err(usage)?;
    let round_trips_ms = if args.rtt.is_empty() { None } else { Some(distances::rising(&args.rtt)?) };
    let earlier = if args.resume { Some(kept::earlier(&args.out)?) } else { None };
    let interruption = interrupt::listen()?;
    std::fs::create_dir_all(&args.out).with_context(|| {
        format!("the folder {} cannot be made; choose another one with --out", args.out.display())
    })?;
    let work = tempfile::Builder::new()
        .prefix(".work-")
        .tempdir_in(&args.out)
        .with_context(|| format!("{} cannot be written", args.out.display()))?;

    settings.data_dir = work.path().join("template");
    let (shelf, admin_token) = block_on(interrupt::unless_wanted(&interruption, stock_template(&settings)))?;

    let executables = Executables::new(work.path());
    let deployment = |label: &str, program, timing_headers| Deployment {
        label: label.to_owned(),
        program,
        replicas: BTreeMap::new(),
        workers: None,
        timing_headers,
        common: common.clone(),
        settings: settings.clone(),
        work: work.path().to_owned(),
        log_filter: QUIET.to_owned(),
        executables: executables.clone(),
        interruption: interruption.clone(),
    };
    let deployments = |timing_headers| {
        let program = |topology: &Topology| Program::Topology(topology.clone());
        let topologies = topologies.iter();
        topologies.map(|it| deployment(it.name(), program(it), timing_headers)).collect::<Vec<_>>()
    };
    let (plain, timed) = (deployments(false), deployments(true));
    let floor = deployment("bare handlers", Program::Floor(Stage::Queries), false);
    let mut plan = plan(args);
    if let Some(round_trips_ms) = round_trips_ms {
        plan.round_trip.get_or_insert_default().round_trips_ms = round_trips_ms;
    } else if !RoundTrip::IS_SUPPORTED && args.experiments.is_empty() {
        plan.round_trip = None;
    }
    let [subjects, timed] = [&plain, &timed].map(|deployments| {
        deployments.iter().map(|deployment| deployment as &dyn Subject).collect::<Vec<_>>()
    });
    let customers = Customers::new(TokenIssuer::load(&settings.signing_key_file()).map_err(failed)?);
    let cart = CartJourney::new(&shelf, &customers);
    let checkout = CheckoutJourney { shelf: &shelf, customers: &customers };
    let (list, product) = (ListJourney(&shelf), ProductJourney(&shelf));
    let single: [&dyn Journey; 4] = [&list, &product, &cart, &checkout];
    let rungs = match plan.ladder {
        Some(_) => {
            block_on(interrupt::unless_wanted(&interruption, plain::fill(&settings)))?;
            Some(Rungs::like(&floor, &everyday_log, topologies.get(1), Nginx::installed())?)
        }
        None => None,
    };
    let ladder = rungs.as_ref().map(|rungs| (rungs.plans(), &rungs.absent, rungs.prices()));
    let ladder = ladder.as_ref().map(|(rungs, absent, prices)| ladder::plan(rungs, absent, &single, prices));
    let workload = workload.as_ref().map(|workload| WorkloadJourney::new(workload, &shelf, &customers));
    let mut journeys = single.to_vec();
    journeys.extend(workload.as_ref().map(|workload| workload as &dyn Journey));
    let pairs = match plan.scale {
        Some(_) => growth::pairs(&topologies, &args.replicas, |label, topology, replicas| Deployment {
            replicas,
            ..deployment(&label, Program::Topology(topology.clone()), false)
        })?,
        None => Vec::new(),
    };
    let growths = pairs.iter().map(Pair::growth).collect::<Vec<_>>();
    let doubled = match plan.scale {
        Some(_) => growth::doubled(&topologies, |label, topology, replicas| Deployment {
            replicas,
            ..deployment(&label, Program::Topology(topology.clone()), false)
        }),
        None => Vec::new(),
    };
    let mut releases = subjects.clone();
    releases.extend(doubled.iter().map(|deployment| deployment as &dyn Subject));
    let comparison = Comparison {
        topologies: &subjects,
        again: None,
        floor: Some(&floor),
        ladder,
        journeys: &journeys,
        script: &ScriptedSession { shelf: &shelf, admin_token: &admin_token },
        growths: &growths,
        releases: &releases,
        settings: plan,
        version: env!("CARGO_PKG_VERSION"),
        timed: &timed,
        interruption,
        earlier: earlier.as_ref(),
        keep: &|results| kept::keep(&args.out, results),
    };
    conclude(&comparison, &mut TerminalProgress::new(), &args.out)
}

/// How it is to be measured.
fn plan(args: &CompareArgs) -> Plan {
    let plan = match (args.quick, args.thorough) {
        (true, _) => Plan::quick,
        (_, true) => Plan::thorough,
        _ => Plan::standard,
    };
    let whole = Plan { share_processors: args.share_cores, ..plan(args.seed) };
    let mut plan = match args.experiments.as_slice() {
        [] => whole.clone(),
        chosen => Experiment::only(chosen, whole.clone()),
    };
    if !args.replicas.is_empty() && plan.scale.is_none() {
        plan.scale = Some(ScaleSettings::of(&whole));
    }
    if let Some(rates) = &args.rates {
        rates.clone_into(&mut plan.load.get_or_insert_default().rates);
    }
    if args.blast_radius {
        plan.blast.get_or_insert_default();
    }
    plan
}

/// A store with its goods, of which every deployment gets a copy.
async fn stock_template(settings: &Settings) -> Result<(Shelf, String), Failure> {
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    provision::create_keys(settings).map_err(failed)?;
    provision::migrate(settings).await.map_err(failed)?;
    provision::seed(settings, clock.clone(), ids.clone(), Goods::Bundled, |_| {}).await.map_err(failed)?;
    let admin = provision::ensure_admin(settings, clock.clone(), ids.clone()).await.map_err(failed)?;
    let admin_token = provision::admin_token(settings, clock.as_ref(), admin.account_id).map_err(failed)?;
    provision::receive(settings, clock.clone(), ids.clone(), UNITS).await.map_err(failed)?;
    let products = provision::products(settings, clock, ids).await.map_err(failed)?;
    let products = products.into_iter().map(|product| (product.id.to_string(), product.category));
    Ok((Shelf::of(products), admin_token))
}

/// Measures, tells what was found, and says with its exit code whether all of it was.
fn conclude(comparison: &Comparison<'_>, progress: &mut TerminalProgress, out: &Path) -> Outcome {
    let results = match comparison.run(progress) {
        Err(CompareError::Interrupted) => return Err(interrupt::ended()),
        Err(error @ CompareError::OtherRun(_)) => return Err(usage(error)),
        results => results.map_err(failed)?,
    };
    tell(&results, out)?;
    if comparison.interruption.is_wanted() { Err(Failure::Told(interrupt::EXIT_CODE)) } else { Ok(()) }
}

fn tell(results: &Results, out: &Path) -> Outcome {
    let file = kept::file(out);
    kept::keep(out, results)?;
    let page = out.join("report.html");
    report::write_page(results, &page)?;
    let colour = std::io::stdout().is_terminal();
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", render::table(results, colour)).map_err(failed)?;
    writeln!(stdout, "report: {}", page.display()).map_err(failed)?;
    writeln!(stdout, "raw data: {}", file.display()).map_err(failed)?;
    Ok(())
}
