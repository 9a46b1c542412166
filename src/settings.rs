//! What `config/` means. All of it is checked before anything binds.

mod links;
mod omissions;
mod sources;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cleave_auth::{KeyFileError, load_secret};
use cleave_db::engine::Engine;
use cleave_db::{DatabaseSettings, Secret};
use cleave_events_nats::{Address, AddressError, NatsSettings};
use cleave_rest::server::Limits;
use config::ConfigError;
use serde::Deserialize;

use crate::listeners::SocketFiles;

pub use self::links::{LinkSettings, check_round_trip_ms};
use self::omissions::Omissions;
use self::sources::Sources;

/// What one process is told. The files, variables and flags it comes from are listed at [`Settings::load`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The name of a topology's file, or its one-line notation.
    pub topology: String,
    /// Where databases, keys and `run.json` are.
    pub data_dir: PathBuf,
    /// The listener for everybody.
    pub public: Listener,
    /// The listener for peers.
    pub internal: Listener,
    /// Threads and stopping.
    pub server: ServerSettings,
    /// Limits of requests.
    pub requests: RequestSettings,
    /// Databases.
    pub database: DatabaseTemplate,
    /// What lies between processes.
    pub links: LinkSettings,
    /// Logs.
    pub log: LogSettings,
    /// Where services are, for processes that nobody supervises.
    pub peers: BTreeMap<String, Vec<String>>,
    /// The module's own.
    pub catalog: catalog::Settings,
    /// The module's own.
    pub inventory: inventory::Settings,
    /// The module's own.
    pub accounts: accounts::Settings,
    /// The module's own.
    pub orders: orders::Settings,
    /// The module's own.
    pub payments: payments::Settings,
    /// The module's own.
    pub notifications: notifications::Settings,
    /// Where the event log is, and the pace of relays and consumers.
    pub events: cleave_events::Settings,
    /// How the other services are found.
    pub discovery: DiscoverySettings,
}

/// Where a listener binds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// The address of this machine.
    pub host: IpAddr,
    /// The port; 0 takes any free one.
    pub port: u16,
}

impl Listener {
    /// Both as one.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

/// Threads and stopping.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Worker threads of one process; 0 means: its share of the cores, at least one.
    pub workers: usize,
    /// How long a stopping process waits for requests that are under way.
    pub drain_seconds: u64,
    /// Whether answers say in the header `Server-Timing` where the time went.
    pub timing_headers: bool,
}

/// How the other services are found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscoverySettings {
    /// Who tells.
    pub source: DiscoverySource,
    /// Where others reach this process, `IP:PORT`; empty where that is the address of its internal listener.
    pub advertise: String,
    /// The pace of the registry and of those who follow it.
    pub registry: cleave_discovery::Settings,
    /// Which names are asked for, whom, and how often.
    pub dns: cleave_discovery_dns::Settings,
}

impl DiscoverySettings {
    /// The address of `advertise`.
    fn advertised(&self) -> Result<Option<SocketAddr>, String> {
        if self.advertise.is_empty() {
            return Ok(None);
        }
        match self.advertise.parse::<SocketAddr>() {
            Ok(address) if !address.ip().is_unspecified() && address.port() != 0 => Ok(Some(address)),
            _ => Err("write IP:PORT, as the other processes reach this one, or leave it empty".to_owned()),
        }
    }
}

/// Who tells where the other services are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DiscoverySource {
    /// The role `registry` of the topology.
    Registry,
    /// The name servers, by the names of the section `discovery.dns`.
    Dns,
    /// The section `peers` alone, or who has started the process.
    Fixed,
}

impl TryFrom<String> for DiscoverySource {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "registry" => Ok(Self::Registry),
            "dns" => Ok(Self::Dns),
            "fixed" => Ok(Self::Fixed),
            _ => Err("write registry, dns or fixed"),
        }
    }
}

/// Limits of requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestSettings {
    /// How long a public caller waits at most.
    pub deadline_ms: u64,
    /// The largest body.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout_ms: u64,
}

impl RequestSettings {
    /// The same as the listeners want it.
    pub fn limits(&self) -> Limits {
        Limits {
            deadline: Duration::from_millis(self.deadline_ms),
            max_body_bytes: self.max_body_bytes,
            body_timeout: Duration::from_millis(self.body_timeout_ms),
        }
    }
}

/// How a module's database is found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseTemplate {
    /// A URL with `{data_dir}` and `{module}` in it.
    pub url: String,
    /// Connections that read, for each module.
    pub max_readers: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout_ms: u64,
}

/// Logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// How a line looks.
    pub format: LogFormat,
    /// A level, or targets with levels.
    pub filter: String,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        clap::ValueEnum::from_str(&text, false).map_err(|_| "write pretty or json")
    }
}

impl From<LogFormat> for cleave_telemetry::logs::LogFormat {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Pretty => Self::Pretty,
            LogFormat::Json => Self::Json,
        }
    }
}

