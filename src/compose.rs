//! The composition root: what a process is made of. Local or remote is decided here and nowhere else.
//!
//! A [`Cell`] is the object graph of one thread, on top of the [`Process`] that all its threads share. Building
//! one starts nothing.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use catalog::LocalCatalog;
use catalog_api::rest::RemoteCatalog;
use catalog_api::{Catalog, ObservedCatalog};
use cleave_rest::server::{Exposure, not_found};
use cleave_rest::{Calls, MemoryServer, Peer};
use inventory::LocalInventory;
use inventory_api::rest::RemoteInventory;
use inventory_api::{Inventory, ObservedInventory};

use crate::process::Process;
use crate::topology::Link;

/// The object graph of one thread.
pub struct Cell {
    process: Arc<Process>,
    /// The catalogue, where this process hosts it.
    pub catalog: Option<Rc<LocalCatalog>>,
    /// The inventory, where this process hosts it.
    pub inventory: Option<Rc<LocalInventory>>,
}

/// How a call gets from here to a module.
pub enum Way {
    /// By a method call: the module is on this thread.
    Direct,
    /// By REST.
    Peer(Box<Peer>),
}

impl Cell {
    /// Builds what the process hosts, callees first.
    pub fn build(process: &Arc<Process>) -> Rc<Self> {
        let mut cell = Self { process: process.clone(), catalog: None, inventory: None };

        cell.inventory = process
            .database("inventory")
            .map(|database| Rc::new(LocalInventory::new(database, process.clock.clone())));

        cell.catalog = process.database("catalog").map(|database| {
            Rc::new(LocalCatalog::new(
                database,
                cell.inventory_for("catalog"),
                process.clock.clone(),
                process.ids.clone(),
                &process.settings.catalog,
            ))
        });

        Rc::new(cell)
    }

    /// The inventory as `caller` reaches it.
    pub fn inventory_for(&self, caller: &str) -> Rc<dyn Inventory> {
        let inventory: Rc<dyn Inventory> = match self.way(caller, "inventory") {
            Way::Direct => self.inventory.clone().expect("a direct link joins parts of one process"),
            Way::Peer(peer) => Rc::new(RemoteInventory(*peer)),
        };
        Rc::new(ObservedInventory::new(inventory, self.calls(caller, "inventory")))
    }

    /// The catalogue as `caller` reaches it.
    pub fn catalog_for(&self, caller: &str) -> Rc<dyn Catalog> {
        let catalog: Rc<dyn Catalog> = match self.way(caller, "catalog") {
            Way::Direct => self.catalog.clone().expect("a direct link joins parts of one process"),
            Way::Peer(peer) => Rc::new(RemoteCatalog(*peer)),
        };
        Rc::new(ObservedCatalog::new(catalog, self.calls(caller, "catalog")))
    }

    /// Mounts `module` for the public: as it is reached by the gateway over a direct link.
    pub fn mount_public(&self, module: &str, config: &mut ServiceConfig) {
        match module {
            "catalog" => catalog_api::rest::mount(config, self.catalog_for("gateway"), Exposure::Public),
            "inventory" => {
                inventory_api::rest::mount(config, self.inventory_for("gateway"), Exposure::Public);
            }
            _ => unreachable!("the house publishes no module {module}"),
        }
    }

    /// Mounts every hosted module for peers.
    pub fn mount_hosted(&self, config: &mut ServiceConfig) {
        if let Some(catalog) = self.catalog.clone() {
            let observed = ObservedCatalog::new(catalog, self.served("catalog"));
            catalog_api::rest::mount(config, Rc::new(observed), Exposure::Internal);
        }
        if let Some(inventory) = self.inventory.clone() {
            let observed = ObservedInventory::new(inventory, self.served("inventory"));
            inventory_api::rest::mount(config, Rc::new(observed), Exposure::Internal);
        }
    }

    /// How `caller`, which is hosted here, reaches `callee`.
    pub fn way(&self, caller: &str, callee: &str) -> Way {
        let process = &self.process;
        let link = process.topology.link(caller, callee);
        let peer = match link {
            Link::Direct => return Way::Direct,
            Link::Memory => {
                let server = MemoryServer::new(self.hosted_routes());
                Peer::memory(callee, Rc::new(server), process.clock.clone(), &process.credential)
            }
            Link::Unix | Link::Tcp => {
                let host = process.topology.host_of(callee).expect("a valid topology hosts every module");
                let addresses = process.directory.book(&host.name, link);
                Peer::remote(callee, addresses, process.clock.clone(), &process.credential)
            }
        };
        Way::Peer(Box::new(peer))
    }

    /// The routes that a link in memory serves: those of what has been built so far, which is all that a later
    /// part can call.
    fn hosted_routes(&self) -> impl Fn(&mut ServiceConfig) + 'static {
        let hosted = Self {
            process: self.process.clone(),
            catalog: self.catalog.clone(),
            inventory: self.inventory.clone(),
        };
        move |config| {
            config.app_data(hosted.process.edge(Exposure::Internal));
            hosted.mount_hosted(config);
            config.default_service(web::to(not_found));
        }
    }

    fn calls(&self, caller: &str, callee: &'static str) -> Calls {
        let Process { topology, clock, metrics, .. } = &*self.process;
        Calls::from_caller(clock.clone(), metrics.clone(), caller, callee, topology.link(caller, callee))
    }

    fn served(&self, module: &'static str) -> Calls {
        Calls::served(self.process.clock.clone(), self.process.metrics.clone(), module)
    }

    /// What all threads share.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }
}
