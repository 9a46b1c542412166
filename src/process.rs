//! What all threads of a process share: settings, clock, keys, databases, addresses, metrics.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use accounts::Passwords;
use catalog::{CurrencyError, check_currency};
use cleave_auth::{KeyFileError, RegistrationKeys, ServiceCredential, TokenIssuer, TokenVerifier};
use cleave_core::{Clock, Ids};
use cleave_db::{Database, DatabaseError, Migrations};
use cleave_discovery::LocalRegistry;
use cleave_events::{Outbox, TableLog};
use cleave_events_nats::NatsLog;
use cleave_rest::server::{Edge, Exposure};
use cleave_telemetry::Metrics;
use rand::rand_core::UnwrapErr;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _};

use crate::callees::Callees;
use crate::directory::{AddressError, Directory};
use crate::house::{MIGRATIONS, TOPICS};
use crate::membership::Membership;
use crate::settings::Settings;
use crate::topology::{Service, Topology};

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
    /// What has threads of its own here, because others here call it so.
    pub callees: Callees,
    databases: Vec<Database>,
    outboxes: BTreeMap<&'static str, Outbox>,
    /// The event log, where this process keeps it.
    pub event_log: Option<TableLog>,
    /// The event log, where NATS keeps it: over a connection that all threads share.
    pub nats: Option<NatsLog>,
    /// The registry, where this process keeps it.
    pub registry: Option<LocalRegistry>,
    /// What this process has got of the registry, where it follows one.
    pub membership: Membership,
    token_issuer: Option<Arc<TokenIssuer>>,
    /// Hashes passwords, a few at a time.
    pub passwords: Arc<Passwords>,
    tokens: Arc<TokenVerifier>,
    /// By which this process proves itself to its peers, and they to it.
    pub credential: Arc<ServiceCredential>,
}

/// A process cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
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

/// Refuses a database that does not fit this binary or this configuration.
pub async fn verify(
    database: &Database,
    migrations: &Migrations,
    settings: &Settings,
) -> Result<(), ProcessError> {
    database.verify(migrations).await?;
    if database.module() == "catalog" {
        check_currency(database, &settings.catalog).await?;
    }
    Ok(())
}

impl Process {
    /// Reads the keys and opens the databases of what `service` hosts. Nothing is bound, and nothing runs yet.
    pub async fn prepare(
        settings: Settings,
        topology: Topology,
        service: Service,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
    ) -> Result<Arc<Self>, ProcessError> {
        let metrics = Arc::new(Metrics::default());
        let directory = Directory::new(&topology, &metrics);
        directory.configure(&topology, &settings.peers)?;
        let tokens = Arc::new(TokenVerifier::from_dir(&settings.keys_dir())?);
        let credential = Arc::new(ServiceCredential::load(&settings.credential_file())?);
        let mut databases = Vec::new();
        for (module, migrations) in MIGRATIONS.iter().filter(|(module, _)| service.hosts(module)) {
            let database = Database::open(module, &settings.database(module, service.replicas)?).await?;
            verify(&database, migrations, &settings).await?;
            databases.push(database);
        }
        let topics = TOPICS.iter().filter(|topic| service.hosts(topic));
        let outboxes = topics.map(|topic| (*topic, Outbox::new())).collect();
        let log_database = databases.iter().find(|database| database.module() == "events");
        let event_log = log_database.map(|database| TableLog::new(database.clone(), clock.clone()));
        let nats = settings.nats().map(|settings| NatsLog::new(settings, clock.clone()));
        let token_issuer = service
            .hosts("accounts")
            .then(|| TokenIssuer::load(&settings.signing_key_file()).map(Arc::new))
            .transpose()?;
        let mut random = StdRng::from_rng(&mut UnwrapErr(SysRng));
        let registry = (service.hosts("registry") && topology.services().len() > 1).then(|| {
            let keys = RegistrationKeys::load(&settings.registry_secret_file())?;
            let services = topology.services().iter().map(|service| service.name.clone());
            let (epoch, pace) = (random.next_u64() | 1, &settings.discovery.registry);
            Ok::<_, KeyFileError>(LocalRegistry::new(services, keys, epoch, clock.clone(), pace))
        });
        let registry = registry.transpose()?;
        let callees = Callees::of(topology.called_across_threads(&service));
        let passwords = Arc::new(Passwords::new(&settings.accounts, random));
        Ok(Arc::new(Self {
            service,
            topology,
            settings,
            clock,
            ids,
            metrics,
            directory,
            callees,
            databases,
            outboxes,
            event_log,
            nats,
            registry,
            membership: Membership::default(),
            token_issuer,
            passwords,
            tokens,
            credential,
        }))
    }

    /// The databases of the hosted modules.
    pub fn databases(&self) -> &[Database] {
        &self.databases
    }

    /// The database of a module, where it is hosted here.
    pub fn database(&self, module: &str) -> Option<Database> {
        self.databases.iter().find(|database| database.module() == module).cloned()
    }

    /// What makes users' access tokens.
    ///
    /// # Panics
    /// When the accounts are not hosted here: a fault of the composition root.
    pub fn token_issuer(&self) -> Arc<TokenIssuer> {
        self.token_issuer.clone().expect("who hosts the accounts has the signing key")
    }

    /// Where a hosted module writes down what it tells others.
    ///
    /// # Panics
    /// When the module is not hosted here or tells nothing: a fault of the composition root.
    pub fn outbox(&self, module: &str) -> Outbox {
        self.outboxes.get(module).expect("a hosted module of TOPICS has an outbox").clone()
    }

    /// By which clock the time of requests is taken, where it is.
    pub fn request_clock(&self) -> Option<Arc<dyn Clock>> {
        self.settings.server.timing_headers.then(|| self.clock.clone())
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
}
