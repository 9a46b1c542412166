//! What a person types: one file a command.

mod compare;
mod data;
mod doctor;
mod events;
mod floor;
mod health;
mod openapi;
mod plain;
mod print;
mod reference;
mod running;
mod scale;
mod serve;
mod settle;
mod topology;
mod up;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::compose::placed;
use crate::house::HOUSE;
use crate::provision::ProvisionError;
use crate::settings::{
    LogFormat, Settings, SettingsError, check_database_url, check_events_url, check_round_trip_ms,
};
use crate::topology::{Link, Topology};

/// One online store, cut into modules; one line says which of them share a process.
///
/// As one process it is a modular monolith; with every module apart it is microservices behind a gateway;
/// anything between is a topology too. The store answers the same in all of them. `cleave compare` measures
/// what each of them costs on your machine.
#[derive(Debug, Parser)]
#[command(name = "cleave", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
struct Common {
    /// The folder of default.toml and of the topologies
    #[arg(long, global = true, value_name = "DIR", default_value = "config", help_heading = "Common flags")]
    config: PathBuf,
    /// A file DIR/PROFILE.toml that is read after default.toml
    #[arg(long, global = true, value_name = "PROFILE", help_heading = "Common flags")]
    profile: Option<String>,
    /// Where databases, keys and run.json are [default: data]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Common flags")]
    data_dir: Option<PathBuf>,
    /// The databases: sqlite:{data_dir}/{module}.db, or postgres://USER@HOST/DATABASE [default: sqlite]
    #[arg(long, global = true, value_name = "URL", value_parser = database_url, help_heading = "Common flags")]
    database: Option<String>,
    /// What keeps the event log: nats://HOST:PORT, or "" for the role `events` [default: the role]
    #[arg(long, global = true, value_name = "URL", value_parser = events_url, help_heading = "Common flags")]
    events: Option<String>,
    /// The public port; 0 takes any free one [default: 8080]
    #[arg(long, global = true, value_name = "N", help_heading = "Common flags")]
    port: Option<u16>,
    /// How log lines look [default: pretty]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = "Common flags")]
    log_format: Option<LogFormat>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a whole topology on this machine, until Ctrl-C
    Up(up::UpArgs),
    /// Run one service of a topology: what a container runs
    Serve(serve::ServeArgs),
    /// Measure topologies side by side
    Compare(Box<compare::CompareArgs>),
    /// Show what the topologies are
    #[command(subcommand)]
    Topology(topology::TopologyCommand),
    /// Prepare the databases
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Ask the running store whether all its processes are well
    Health,
    /// Find what is wrong with a store, and say how to mend it
    ///
    /// Looks at the configuration, the topology, the data directory, keys, databases, mail, ports, the running store and
    /// its peers, and goes on where something is wrong. Each check is `ok`, `warning`, `wrong` or `not checked`; all but
    /// the first come with a line `mend:`. Nothing is changed: no file is made, no key, no table.
    ///
    /// Exit code 0 where nothing is wrong, 1 where something is, 2 where that is the configuration or the topology.
    Doctor(doctor::DoctorArgs),
    /// Look at the event log and mend it: topics, events, consumers, and what could not be applied
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Wait until the running store has nothing left to do: events, reactions, checkouts
    Settle(settle::SettleArgs),
    /// Give a service of the running store more processes, or fewer
    ///
    /// Answers when the new ones are ready, or when those that are too many have finished what was under way and have ended. No
    /// request fails. What `up` started is meant; a cluster scales by its own means.
    Scale(scale::ScaleArgs),
    /// Print the OpenAPI document of the public API
    Openapi,
    /// The bare handlers that `compare` measures beside the topologies
    #[command(hide = true)]
    Floor(floor::FloorArgs),
    /// The plain monolith that `compare` measures beside the topologies
    #[command(hide = true)]
    Plain(plain::PlainArgs),
}

/// A flag that takes a link between processes.
fn process_link(text: &str) -> Result<Link, String> {
    let link = Link::ALL.into_iter().find(|link| link.as_str() == text);
    match link {
        Some(link) if link.joins_processes() => Ok(link),
        Some(link) => Err(format!("{link} joins what is in one process: write tcp or unix")),
        None => Err("write tcp or unix".to_owned()),
    }
}

/// A flag that takes what links.round_trip_ms takes.
fn round_trip_ms(text: &str) -> Result<f64, String> {
    // What is no number is refused with the same words as one that is out of bounds.
    let milliseconds = text.trim().parse().unwrap_or(f64::NAN);
    check_round_trip_ms(milliseconds).map(|()| milliseconds)
}

/// A flag that takes what database.url takes.
fn database_url(text: &str) -> Result<String, String> {
    check_database_url(text).map(|()| text.to_owned())
}

/// A flag that takes what events.url takes.
fn events_url(text: &str) -> Result<String, String> {
    check_events_url(text).map(|()| text.to_owned())
}

