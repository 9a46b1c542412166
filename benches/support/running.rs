//! A store of a whole topology inside the benchmark's process: its services are threads, its links real sockets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use cleave::compose::{Cell, placed};
use cleave::house::HOUSE;
use cleave::listeners::Listeners;
use cleave::process::Process;
use cleave::provision;
use cleave::server::{Running, places};
use cleave::settings::{FIRST_INSTANCE, Settings};
use cleave::supervisor::protocol::{Address, Peers};
use cleave::topology::{self, Topology};
use cleave_core::{Ids, SystemClock};
use tokio::runtime::Runtime;

/// The project's configuration.
fn config() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config"))
}

/// The settings of a store on free ports with its data in this folder.
pub(crate) fn settings(data_dir: &Path) -> Settings {
    let data_dir = data_dir.to_str().expect("the folder has a plain name").to_owned();
    let zero = || "0".to_owned();
    let flags = [("data_dir", data_dir), ("public.port", zero()), ("internal.port", zero())];
    Settings::load(config(), None, &flags).expect("the project's own configuration is valid")
}

/// A store that runs until it is dropped.
pub(crate) struct RunningStore {
    runtime: Runtime,
    services: BTreeMap<String, (Arc<Process>, Option<Running>)>,
    topology: Topology,
}

impl RunningStore {
    /// Makes the keys and tables that are missing, starts every service, and tells where customers are served.
    pub(crate) fn start(settings: &Settings, topology: &str) -> (Self, SocketAddr) {
        let topology =
            topology::resolve(topology, &config().join("topologies"), &HOUSE).expect("the topology is valid");
        let (topology, _) = placed(topology, settings);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        provision::create_keys(settings).expect("keys");
        runtime.block_on(provision::migrate(settings)).expect("tables");
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(Ids::from_system(clock.clone()));
        let (mut bound, mut peers, mut public) = (Vec::new(), Peers::new(), None);
        for service in topology.services() {
            let preparing = Process::prepare(
                settings.clone(),
                topology.clone(),
                service.clone(),
                clock.clone(),
                ids.clone(),
            );
            let process = runtime.block_on(preparing).expect("the data are there");
            let listeners =
                Listeners::bind(&places(settings, &topology, service), FIRST_INSTANCE).expect("free ports");
            let unix = listeners.unix().map(ToOwned::to_owned);
            peers.insert(
                service.name.clone(),
                vec![Address { tcp: listeners.internal().expect("it is bound"), unix }],
            );
            public = public.or(listeners.public().expect("it is bound"));
            bound.push((service.name.clone(), process, listeners));
        }
        let mut services = BTreeMap::new();
        for (name, process, listeners) in bound {
            process.directory.update(&peers);
            let running = runtime.block_on(async { Running::start(process.clone(), listeners) });
            services.insert(name, (process, Some(running.expect("it can be served"))));
        }
        (Self { runtime, services, topology }, public.expect("one service is the gateway"))
    }

    /// One more thread of the service that hosts this module: the calling one.
    pub(crate) fn cell_of(&self, module: &str) -> Rc<Cell> {
        let host = self.topology.host_of(module).expect("every module is hosted");
        Cell::build(&self.services[&host.name].0)
    }
}

impl Drop for RunningStore {
    fn drop(&mut self) {
        for (_, running) in self.services.values_mut() {
            if let Some(running) = running.take() {
                self.runtime.block_on(running.stop()).expect("a service stops in peace");
            }
        }
    }
}