/// The configuration is wrong.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The folder lacks its first file.
    #[error("there is no {}; name the folder with --config, or run from the top of the project", file.display())]
    NoDefaults {
        /// The file that was looked for.
        file: PathBuf,
    },
    /// The folder has no such profile.
    #[error("there is no {}; --profile takes the name of a file beside default.toml", file.display())]
    NoProfile {
        /// The file that was looked for.
        file: PathBuf,
    },
    /// A file cannot be read.
    #[error("{} cannot be read; check its permissions", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file is no TOML.
    #[error("{} is refused: {reason}", file.display())]
    NotToml {
        /// The file.
        file: PathBuf,
        /// Where it is no TOML, and why.
        reason: String,
    },
    /// A file or a variable says something that cannot be.
    #[error("{place} is refused: {key} = {value}: {reason}")]
    Refused {
        /// The key, with its section.
        key: String,
        /// The value as it was given.
        value: String,
        /// The file or variable that said it last.
        place: String,
        /// What would be right.
        reason: String,
    },
    /// A key that must be there is not.
    #[error("{} is refused: it lacks {key}; the file that comes with the program has it", file.display())]
    Missing {
        /// The key, with its section.
        key: String,
        /// The file that names every key.
        file: PathBuf,
    },
    /// Something that these messages did not foresee.
    #[error("the configuration is refused")]
    Config(#[from] ConfigError),
}

/// Whether a URL names a place for the databases of all modules; if not, why not.
pub fn check_database_url(url: &str) -> Result<(), String> {
    let engine = Engine::of_url(url).map_err(|error| error.to_string())?;
    if engine.parts_modules() || url.contains("{module}") {
        return Ok(());
    }
    Err("each module has a database of its own: put {module} into the URL".to_owned())
}

/// Whether a URL names what keeps the event log; if not, why not. The empty one does: it is the role `events`.
pub fn check_events_url(url: &str) -> Result<(), String> {
    if url.is_empty() {
        return Ok(());
    }
    url.parse::<Address>().map(drop).map_err(|error: AddressError| error.to_string())
}

/// A table as a source of values.
fn toml(table: &toml::Table) -> config::File<config::FileSourceString, config::FileFormat> {
    config::File::from_str(&table.to_string(), config::FileFormat::Toml)
}

