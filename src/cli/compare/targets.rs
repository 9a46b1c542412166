//! Deployments that run already: loaded like those that are started here, with what can be known from outside.

mod address;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use cleave_compare::{
    Authorities, Client, Comparison, Journey, Process, Progress as _, Request, Running, Settings as Plan,
    Subject, TerminalProgress, Tls,
};
use cleave_core::{Ids, SystemClock};

pub(super) use self::address::{Address, address};
use super::experiment::Experiment;
use super::{CompareArgs, Failure, Outcome, conclude, failed, interrupt, kept, plan, usage};
use crate::journeys::{
    CartJourney, Goods, ListJourney, ProductJourney, ReadingSession, Workload, WorkloadJourney, sign_up,
};

/// How long a target may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// What can be found out without the processes.
const SEEN_FROM_OUTSIDE: [Experiment; 3] = [Experiment::Latency, Experiment::Capacity, Experiment::Load];

/// Customers who share the journey *cart*: each costs its store two hashes of a password.
const CARTS: usize = 40;

/// Measures what `--target` names.
pub(super) fn measure(args: &CompareArgs) -> Outcome {
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
    if let Some(workload) = workload.as_ref().filter(|workload| !workload.only_looks()) {
        return Err(usage(anyhow!(
            "the visitors of the workload {} fill carts or buy, for which each has to be a customer, and no store signs up so many: load targets \
             with --workload read-only, or with a file without add_to_cart, view_cart and check_out",
            workload.name()
        )));
    }
    std::fs::create_dir_all(&args.out).with_context(|| {
        format!("the folder {} cannot be made; choose another one with --out", args.out.display())
    })?;
    let earlier = if args.resume { Some(kept::earlier(&args.out)?) } else { None };
    let interruption = interrupt::listen()?;
    let mut progress = TerminalProgress::new();
    let authorities = authorities(args)?;
    let mut stores = args
        .targets
        .iter()
        .map(|address| Store::open(address, authorities.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    let customers = if args.target_writes {
        stores.iter_mut().map(Store::sign_up).collect::<Result<Vec<_>, _>>()?
    } else {
        Vec::new()
    };
    let targets = known_to_each_other(stores, &customers)?;

    let baseline = targets.first().context("clap asks for one at least")?;
    let shelf = baseline.goods.shelf();
    let (list, product) = (ListJourney(&shelf), ProductJourney(&shelf));
    let cart = customers.into_iter().next().map(|customers| CartJourney::of(&shelf, customers));
    let mut journeys: Vec<&dyn Journey> = vec![&list, &product];
    journeys.extend(cart.as_ref().map(|cart| cart as &dyn Journey));
    let workload = workload.as_ref().and_then(|workload| WorkloadJourney::of_onlookers(workload, &shelf));
    journeys.extend(workload.as_ref().map(|workload| workload as &dyn Journey));
    progress.note(match cart {
        Some(_) => "left out: checkout, for which each order needs a new customer, and no store signs up so many a second",
        None => "left out: cart, which --target-writes adds, and checkout, for which no store signs up enough customers",
    });
    let plan = plan(args);
    // What runs is not pushed to where it fails unless somebody says so.
    let is_pushed = args.rates.is_some() || args.experiments.contains(&Experiment::Load);
    let settings = Plan {
        blast: None,
        round_trip: None,
        attribution: None,
        ladder: None,
        scale: None,
        load: plan.load.filter(|_| is_pushed),
        ..plan
    };
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
        floor: None,
        ladder: None,
        journeys: &journeys,
        script: &ReadingSession,
        growths: &[],
        releases: &[],
        timed: &[],
        settings,
        version: env!("CARGO_PKG_VERSION"),
        interruption,
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

/// A store that answers, with what it sells.
struct Store<'args> {
    address: &'args Address,
    client: Client,
    tls: Option<Tls>,
    goods: Goods,
}

impl<'args> Store<'args> {
    fn open(address: &'args Address, authorities: Option<&Authorities>) -> Result<Self, Failure> {
        let Address { name, authority, host, .. } = address;
        let authorities = authorities.filter(|_| address.speaks_tls);
        let tls = authorities.map(|known| known.for_host(host)).transpose().map_err(usage)?;
        let sockets = address.resolve().map_err(failed)?;
        let mut failure = None;
        for socket in sockets {
            let mut client = Client::new(socket, PATIENCE).naming(authority).over(tls.clone());
            match Goods::read(&mut client) {
                Ok(goods) => return Ok(Self { address, client, tls, goods }),
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.unwrap_or_else(|| anyhow!("its name stands for no address"));
        Err(failed(failure.context(format!(
            "the target {name} at {} cannot be measured: it has to run, and the address has to be its public one, where customers ask",
            address.url()
        ))))
    }

    fn sign_up(&mut self) -> anyhow::Result<Vec<String>> {
        let ids = Ids::from_system(Arc::new(SystemClock));
        sign_up(&mut self.client, &ids, CARTS).with_context(|| {
            format!("the target {} takes no customers: leave --target-writes out", self.address.name)
        })
    }
}

/// What the first calls by its own ids, translated for each; customers likewise, where there are some.
fn known_to_each_other(stores: Vec<Store<'_>>, customers: &[Vec<String>]) -> anyhow::Result<Vec<Target>> {
    let first = stores.first().map(|store| (store.address.name.clone(), store.goods.clone()));
    let (baseline, sold) = first.context("clap asks for one at least")?;
    let translated = |(number, store): (usize, Store<'_>)| {
        let mut words = sold.ids_in(&store.goods).with_context(|| {
            format!(
                "the targets {baseline} and {} do not sell the same, so nothing is timed: fill both with the same goods",
                store.address.name
            )
        })?;
        if let (Some(known), Some(own)) = (customers.first(), customers.get(number)) {
            words.extend(known.iter().cloned().zip(own.iter().cloned()));
        }
        let (label, authority, url) =
            (store.address.name.clone(), store.address.authority.clone(), store.address.url());
        let Store { client, tls, goods, .. } = store;
        Ok(Target { label, authority, url, socket: client.address(), tls, goods, words })
    };
    stores.into_iter().enumerate().map(translated).collect()
}

/// A store that runs, wherever that is.
struct Target {
    label: String,
    authority: String,
    url: String,
    socket: SocketAddr,
    tls: Option<Tls>,
    goods: Goods,
    /// From what the first target says to what this one says.
    words: HashMap<String, String>,
}

impl Target {
    fn own_word<'word>(&'word self, word: &'word str) -> &'word str {
        self.words.get(word).map_or(word, String::as_str)
    }
}

impl Subject for Target {
    fn label(&self) -> &str {
        &self.label
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let (authority, tls) = (self.authority.clone(), self.tls.clone());
        let seen = SeenFromOutside { socket: self.socket, authority, tls };
        seen.look_for()?;
        Ok(Box::new(seen))
    }

    fn runs_at(&self) -> Option<String> {
        Some(self.url.clone())
    }

    fn adapted(&self, mut request: Request) -> Request {
        if let Some((folder, last)) = request.path.rsplit_once('/') {
            request.path = format!("{folder}/{}", self.own_word(last));
        }
        for (_, value) in &mut request.headers {
            *value = self.own_word(value).to_owned();
        }
        request.header("host", self.authority.as_str())
    }
}

struct SeenFromOutside {
    socket: SocketAddr,
    authority: String,
    tls: Option<Tls>,
}

impl SeenFromOutside {
    /// Makes sure that it is still there.
    fn look_for(&self) -> anyhow::Result<()> {
        let response = self.client(PATIENCE).send(&Request::get("/api/v1/products?limit=1"))?;
        ensure!(response.status == 200, "it answers with {}: {}", response.status, response.text());
        Ok(())
    }
}

impl Running for SeenFromOutside {
    fn address(&self) -> SocketAddr {
        self.socket
    }

    fn client(&self, timeout: Duration) -> Client {
        Client::new(self.socket, timeout).naming(self.authority.as_str()).over(self.tls())
    }

    fn tls(&self) -> Option<Tls> {
        self.tls.clone()
    }

    fn processes(&self) -> Vec<Process> {
        Vec::new()
    }

    fn start_ms(&self) -> Option<f64> {
        None
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        self.look_for()
    }
}
