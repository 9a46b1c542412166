//! What a fleet is asked to run.

use std::path::PathBuf;
use std::time::Duration;

use super::LogSink;
use crate::listeners::Places;

/// A topology as processes: which to start, with which arguments, and where to write about them.
#[derive(Clone, Debug)]
pub struct FleetPlan {
    /// The program of every process.
    pub executable: PathBuf,
    /// Makes the arguments that `executable` is started with; [`serve_arguments`] unless a test replaces it.
    pub arguments: fn(&ServicePlan, replica: usize) -> Vec<String>,
    /// The services, in the order of the topology. Exactly one of them is public, with one replica.
    pub services: Vec<ServicePlan>,
    /// Where the running fleet is described for other commands: `DATA_DIR/run.json`.
    pub run_file: PathBuf,
    /// Where the fleet takes wishes of other commands: `DATA_DIR/run/control.sock`, or nowhere.
    pub control: Option<PathBuf>,
    /// The topology's name or notation, for the run file and for messages.
    pub topology: String,
    /// Where the logs of the processes and the notices of the supervisor go.
    pub logs: LogSink,
    /// How long to wait for what.
    pub limits: Limits,
}

impl FleetPlan {
    /// A plan with the ordinary command line and the ordinary limits.
    pub fn new(
        executable: PathBuf,
        topology: String,
        services: Vec<ServicePlan>,
        run_file: PathBuf,
        logs: LogSink,
    ) -> Self {
        Self {
            executable,
            arguments: serve_arguments,
            services,
            run_file,
            control: None,
            topology,
            logs,
            limits: Limits::default(),
        }
    }
}

/// One service of a plan.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// Its name in the topology.
    pub name: String,
    /// How many equal processes to run, at least one.
    pub replicas: usize,
    /// Arguments behind those that every supervised process gets.
    pub args: Vec<String>,
    /// Variables added to the environment that the process inherits.
    pub env: Vec<(String, String)>,
    /// Where its processes listen, for sockets that they are handed; nowhere where each binds its own.
    pub places: Option<Places>,
    /// Whether the supervisor tells the others where it is; they find the rest themselves.
    pub introduced: bool,
    /// Why there can be only one process of it, if so: completes "it has one process, because it ...".
    pub singular: Option<&'static str>,
    /// Whether it opens the public listener. Such a service is stopped before the others.
    pub public: bool,
}

/// How long a fleet waits for what, and how much dying it accepts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From being spawned to reporting ready.
    pub ready_within: Duration,
    /// From being asked to stop to being killed.
    pub stop_within: Duration,
    /// The pause between a first death and the restart; it doubles with each death.
    pub first_pause: Duration,
    /// The longest pause before a restart.
    pub longest_pause: Duration,
    /// So many deaths of one process within `deaths_window` make the fleet give up.
    pub deaths: usize,
    /// See `deaths`. A process that lives longer than this starts again with the first pause.
    pub deaths_window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ready_within: Duration::from_secs(30),
            stop_within: Duration::from_secs(10),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            deaths: 5,
            deaths_window: Duration::from_mins(1),
        }
    }
}

/// The command line of a supervised process: `serve --service NAME --supervised REPLICA` and the service's own
/// arguments.
pub fn serve_arguments(service: &ServicePlan, replica: usize) -> Vec<String> {
    let fixed =
        ["serve", "--service", &service.name, "--supervised", &replica.to_string()].map(str::to_owned);
    fixed.into_iter().chain(service.args.iter().cloned()).collect()
}
