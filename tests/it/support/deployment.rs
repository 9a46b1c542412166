//! A topology as somebody runs it without `up`: each service a process of its own, told where the others are. Between any
//! two of them, and between the customers and the gateway, stands a proxy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use accounts_api::rest::AccountsAdapter;
use cart_api::rest::CartAdapter;
use catalog_api::rest::CatalogAdapter;
use cleave::topology::Topology;
use cleave_compare::{Client, Request};
use cleave_events::rest::EventLogAdapter;
use cleave_rest::{Adapter, Operation};
use inventory_api::rest::InventoryAdapter;
use notifications_api::rest::NotificationsAdapter;
use orders_api::rest::OrdersAdapter;
use payments_api::rest::PaymentsAdapter;
use serde_json::Value;

use super::binary::{Binary, Running};
use super::person::Person;
use super::proxy::{Exchange, Fate, Proxy};
use super::topologies::named;
use super::waiting::eventually;

/// Who calls the gateway, as a link names them.
pub(crate) const CUSTOMERS: &str = "customers";

/// One operation on one link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    /// The service that asks, or [`CUSTOMERS`].
    pub(crate) caller: String,
    /// The service that is asked.
    pub(crate) callee: String,
    /// `MODULE.OPERATION`, and what its path names beside ids: the topic of an event.
    pub(crate) operation: String,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} -> {}: {}", self.caller, self.callee, self.operation)
    }
}

/// What has been asked on the links, and what is to befall whom.
#[derive(Default)]
struct Traffic {
    seen: BTreeSet<Step>,
    /// Whose next answer has this fate.
    ill_fated: BTreeMap<Step, Fate>,
}

/// Processes with proxies between them, and one data directory.
pub(crate) struct Deployment {
    /// Each with its internal address; they end before the proxies do.
    services: Vec<(String, SocketAddr, Running)>,
    proxies: BTreeMap<(String, String), Proxy>,
    traffic: Arc<Mutex<Traffic>>,
    admin_token: String,
    pub(crate) binary: Binary,
}

impl Deployment {
    /// Starts the services and waits until all are ready.
    pub(crate) fn start(topology: &str, variables: &[(&str, &str)]) -> Self {
        let binary =
            variables.iter().fold(Binary::new(), |binary, (name, value)| binary.with_variable(name, value));
        let seeded = binary.succeed(&["data", "seed", "--products", "1"]);
        let admin_token = seeded.lines().last().expect("it ends with a token").to_owned();
        let named = named(topology);
        let traffic = Arc::<Mutex<Traffic>>::default();
        let proxies = links(&named).into_iter().map(|link| (link.clone(), proxy(link, &traffic)));
        let proxies = proxies.collect::<BTreeMap<_, _>>();
        let binary = binary.with_config(|folder| {
            for service in named.services() {
                let profile = folder.join(format!("{}.toml", service.name));
                std::fs::write(profile, peers_of(&service.name, &proxies)).expect("the copy can be written");
            }
        });
        let (services, public) = start_services(&binary, topology, &named);
        for ((caller, callee), proxy) in &proxies {
            let internal =
                services.iter().find(|(name, ..)| name == callee).map(|(_, internal, _)| *internal);
            let target = if caller == CUSTOMERS { public } else { internal };
            proxy.lead_to(target.expect("every service has said where it listens"));
        }
        let deployment = Self { services, proxies, traffic, admin_token, binary };
        for (name, internal, _) in &deployment.services {
            let status = || status(*internal, "/health/ready");
            eventually(&format!("{name} is ready"), status, |status| *status == Some(200));
        }
        deployment
    }

    /// Somebody without an access token who asks again when there is no answer.
    pub(crate) fn visitor(&self) -> Person {
        self.person(None)
    }

    /// Somebody with admin rights who asks again when there is no answer.
    pub(crate) fn admin(&self) -> Person {
        self.person(Some(self.admin_token.clone()))
    }

    /// Somebody with this access token who asks again when there is no answer.
    pub(crate) fn person(&self, access_token: Option<String>) -> Person {
        let door = self.proxies.iter().find(|((caller, _), _)| caller == CUSTOMERS);
        let (_, door) = door.expect("the customers have a link");
        Person::new(door.address(), access_token).insisting()
    }

    /// All that was asked on all links so far.
    pub(crate) fn steps(&self) -> BTreeSet<Step> {
        self.traffic().seen.clone()
    }

