//! Deployments that run already: loaded like those that are started here, with what can be known from outside.

mod address;
mod stock;
mod store;
mod target;

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use cleave_compare::{
    Authorities, Comparison, Interruption, Journey, Progress as _, Settings as Plan, Subject,
    TerminalProgress,
};

pub(super) use self::address::{Address, address};
use self::store::{Store, known_to_each_other};
use super::experiment::Experiment;
use super::{CompareArgs, Failure, Outcome, conclude, interrupt, kept, plan, usage};
use crate::journeys::{CartJourney, ListJourney, ProductJourney, ReadingSession, Workload, WorkloadJourney};

/// How long a target may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What can be found out without the processes.
const SEEN_FROM_OUTSIDE: [Experiment; 3] = [Experiment::Latency, Experiment::Capacity, Experiment::Load];

/// Customers who share the journey *cart*: each costs its store two hashes of a password.
const CARTS: usize = 40;

/// Customers who take turns in a workload, where there is one: at least so many, and at most.
const VISITORS: (f64, f64) = (200.0, 2_000.0);

/// So long after his last step a customer's next one may come, at the highest rate: the answer has to be there by then.
const SECONDS_BETWEEN_STEPS: f64 = 0.25;

/// Measures what `--target` names.
pub(super) fn measure(args: &CompareArgs) -> Outcome {
    let interruption = interrupt::listen()?;
    match measure_unless(args, &interruption) {
        // Whatever goes wrong then was torn from its work.
        Err(Failure::Told(code)) => Err(Failure::Told(code)),
        Err(_) if interruption.is_wanted() => Err(interrupt::ended()),
        outcome => outcome,
    }
}

fn measure_unless(args: &CompareArgs, interruption: &Interruption) -> Outcome {
    let mut names = HashSet::new();
    if let Some(twice) = args.targets.iter().find(|target| !names.insert(&target.name)) {
        return Err(usage(anyhow!(
            "two targets are called {}: give each a name of its own, for one is told from the other by it",
            twice.name
        )));
    }
    if let Some(unseen) = args.experiments.iter().find(|it| !SEEN_FROM_OUTSIDE.contains(it)) {
        return Err(usage(anyhow!(
            "{unseen:?} cannot be measured of targets, for it takes their processes, which are not seen from here: write \
             --experiments latency,capacity,load, or leave it out"
        )));
    }
    let workload = args.workload.as_deref().map(Workload::find).transpose().map_err(usage)?;
    if let Some(workload) = &workload {
        refuse_unless_allowed(workload, args)?;
    }
    std::fs::create_dir_all(&args.out).with_context(|| {
        format!("the folder {} cannot be made; choose another one with --out", args.out.display())
    })?;
    let earlier = if args.resume { Some(kept::earlier(&args.out)?) } else { None };
    let mut progress = TerminalProgress::new();
    let authorities = authorities(args)?;
    let mut stores = args
        .targets
        .iter()
        .map(|address| Store::open(address, authorities.as_ref(), interruption))
        .collect::<Result<Vec<_>, _>>()?;
    let settings = seen_from_outside(args);
    let workload = workload.as_ref();
    let visitors = workload.map_or(0, |workload| visitors(workload, &settings));
    let wanted = visitors + if args.target_writes || args.allow_orders { CARTS } else { 0 };
    let buyer = workload.filter(|workload| workload.buys());
    let plenty =
        buyer.map(|buyer| stock::plenty(&mut stores, buyer, &settings, &mut progress)).transpose()?;
    let (mut customers, mut of_twin) = (Vec::new(), Vec::new());
    if wanted > 0 {
        progress.note(&format!(
            "{wanted} customers sign up at each target, and as many for its control at the first"
        ));
        customers = stores.iter().map(|store| store.sign_up(wanted)).collect::<Result<Vec<_>, _>>()?;
        of_twin = stores.first().map(|store| store.sign_up(wanted)).transpose()?.unwrap_or_default();
    }
    let (targets, twin) = known_to_each_other(stores, &customers, &of_twin)?;

    let baseline = targets.first().context("clap asks for one at least")?;
    let shelf = baseline.goods.shelf();
    let for_sale = plenty.as_ref().unwrap_or(&shelf);
    let (list, product) = (ListJourney(&shelf), ProductJourney(&shelf));
    let mut known = customers.into_iter().next().unwrap_or_default();
    let cart = (wanted > visitors).then(|| CartJourney::of(&shelf, known.split_off(visitors)));
    let mut journeys: Vec<&dyn Journey> = vec![&list, &product];
    journeys.extend(cart.as_ref().map(|cart| cart as &dyn Journey));
    let workload = workload.map(|workload| {
        WorkloadJourney::of_onlookers(workload, &shelf)
            .unwrap_or_else(|| WorkloadJourney::of_known(workload, for_sale, known))
    });
    journeys.extend(workload.as_ref().map(|workload| workload as &dyn Journey));
    progress.note(match cart {
        Some(_) => "left out: checkout alone, for which each order needs a new customer, and no store signs up so many a second",
        None => "left out: cart, which --target-writes adds, and checkout, for which no store signs up enough customers",
    });
    progress.note(&format!(
        "each target is asked {:.0} times a second, and then, for its capacity, as often as it answers {} connections",
        settings.paced_rate_per_second, settings.connections
    ));
    if targets.iter().any(|target| target.socket.ip().is_loopback()) {
        progress.note(
            "targets on this machine take processor time from the load generator: where it is late, its phases count for nothing",
        );
    }
    let subjects = targets.iter().map(|target| target as &dyn Subject).collect::<Vec<_>>();
    let comparison = Comparison {
        topologies: &subjects,
        again: twin.as_ref().map(|twin| twin as &dyn Subject),
        floor: None,
        ladder: None,
        journeys: &journeys,
        script: &ReadingSession,
        growths: &[],
        releases: &[],
        timed: &[],
        settings,
        version: env!("CARGO_PKG_VERSION"),
        interruption: interruption.clone(),
        earlier: earlier.as_ref(),
        keep: &|results| kept::keep(&args.out, results),
    };
    conclude(&comparison, &mut progress, &args.out)?;
    // Whoever runs this in a script has to learn that the report is not the whole.
    targets.iter().try_for_each(|target| {
        let gone = || format!("{} at {} has stopped answering", target.label, target.url);
        target.start().with_context(gone).map(drop)
    })?;
    Ok(())
}