/// How a command ended when it did not end well.
enum Failure {
    /// The command line or the configuration is wrong: exit code 2.
    Usage(anyhow::Error),
    /// It failed: exit code 1.
    Failed(anyhow::Error),
    /// The command has said all there is to say; this is left.
    Told(u8),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Makes an error one of the command line or the configuration.
fn usage(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Usage(error.into())
}

/// Makes an error one of the work itself.
fn failed(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Failed(error.into())
}

/// Tells whether the configuration is to blame for a store that cannot be provisioned.
fn not_provisioned(error: ProvisionError) -> Failure {
    if error.is_configuration() { usage(error) } else { failed(error) }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(error) | Self::Failed(error) => error.fmt(formatter),
            Self::Told(code) => write!(formatter, "it ended with {code}"),
        }
    }
}

type Outcome = Result<(), Failure>;

/// Parses the command line and runs its command.
pub fn run() -> ExitCode {
    let Cli { common, command } = Cli::parse();
    let outcome = match command {
        Command::Up(args) => up::run(&common, &args),
        Command::Serve(args) => serve::run(&common, &args),
        Command::Compare(args) => compare::run(&common, &args),
        Command::Topology(command) => topology::run(&common, &command),
        Command::Data(command) => data::run(&common, &command),
        Command::Health => health::run(&common),
        Command::Doctor(args) => doctor::run(&common, &args),
        Command::Events(command) => events::run(&common, &command),
        Command::Settle(args) => settle::run(&common, &args),
        Command::Scale(args) => scale::run(&common, &args),
        Command::Openapi => openapi::run(),
        Command::Floor(args) => floor::run(&common, &args),
        Command::Plain(args) => plain::run(&common, &args),
    };
    let (code, error) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Failed(error)) => (1, error),
        Err(Failure::Usage(error)) => (2, error),
        Err(Failure::Told(code)) => return ExitCode::from(code),
    };
    complain(&error);
    ExitCode::from(code)
}

/// Prints the error and its causes. Nobody may be reading any more, which is no reason to panic.
fn complain(error: &anyhow::Error) {
    use std::io::Write as _;
    let mut text = format!("cleave: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}\n  because: {cause}");
        }
    }
    let _nobody_reads = writeln!(std::io::stderr(), "{text}");
}

impl Common {
    /// The configuration, with these flags and `topology` over it.
    fn settings(&self, topology: Option<&str>) -> Result<Settings, Failure> {
        let settings = Settings::load(&self.config, self.profile.as_deref(), &self.flags(topology));
        Ok(self.with_log_format(settings.map_err(usage)?))
    }

    /// The same as far as it can be read, and all that is refused of it.
    fn settings_that_hold(&self, topology: Option<&str>) -> (Option<Settings>, Vec<SettingsError>) {
        Settings::load_what_holds(&self.config, self.profile.as_deref(), &self.flags(topology))
    }

    fn flags(&self, topology: Option<&str>) -> Vec<(&'static str, String)> {
        let mut flags = Vec::new();
        if let Some(data_dir) = &self.data_dir {
            flags.push(("data_dir", data_dir.to_string_lossy().into_owned()));
        }
        if let Some(url) = &self.database {
            flags.push(("database.url", url.clone()));
        }
        if let Some(url) = &self.events {
            flags.push(("events.url", url.clone()));
        }
        if let Some(port) = self.port {
            flags.push(("public.port", port.to_string()));
        }
        if let Some(topology) = topology {
            flags.push(("topology", topology.to_owned()));
        }
        flags
    }

    fn with_log_format(&self, mut settings: Settings) -> Settings {
        if let Some(format) = self.log_format {
            settings.log.format = format;
        }
        settings
    }

    fn topologies(&self) -> PathBuf {
        self.config.join("topologies")
    }

    /// The topology of these settings as it is run: with the link of a flag between its processes, and without what NATS
    /// does. The names of the services that have nothing to host then come with it.
    fn placed_topology(
        &self,
        settings: &Settings,
        link: Option<Link>,
    ) -> Result<(Topology, Vec<String>), Failure> {
        let topology = self.topology(&settings.topology)?;
        let topology = match link {
            Some(link) => topology.linked_by(link),
            None => topology,
        };
        Ok(placed(topology, settings))
    }

    fn topology(&self, name_or_notation: &str) -> Result<Topology, Failure> {
        crate::topology::resolve(name_or_notation, &self.topologies(), &HOUSE).map_err(usage)
    }

    /// The flags that make another process read the same configuration.
    fn for_child(&self, settings: &Settings) -> Vec<String> {
        let mut flags = vec!["--config".to_owned(), self.config.to_string_lossy().into_owned()];
        if let Some(profile) = &self.profile {
            flags.extend(["--profile".to_owned(), profile.clone()]);
        }
        flags.extend(["--data-dir".to_owned(), settings.data_dir.to_string_lossy().into_owned()]);
        flags.extend(["--port".to_owned(), settings.public.port.to_string()]);
        let format = match settings.log.format {
            LogFormat::Pretty => "pretty",
            LogFormat::Json => "json",
        };
        flags.extend(["--log-format".to_owned(), format.to_owned()]);
        flags
    }
}

/// Starts the log of this process.
fn start_logging(settings: &Settings) -> Outcome {
    cleave_telemetry::logs::install(settings.log.format.into(), &settings.log.filter).map_err(usage)
}

/// The runtime of a command: one thread, because the work is done by others.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    tokio::task::LocalSet::new().block_on(&runtime, work)
}