/// What is wrong with a value: its key, and what would be right.
type Objection = (&'static str, String);

impl Settings {
    /// Reads `FOLDER/default.toml`, then `FOLDER/PROFILE.toml`, then the variables `CLEAVE__SECTION__KEY`, then
    /// `flags` (a key and a value each); the later wins.
    pub fn load(
        folder: &Path,
        profile: Option<&str>,
        flags: &[(&'static str, String)],
    ) -> Result<Self, SettingsError> {
        Self::load_without(folder, profile, flags, &Omissions::default())
    }

    /// The same for who wants to know all that is wrong: what is refused is left out, and what stands before it holds.
    /// Without settings where there is no way around a refusal.
    pub fn load_what_holds(
        folder: &Path,
        profile: Option<&str>,
        flags: &[(&'static str, String)],
    ) -> (Option<Self>, Vec<SettingsError>) {
        let (mut omissions, mut refusals) = (Omissions::default(), Vec::new());
        loop {
            match Self::load_without(folder, profile, flags, &omissions) {
                Ok(settings) => return (Some(settings), refusals),
                Err(refusal) => {
                    let goes_on = omissions.add(&refusal);
                    refusals.push(refusal);
                    if !goes_on {
                        return (None, refusals);
                    }
                }
            }
        }
    }

    fn load_without(
        folder: &Path,
        profile: Option<&str>,
        flags: &[(&'static str, String)],
        omissions: &Omissions,
    ) -> Result<Self, SettingsError> {
        let mut sources = Sources::without(omissions);
        let mut builder = config::Config::builder();
        if omissions.need_every_key() {
            builder = builder.add_source(toml(&sources::every_key()));
        }
        let defaults = folder.join("default.toml");
        if !omissions.cover_file(&defaults) {
            if !defaults.is_file() {
                return Err(SettingsError::NoDefaults { file: defaults });
            }
            builder = builder.add_source(toml(&sources.file(&defaults)?));
        }
        let profile = profile.map(|profile| folder.join(format!("{profile}.toml")));
        if let Some(file) = profile.filter(|file| !omissions.cover_file(file)) {
            if !file.is_file() {
                return Err(SettingsError::NoProfile { file });
            }
            builder = builder.add_source(toml(&sources.file(&file)?));
        }
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let variables = config::Environment::with_prefix("CLEAVE").prefix_separator("__").separator("__");
        let variables = variables.source(Some(sources.variables(texts)));
        builder = builder.add_source(variables.try_parsing(true));
        for (key, value) in flags {
            builder = builder.set_override(*key, value.as_str())?;
        }
        sources.check_keys()?;
        let settings: Self = builder.build()?.try_deserialize().map_err(|error| match error {
            ConfigError::NotFound(key) => SettingsError::Missing { key, file: defaults },
            ConfigError::Type { key: Some(key), expected, .. } => {
                sources.refuse(&key, format!("write {expected}"))
            }
            ConfigError::At { error, key: Some(key), .. } => sources.refuse(&key, error.to_string()),
            other => other.into(),
        })?;
        settings.check().map_err(|(key, reason)| sources.refuse(key, reason))?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), Objection> {
        let refuse = |key, reason: &str| Err((key, reason.to_owned()));
        check_database_url(&self.database.url).map_err(|reason| ("database.url", reason))?;
        check_events_url(&self.events.url).map_err(|reason| ("events.url", reason))?;
        if !(1..=5).contains(&self.events.replicas.get()) {
            return refuse("events.replicas", "write 1 to 5");
        }
        if !(1..=256).contains(&self.database.max_readers) {
            return refuse("database.max_readers", "write 1 to 256");
        }
        if self.server.workers > 256 {
            return refuse("server.workers", "write 0 to 256");
        }
        if !(1..=600_000).contains(&self.requests.deadline_ms) {
            return refuse("requests.deadline_ms", "write 1 to 600000 milliseconds");
        }
        self.links.check()?;
        self.discovery.advertised().map_err(|reason| ("discovery.advertise", reason))?;
        if self.discovery.registry.heartbeat() * 2 > self.discovery.registry.lease() {
            return refuse(
                "discovery.registry.heartbeat_ms",
                "write at most half of discovery.registry.lease_ms",
            );
        }
        self.discovery.dns.check()?;
        self.orders.check()?;
        self.post().map_err(|error| ("notifications.mail", error.to_string()))?;
        cleave_telemetry::logs::check_filter(&self.log.filter)
            .map_err(|error| ("log.filter", error.to_string()))
    }

    /// The NATS that keeps the event log, where one does.
    pub fn nats(&self) -> Option<NatsSettings> {
        let address = self.events.url.parse().ok()?;
        Some(NatsSettings { address, replicas: self.events.replicas })
    }

    /// Whether the data of this module, or of the event log, are in a database of the store.
    pub fn has_database(&self, module: &str) -> bool {
        module != "events" || self.events.url.is_empty()
    }

    /// Where the database of `module` is, as whom it is opened, and how many connections each of so many equal processes may
    /// have.
    pub fn database(&self, module: &str, replicas: u32) -> Result<DatabaseSettings, KeyFileError> {
        let password = self.has_database_users().then(|| load_secret(&self.database_password_file(module)));
        Ok(DatabaseSettings {
            url: self.database_url(module),
            password: password.transpose()?.map(Secret::new),
            max_readers: self.database.max_readers.div_ceil(replicas.max(1)),
            acquire_timeout: Duration::from_millis(self.database.acquire_timeout_ms),
        })
    }

    /// Where the database of `module` is.
    pub fn database_url(&self, module: &str) -> String {
        let data_dir = self.data_dir.to_string_lossy();
        self.database.url.replace("{data_dir}", &data_dir).replace("{module}", module)
    }

    /// Whether the engine tells modules apart by users of their own, which need passwords.
    pub fn has_database_users(&self) -> bool {
        Engine::of_url(&self.database.url).is_ok_and(|engine| engine.parts_modules())
    }

    /// The password of a module's database user; only who hosts the module reads it.
    pub fn database_password_file(&self, module: &str) -> PathBuf {
        self.keys_dir().join("database").join(format!("{module}.password"))
    }

    /// How e-mails are sent.
    pub fn post(&self) -> Result<notifications::Post, notifications::MailUrlError> {
        let url = self.notifications.mail.replace("{data_dir}", &self.data_dir.to_string_lossy());
        notifications::Post::new(&url, &self.notifications.from)
    }

    /// Where the keys of users' tokens are.
    pub fn keys_dir(&self) -> PathBuf {
        self.data_dir.join("keys")
    }

    /// The key that signs users' tokens; only who issues tokens reads it.
    pub fn signing_key_file(&self) -> PathBuf {
        self.keys_dir().join("tokens.key")
    }

    /// The secret by which services prove themselves to each other.
    pub fn credential_file(&self) -> PathBuf {
        self.keys_dir().join("service.credential")
    }

    /// The secret from which the registration keys of all services follow; only the registry reads it.
    pub fn registry_secret_file(&self) -> PathBuf {
        self.keys_dir().join("registry.secret")
    }

    /// By which a service registers its processes; only that service reads it.
    pub fn registration_key_file(&self, service: &str) -> PathBuf {
        cleave_auth::registration_key_file(&self.keys_dir(), service)
    }

    /// Where others reach a process that listens at this address.
    pub fn advertised(&self, listening: SocketAddr) -> SocketAddr {
        self.discovery.advertised().ok().flatten().unwrap_or(listening)
    }

    /// What `cleave up` tells others of the processes that it runs.
    pub fn run_file(&self) -> PathBuf {
        self.data_dir.join("run.json")
    }

    /// The socket files of a service's processes, for links over `unix`.
    pub fn socket_files(&self, service: &str) -> SocketFiles {
        SocketFiles { folder: self.data_dir.join("run"), service: service.to_owned() }
    }
}

/// The name of a service's first process.
pub const FIRST_INSTANCE: &str = "1";