/// What can be found out without the processes. What runs is not pushed to where it fails unless somebody says so.
fn seen_from_outside(args: &CompareArgs) -> Plan {
    let plan = plan(args);
    let is_pushed = args.rates.is_some() || args.experiments.contains(&Experiment::Load);
    Plan {
        blast: None,
        round_trip: None,
        attribution: None,
        ladder: None,
        scale: None,
        load: plan.load.filter(|_| is_pushed),
        ..plan
    }
}

/// What stays behind in stores that somebody else runs has to be allowed.
fn refuse_unless_allowed(workload: &Workload, args: &CompareArgs) -> Result<(), Failure> {
    let name = workload.name();
    if workload.buys() && !args.allow_orders {
        return Err(usage(anyhow!(
            "the visitors of the workload {name} buy, and what they leave behind in the targets is not taken back: let them with --allow-orders, \
             or load with --workload read-only, or with a file without check_out"
        )));
    }
    if !workload.only_looks() && !args.allow_orders && !args.target_writes {
        return Err(usage(anyhow!(
            "the visitors of the workload {name} fill carts, for which they sign up and which stay behind in the targets: let them with \
             --target-writes, or load with --workload read-only, or with a file without add_to_cart and view_cart"
        )));
    }
    Ok(())
}

/// How many customers a workload takes, so that none of them comes again before he has been answered.
fn visitors(workload: &Workload, plan: &Plan) -> usize {
    if workload.only_looks() {
        return 0;
    }
    let rates = plan.load.iter().flat_map(|load| load.rates.iter().copied());
    let highest = rates.fold(plan.paced_rate_per_second, f64::max);
    // Half of them come in loads without a schedule.
    let enough = 2.0 * highest * workload.share_of_customers() * SECONDS_BETWEEN_STEPS;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between the bounds")]
    let count = enough.clamp(VISITORS.0, VISITORS.1) as usize;
    count
}

/// Whom those targets have to be vouched for by that speak TLS; none where none does.
fn authorities(args: &CompareArgs) -> Result<Option<Authorities>, Failure> {
    if args.targets.iter().any(|target| target.speaks_tls) {
        return Authorities::of_system_and(args.authority.as_deref()).map(Some).map_err(usage);
    }
    match &args.authority {
        None => Ok(None),
        Some(file) => Err(usage(anyhow!(
            "no target speaks TLS, so that the authority of {} is not asked for anything: leave it out, or write https:// for a target",
            file.display()
        ))),
    }
}
