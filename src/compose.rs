//! The composition root: what a process is made of. Local or remote is decided here and nowhere else.
//!
//! [`Process`] is what all threads of a process share; a [`Cell`] is the object graph of one thread. Building a
//! cell starts nothing.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use catalog::{CurrencyError, LocalCatalog, check_currency};
use catalog_api::rest::RemoteCatalog;
use catalog_api::{Catalog, ObservedCatalog};
use cleave_auth::{KeyFileError, ServiceCredential, TokenVerifier};
use cleave_core::{Clock, Ids};
use cleave_db::{Database, DatabaseError};
use cleave_rest::server::{Edge, Exposure, not_found};
use cleave_rest::{Calls, MemoryServer, Peer};
use cleave_telemetry::Metrics;
use inventory::LocalInventory;
use inventory_api::rest::RemoteInventory;
use inventory_api::{Inventory, ObservedInventory};

use crate::directory::{AddressError, Directory};
use crate::house::MIGRATIONS;
use crate::settings::Settings;
use crate::topology::{Link, Service, Topology};

/// What all threads of one process share.
#[derive(Debug)]
pub struct Process {
    /// What this process hosts.
    pub service: Service,
    /// Where everything else is hosted.
    pub topology: Topology,
    /// What the process was told.
    pub settings: Settings,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<Ids>,
    /// What the process measures of itself.
    pub metrics: Arc<Metrics>,
    /// Where the other services are.
    pub directory: Directory,
    databases: Vec<Database>,
    tokens: Arc<TokenVerifier>,
    credential: Arc<ServiceCredential>,
}

/// A process cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A key cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// A database cannot be opened.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The catalogue has prices in another currency.
    #[error(transparent)]
    Currency(#[from] CurrencyError),
    /// An address cannot be read.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl Process {
    /// Reads the keys and opens the databases of what `service` hosts. Nothing is bound, and nothing runs yet.
    pub async fn prepare(
        settings: Settings,
        topology: Topology,
        service: Service,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
    ) -> Result<Arc<Self>, ComposeError> {
        let directory = Directory::new(&topology);
        directory.configure(&topology, &settings.peers)?;
        let tokens = Arc::new(TokenVerifier::from_dir(&settings.keys_dir())?);
        let credential = Arc::new(ServiceCredential::load(&settings.credential_file())?);
        let mut databases = Vec::new();
        for (module, migrations) in MIGRATIONS.iter().filter(|(module, _)| service.hosts(module)) {
            let database = Database::open(module, &settings.database(module)).await?;
            database.verify(migrations).await?;
            if *module == "catalog" {
                check_currency(&database, &settings.catalog).await?;
            }
            databases.push(database);
        }
        let metrics = Arc::new(Metrics::default());
        Ok(Arc::new(Self {
            service,
            topology,
            settings,
            clock,
            ids,
            metrics,
            directory,
            databases,
            tokens,
            credential,
        }))
    }

    /// The databases of the hosted modules.
    pub fn databases(&self) -> &[Database] {
        &self.databases
    }

    fn database(&self, module: &str) -> Option<Database> {
        self.databases.iter().find(|database| database.module() == module).cloned()
    }

    /// What stands between a listener and the modules.
    pub fn edge(&self, exposure: Exposure) -> Rc<Edge> {
        Rc::new(Edge {
            exposure,
            limits: self.settings.requests.limits(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            tokens: self.tokens.clone(),
            credential: self.credential.clone(),
        })
    }

    fn calls(&self, caller: &str, callee: &'static str) -> Calls {
        let link = self.topology.link(caller, callee);
        Calls::from_caller(self.clock.clone(), self.metrics.clone(), caller, callee, link)
    }

    fn served(&self, module: &'static str) -> Calls {
        Calls::served(self.clock.clone(), self.metrics.clone(), module)
    }
}

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
        Rc::new(ObservedInventory::new(inventory, self.process.calls(caller, "inventory")))
    }

    /// The catalogue as `caller` reaches it.
    pub fn catalog_for(&self, caller: &str) -> Rc<dyn Catalog> {
        let catalog: Rc<dyn Catalog> = match self.way(caller, "catalog") {
            Way::Direct => self.catalog.clone().expect("a direct link joins parts of one process"),
            Way::Peer(peer) => Rc::new(RemoteCatalog(*peer)),
        };
        Rc::new(ObservedCatalog::new(catalog, self.process.calls(caller, "catalog")))
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
            let observed = ObservedCatalog::new(catalog, self.process.served("catalog"));
            catalog_api::rest::mount(config, Rc::new(observed), Exposure::Internal);
        }
        if let Some(inventory) = self.inventory.clone() {
            let observed = ObservedInventory::new(inventory, self.process.served("inventory"));
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

    /// What all threads share.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }
}