    /// The next answer to each of these steps has this fate.
    pub(crate) fn doom<'steps>(&self, fate: Fate, steps: impl IntoIterator<Item = &'steps Step>) {
        self.traffic().ill_fated.extend(steps.into_iter().map(|step| (step.clone(), fate)));
    }

    /// The steps that nobody has asked for since they were doomed.
    pub(crate) fn spared(&self) -> Vec<String> {
        self.traffic().ill_fated.keys().map(ToString::to_string).collect()
    }

    /// Waits until no process has anything left to do.
    pub(crate) fn settle(&self) {
        let mut quiet = 0;
        let look = || {
            let all = self.services.iter().all(|(_, internal, _)| status(*internal, "/settled") == Some(200));
            quiet = if all { quiet + 1 } else { 0 };
            quiet
        };
        eventually("the store is settled", look, |quiet| *quiet == 2);
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().expect("nobody panics with this lock")
    }
}

/// Who calls whom over a socket, by service.
fn links(topology: &Topology) -> BTreeSet<(String, String)> {
    let edges = topology.edges().filter(|edge| edge.caller_service != edge.callee_service);
    let mut links = edges
        .map(|edge| (edge.caller_service.to_owned(), edge.callee_service.to_owned()))
        .collect::<BTreeSet<_>>();
    let gateway = topology.host_of("gateway").expect("every topology has a gateway");
    links.insert((CUSTOMERS.to_owned(), gateway.name.clone()));
    links
}

fn proxy((caller, callee): (String, String), traffic: &Arc<Mutex<Traffic>>) -> Proxy {
    let traffic = traffic.clone();
    Proxy::new(move |exchange| {
        let Some(operation) = operation_of(exchange) else { return Fate::Arrives };
        let mut traffic = traffic.lock().expect("nobody panics with this lock");
        let step = Step { caller: caller.clone(), callee: callee.clone(), operation };
        // An empty page of the event log is told over and over: nothing gets lost with it. Consumers report when they have time,
        // which no session can wait for.
        if exchange.body == b"[]" || step.operation.starts_with("events.report") {
            return Fate::Arrives;
        }
        let fate = traffic.ill_fated.remove(&step).unwrap_or(Fate::Arrives);
        traffic.seen.insert(step);
        fate
    })
}

/// The operations of a part, with the part.
fn operations_of<A: Adapter>() -> impl Iterator<Item = (&'static str, Operation)> {
    A::PUBLISHED.iter().chain(A::INTERNAL).map(|operation| (A::MODULE, *operation))
}

/// Every operation that can be asked over a socket.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, Operation)> {
    operations_of::<CatalogAdapter>()
        .chain(operations_of::<InventoryAdapter>())
        .chain(operations_of::<AccountsAdapter>())
        .chain(operations_of::<CartAdapter>())
        .chain(operations_of::<OrdersAdapter>())
        .chain(operations_of::<PaymentsAdapter>())
        .chain(operations_of::<NotificationsAdapter>())
        .chain(operations_of::<EventLogAdapter>())
}

/// What an exchange was about; nothing where it was about the process, such as its health.
fn operation_of(exchange: &Exchange) -> Option<String> {
    let path = exchange.path.split('?').next().unwrap_or_default();
    let (module, operation) =
        operations().find(|(_, operation)| operation.matches(&exchange.method, path))?;
    let mut name = format!("{module}.{}", operation.id);
    for (wanted, given) in operation.path.split('/').zip(path.split('/')) {
        if wanted.starts_with('{') && given.parse::<uuid::Uuid>().is_err() {
            write!(name, " {given}").expect("a text takes everything");
        }
    }
    Some(name)
}

/// Where a service finds the others: the file of its profile.
fn peers_of(service: &str, proxies: &BTreeMap<(String, String), Proxy>) -> String {
    let mut text = "[discovery]\nsource = \"fixed\"\n[peers]\n".to_owned();
    for ((_, callee), proxy) in proxies.iter().filter(|((caller, _), _)| caller == service) {
        writeln!(text, "{callee} = [\"tcp://{}\"]", proxy.address()).expect("a text takes everything");
    }
    text
}

/// The processes with their internal addresses, and the public address.
fn start_services(
    binary: &Binary,
    text: &str,
    topology: &Topology,
) -> (Vec<(String, SocketAddr, Running)>, Option<SocketAddr>) {
    let names = topology.services().iter().map(|service| service.name.as_str());
    let started = names.map(|name| {
        let serve =
            ["serve", "--topology", text, "--service", name, "--profile", name, "--log-format", "json"];
        (name.to_owned(), binary.start(&serve))
    });
    let mut public = None;
    let services = started.collect::<Vec<_>>().into_iter().map(|(name, mut running)| {
        let line = running.until_it_prints("\"listening\"");
        let line = serde_json::from_str::<Value>(&line).expect("a line of the log is JSON");
        let address = |field: &str| line[field].as_str().and_then(|text| text.parse().ok());
        public = public.or(address("public"));
        (name, address("internal").expect("it says where it listens"), running)
    });
    (services.collect(), public)
}

fn status(address: SocketAddr, path: &str) -> Option<u16> {
    Client::new(address, Duration::from_secs(15))
        .send(&Request::get(path))
        .ok()
        .map(|response| response.status)
}
