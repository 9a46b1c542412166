//! How any part of the store reaches any other one: by a method call where both are on this thread, else by REST.

use std::any::Any;
use std::rc::Rc;

use actix_web::web::{self, ServiceConfig};
use cleave_rest::server::{Exposure, not_found};
use cleave_rest::{Adapter, Calls, MemoryServer, Peer, RoundTrip};

use super::Cell;
use crate::process::Process;
use crate::settings::Settings;
use crate::topology::{Link, Topology};

/// How a call gets from here to a module or a role.
pub enum Way {
    /// By a method call: the callee is on this thread, or what speaks for it to a server outside the store.
    Direct,
    /// By REST.
    Peer(Box<Peer>),
}

/// A topology as these settings let it be run: where NATS keeps the event log, no process does. Tells which services that leaves
/// with nothing to host.
pub fn placed(topology: Topology, settings: &Settings) -> (Topology, Vec<String>) {
    if settings.has_database("events") { (topology, Vec::new()) } else { topology.without_role("events") }
}

/// A part that this thread hosts, whichever it is.
#[derive(Clone)]
pub(super) struct Hosted {
    part: &'static str,
    /// An `Rc` of the contract's trait object.
    contract: Rc<dyn Any>,
    mount: fn(&Self, &mut ServiceConfig, Calls, Exposure),
}

impl Hosted {
    fn of<A: Adapter>(contract: Rc<A::Contract>) -> Self {
        Self {
            part: A::MODULE,
            contract: Rc::new(contract),
            mount: |hosted, config, calls, exposure| {
                A::mount(config, A::observed(hosted.contract::<A>(), calls), exposure);
            },
        }
    }

    fn contract<A: Adapter>(&self) -> Rc<A::Contract> {
        self.contract.downcast_ref::<Rc<A::Contract>>().expect("it was hosted by this adapter").clone()
    }
}

impl Cell {
    /// Takes in a part that is hosted here.
    pub(super) fn host<A: Adapter>(&mut self, contract: Rc<A::Contract>) {
        self.hosted.push(Hosted::of::<A>(contract));
    }

    /// Takes in a part that nobody hosts, because a server outside the store does. Peers do not reach it through here.
    pub(super) fn attach<A: Adapter>(&mut self, contract: Rc<A::Contract>) {
        self.attached.push(Hosted::of::<A>(contract));
    }

    /// The contract of `A` as `caller`, which is hosted here, reaches it.
    pub fn reach<A: Adapter>(&self, caller: &str) -> Rc<A::Contract> {
        let contract = match self.way(caller, A::MODULE) {
            Way::Direct => self.hosted(A::MODULE).contract::<A>(),
            Way::Peer(peer) => A::remote(*peer),
        };
        A::observed(contract, self.calls(caller, A::MODULE))
    }

    /// How `caller`, which is hosted here, reaches `callee`.
    pub fn way(&self, caller: &str, callee: &str) -> Way {
        if self.attached.iter().any(|attached| attached.part == callee) {
            return Way::Direct;
        }
        let process = &self.process;
        let link = process.topology.link(caller, callee);
        let peer = match link {
            Link::Direct => return Way::Direct,
            Link::Memory => {
                let server = MemoryServer::new(self.hosted_routes(), process.request_clock());
                Peer::memory(callee, Rc::new(server), process.clock.clone(), &process.credential)
            }
            Link::Thread => {
                let address = process.callees.address(callee);
                Peer::thread(callee, address, process.clock.clone(), &process.credential)
            }
            Link::Unix | Link::Tcp => {
                let host = process.topology.host_of(callee).expect("a valid topology hosts every part");
                let addresses = process.directory.book(&host.name, link);
                let round_trip =
                    process.settings.links.round_trip().map(|length| {
                        RoundTrip::new(length, process.metrics.round_trip_overshoot(&host.name))
                    });
                Peer::remote(callee, addresses, process.clock.clone(), &process.credential)
                    .at_distance(round_trip)
            }
        };
        Way::Peer(Box::new(peer))
    }

    /// Mounts a module for the public: as the gateway reaches it over a direct link.
    pub fn mount_public(&self, module: &'static str, config: &mut ServiceConfig) {
        let hosted = self.hosted(module);
        (hosted.mount)(hosted, config, self.calls("gateway", module), Exposure::Public);
    }

    /// Mounts everything that is hosted here for peers.
    pub fn mount_hosted(&self, config: &mut ServiceConfig) {
        mount_for_peers(&self.hosted, &self.process, config);
    }

    /// The routes that a link in memory serves: those of what has been built so far, which is all that a later
    /// part can call.
    fn hosted_routes(&self) -> impl Fn(&mut ServiceConfig) + 'static {
        let (process, hosted) = (self.process.clone(), self.hosted.clone());
        move |config| {
            config.app_data(process.edge(Exposure::Internal));
            mount_for_peers(&hosted, &process, config);
            config.default_service(web::to(not_found));
        }
    }

    fn hosted(&self, part: &str) -> &Hosted {
        let mut hosted = self.hosted.iter().chain(&self.attached);
        hosted.find(|hosted| hosted.part == part).expect("a direct link joins parts of one process")
    }

    fn calls(&self, caller: &str, callee: &'static str) -> Calls {
        let Process { topology, clock, metrics, .. } = &*self.process;
        Calls::from_caller(clock.clone(), metrics.clone(), caller, callee, topology.link(caller, callee))
    }
}

fn mount_for_peers(hosted: &[Hosted], process: &Process, config: &mut ServiceConfig) {
    for hosted in hosted {
        let calls = Calls::served(process.clock.clone(), process.metrics.clone(), hosted.part);
        (hosted.mount)(hosted, config, calls, Exposure::Internal);
    }
}
