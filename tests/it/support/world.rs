//! All services of a topology inside this process, on real sockets, with data of their own.
//!
//! Nothing is global: a test has as many worlds as it wants, and worlds of different tests run side by side. Dropped,
//! a world stops its services and checks that the tables still add up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave::compose::{Cell, placed};
use cleave::listeners::Listeners;
use cleave::process::Process;
use cleave::server::{Running, places};
use cleave::settings::FIRST_INSTANCE;
use cleave::supervisor::protocol::{Address, Peers};
use cleave::topology::Topology;
use cleave_auth::ServiceCredential;
use cleave_compare::{Client, Request};
use tokio::runtime::Runtime;

use super::answer::Answer;
use super::audit::{self, Records};
use super::person::Person;
use super::store::Store;
use super::topologies;
use super::waiting::eventually;

/// A running store.
pub(crate) struct World {
    pub(crate) topology: Topology,
    store: Option<Store>,
    runtime: Runtime,
    hosts: BTreeMap<String, Host>,
    peers: Peers,
    public: Option<SocketAddr>,
}

/// A service at work.
struct Host {
    process: Arc<Process>,
    running: Running,
}

impl World {
    /// A store without goods, in the topology of this name or notation.
    pub(crate) fn start(topology: &str) -> Self {
        Self::on(Store::empty(), topologies::named(topology))
    }

    /// A store with these data.
    pub(crate) fn on(store: Store, topology: Topology) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be built");
        let (topology, _) = placed(topology, &store.settings);
        let (hosts, peers) = (BTreeMap::new(), Peers::new());
        let mut world = Self { topology, store: Some(store), runtime, hosts, peers, public: None };
        let names = world.topology.services().iter().map(|service| service.name.clone()).collect::<Vec<_>>();
        world.launch(&names);
        world
    }

    /// Binds all, tells everybody where everybody is, serves, and waits until all are ready.
    fn launch(&mut self, names: &[String]) {
        let bound = names.iter().map(|name| (name, self.bind(name))).collect::<Vec<_>>();
        for (_, (process, _)) in &bound {
            process.directory.update(&self.peers);
        }
        for (name, (process, listeners)) in bound {
            let running = self.runtime.block_on(async { Running::start(process.clone(), listeners) });
            let running = running.expect("a bound service can be served");
            self.hosts.insert(name.clone(), Host { process, running });
        }
        self.tell_everybody();
        for name in names {
            eventually(
                &format!("{name} is ready"),
                || self.ask(name, "/health/ready").status(),
                |it| *it == 200,
            );
        }
    }

    fn bind(&mut self, name: &str) -> (Arc<Process>, Listeners) {
        let service = self.topology.service(name).expect("the topology has this service").clone();
        let Store { settings, clock, ids, .. } = self.store();
        let (settings, topology) = (settings.clone(), self.topology.clone());
        let preparing = Process::prepare(settings, topology, service.clone(), clock.clone(), ids.clone());
        let process = self.runtime.block_on(preparing).expect("the data are there");
        let listeners =
            Listeners::bind(&places(&process.settings, &process.topology, &service), FIRST_INSTANCE)
                .expect("ports are free");
        let tcp = listeners.internal().expect("it is bound");
        let unix = listeners.unix().map(ToOwned::to_owned);
        self.peers.insert(name.to_owned(), vec![Address { tcp, unix }]);
        if let Some(public) = listeners.public().expect("it is bound") {
            self.public = Some(public);
        }
        (process, listeners)
    }

    fn tell_everybody(&self) {
        for host in self.hosts.values() {
            host.process.directory.update(&self.peers);
        }
    }

    /// Stops a service. Nobody is told: the others find it out.
    pub(crate) fn stop_service(&mut self, name: &str) {
        let host = self.hosts.remove(name).expect("the service runs");
        self.runtime.block_on(host.running.stop()).expect("a service stops in peace");
    }

    /// Starts a stopped service again, at other ports, of which the others are told.
    pub(crate) fn restart_service(&mut self, name: &str) {
        self.launch(&[name.to_owned()]);
    }

    /// Tells everybody that a service is here, whatever is there; nowhere, where there is no address.
    pub(crate) fn move_service(&mut self, name: &str, addresses: &[SocketAddr]) {
        let addresses = addresses.iter().map(|tcp| Address { tcp: *tcp, unix: None }).collect();
        self.peers.insert(name.to_owned(), addresses);
        self.tell_everybody();
    }

    /// Somebody without an access token.
    pub(crate) fn visitor(&self) -> Person {
        self.person(None)
    }

    /// Somebody with an account.
    pub(crate) fn user(&self) -> Person {
        self.person(Some(self.store().access_token(false)))
    }

    /// Somebody with admin rights: each time another account.
    pub(crate) fn admin(&self) -> Person {
        self.person(Some(self.store().access_token(true)))
    }

    /// Somebody with this access token.
    pub(crate) fn person(&self, access_token: Option<String>) -> Person {
        Person::new(self.public(), access_token)
    }

    /// Where everybody reaches the store.
    pub(crate) fn public(&self) -> SocketAddr {
        self.public.expect("one service is the gateway")
    }

    /// Where peers reach a service.
    pub(crate) fn internal(&self, name: &str) -> SocketAddr {
        self.peers[name][0].tcp
    }

    /// Asks a service's internal listener without the service credential.
    pub(crate) fn ask(&self, name: &str, path: &str) -> Answer {
        self.ask_with(name, &Request::get(path))
    }

    /// Sends any request to a service's internal listener.
    pub(crate) fn ask_with(&self, name: &str, request: &Request) -> Answer {
        let response = Client::new(self.internal(name), Duration::from_secs(30)).send(request);
        Answer::new(request, response.expect("the internal listener answers"))
    }

    /// The secret by which the services know each other.
    pub(crate) fn credential(&self) -> ServiceCredential {
        ServiceCredential::load(&self.store().settings.credential_file()).expect("the credential is there")
    }

    /// The names of the running services.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        self.hosts.keys().map(String::as_str)
    }

    /// The data.
    pub(crate) fn store(&self) -> &Store {
        self.store.as_ref().expect("the data are here until the world is closed")
    }

    /// What the tables say now.
    pub(crate) fn records(&self) -> Records {
        audit::records(self.store())
    }

    /// Waits until nobody has anything left to do.
    pub(crate) fn settle(&self) {
        let mut quiet = 0;
        let look = || {
            let all = self.services().all(|service| self.ask(service, "/settled").status() == 200);
            quiet = if all { quiet + 1 } else { 0 };
            quiet
        };
        eventually("the store is settled", look, |quiet| *quiet == 2);
    }

    /// Stops all services in peace, and leaves the data.
    pub(crate) fn close(mut self) -> Store {
        self.stop_all();
        self.store.take().expect("it is taken once")
    }

    /// Callers first, so that nobody calls what is gone.
    fn stop_all(&mut self) {
        let names = self.topology.services().iter().map(|service| service.name.clone()).collect::<Vec<_>>();
        for host in names.iter().filter_map(|name| self.hosts.remove(name)) {
            let stopped = self.runtime.block_on(host.running.stop());
            assert!(stopped.is_ok() || std::thread::panicking(), "a service stops in peace: {stopped:?}");
        }
    }

    /// What all threads of the service have that hosts this module or role.
    pub(crate) fn process_of(&self, part: &str) -> Arc<Process> {
        let service = self.topology.host_of(part).expect("the topology hosts every part");
        self.hosts[&service.name].process.clone()
    }

    /// One more thread of the service that hosts this module or role: this one.
    pub(crate) fn cell_of(&self, part: &str) -> Rc<Cell> {
        Cell::build(&self.process_of(part))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop_all();
        if let Some(store) = &self.store
            && !std::thread::panicking()
        {
            audit::check_invariants(store);
        }
    }
}
