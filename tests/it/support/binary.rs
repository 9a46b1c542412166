//! The program itself, run as a person runs it: with a data directory of its own, on free ports, and watched from
//! outside.
//!
//! All of its processes have the data directory in their command lines. So those that it started are known without
//! asking it, and [`Binary`] fails a test that leaves one behind.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use cleave::settings::Settings;
use cleave::supervisor::RunRecord;
use cleave_compare::{Client, Request, Response};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::patience::Patience;
use super::waiting::{eventually, pause};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cleave");

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program with a folder of its own.
pub(crate) struct Binary {
    folder: TempDir,
    data: String,
    config: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Binary {
    /// Free ports, the configuration of the project, an empty data directory that does not exist yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("cleave-it-").tempdir().expect("a folder for the test");
        let variables = [("CLEAVE__PUBLIC__PORT".to_owned(), "0".to_owned())];
        let (data, config) = ("data".to_owned(), project().join("config"));
        Self { folder, data, config, variables: variables.into() }
    }

    /// The same with a data directory of another name.
    pub(crate) fn with_data_dir(mut self, name: &str) -> Self {
        name.clone_into(&mut self.data);
        self
    }

    /// The same with a variable of the environment.
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with a copy of the project's configuration, in which `edit` may change what it likes.
    pub(crate) fn with_config(mut self, edit: impl FnOnce(&Path)) -> Self {
        let config = self.folder.path().join("config");
        if self.config != config {
            copy_folder(&self.config, &config);
        }
        edit(&config);
        self.config = config;
        self
    }

    /// The same with one more file in its configuration, such as `topologies/own.toml`.
    pub(crate) fn with_file(self, path: &str, text: &str) -> Self {
        self.with_config(|config| std::fs::write(config.join(path), text).expect("the copy can be written"))
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join(&self.data)
    }

    /// What its processes are told, but for variables and flags.
    pub(crate) fn settings(&self) -> Settings {
        let data_dir = self.data_dir().to_str().expect("temporary folders have plain names").to_owned();
        Settings::load(&self.config, None, &[("data_dir", data_dir)]).expect("the settings are valid")
    }

    /// What `run.json` says, where it is there and whole.
    pub(crate) fn run_record(&self) -> Option<RunRecord> {
        RunRecord::read(&self.data_dir().join("run.json")).ok().flatten()
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).ended()
    }

    /// Runs a command that has to succeed, and gives its standard output.
    #[track_caller]
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?} failed: {ended:?}");
        ended.stdout
    }

    /// Starts a command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.launch(Command::new(PROGRAM), arguments)
    }

    /// Starts a command by way of another one, which takes the program and its arguments as its own last ones.
    pub(crate) fn start_by(&self, mut way: Command, arguments: &[&str]) -> Running {
        way.arg(PROGRAM);
        self.launch(way, arguments)
    }

    fn launch(&self, mut command: Command, arguments: &[&str]) -> Running {
        command.args(arguments).arg("--config").arg(&self.config).arg("--data-dir").arg(self.data_dir());
        // Nothing of this process's surroundings: no variable of a developer, no file of the project.
        command.env_clear().envs(&self.variables).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let stdout = Output::of(child.stdout.take().expect("it is piped"));
        let stderr = Output::of(child.stderr.take().expect("it is piped"));
        Running { child, stdout, stderr, arguments: arguments.join(" ") }
    }

    /// Starts `up` and waits until it says that the store is ready.
    #[track_caller]
    pub(crate) fn up(&self, topology: &str, flags: &[&str]) -> Running {
        let mut running = self.start(&[&["up", "--topology", topology], flags].concat());
        running.until_it_prints("Ctrl-C stops it");
        running
    }

    /// Runs a service by hand, and waits until it says where peers reach it, and where everybody does.
    #[track_caller]
    pub(crate) fn serve(&self, profile: &str, service: &str) -> (Running, SocketAddr, Option<SocketAddr>) {
        let arguments = ["serve", "--profile", profile, "--service", service, "--log-format", "json"];
        let mut running = self.start(&arguments);
        let line = running.until_it_prints("\"internal\":");
        let line = serde_json::from_str::<Value>(&line).expect("a line of the log is JSON");
        let address = |field: &str| line[field].as_str().and_then(|text| text.parse().ok());
        let (internal, public) = (address("internal").expect("it says where it listens"), address("public"));
        (running, internal, public)
    }

    /// The processes of this data directory that live now.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let own = self.data_dir();
        let own = own.to_str().expect("temporary folders have plain names");
        let entries = std::fs::read_dir("/proc").expect("this system has /proc");
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| is_of(*pid, own)).collect()
    }
}

/// Fails the test that leaves a process behind, and ends that process.
impl Drop for Binary {
    fn drop(&mut self) {
        let left = self.processes();
        for pid in &left {
            // Asked again: it may be gone, and its pid another's.
            if self.processes().contains(pid) {
                signal(*pid, Signal::KILL);
            }
        }
        assert!(left.is_empty() || std::thread::panicking(), "processes {left:?} were left behind");
    }
}

/// A command that runs. Dropped, it is stopped.
pub(crate) struct Running {
    child: Child,
    stdout: Output,
    stderr: Output,
    arguments: String,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to its standard output so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has written to its standard error so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until one of its outputs has this text, and gives the line.
    #[track_caller]
    pub(crate) fn until_it_prints(&mut self, text: &str) -> String {
        let arguments = self.arguments.clone();
        let found = |running: &Self| {
            let printed = format!("{}{}", running.stdout(), running.stderr());
            printed.lines().find(|line| line.contains(text)).map(str::to_owned)
        };
        self.until(&format!("prints {text:?}"), |running| match found(running) {
            Some(line) => Some(line),
            None => running.child.try_wait().expect("a child can be asked").map(|status| {
                found(running).unwrap_or_else(|| {
                    panic!("`{arguments}` ended with {status}: {}{}", running.stdout(), running.stderr())
                })
            }),
        })
    }

    /// Looks until there is something, for as long as the command gets on.
    #[track_caller]
    pub(crate) fn until<T>(&mut self, awaited: &str, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let mut patience = Patience::new();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let written_bytes = self.stdout().len() + self.stderr().len();
            assert!(
                !patience.is_over(self.pid(), written_bytes),
                "waited in vain until `{}` {awaited}: {}{}",
                self.arguments,
                self.stdout(),
                self.stderr()
            );
            pause();
        }
    }

    /// The lines that have this text so far, whichever its output.
    pub(crate) fn lines_with(&self, text: &str) -> Vec<String> {
        let printed = format!("{}{}", self.stdout(), self.stderr());
        printed.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    pub(crate) fn signal(&self, wanted: Signal) {
        signal(self.pid(), wanted);
    }

    /// Asks it to stop as a supervisor of the system does, and waits for its end.
    #[track_caller]
    pub(crate) fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Ended {
        let status = self.until_its_end();
        let is_read = |running: &Self| running.stdout.is_read() && running.stderr.is_read();
        eventually("the last words of a command are read", || is_read(&self), |read| *read);
        Ended { code: status.code(), stdout: self.stdout(), stderr: self.stderr() }
    }

    #[track_caller]
    fn until_its_end(&mut self) -> ExitStatus {
        self.until("ends", |running| running.child.try_wait().expect("a child can be asked"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        if std::thread::panicking() {
            // Its children end with it, and `Binary` sees to those that do not.
            let _already_gone = self.child.kill();
            let _reaped = self.child.wait();
        } else {
            self.signal(Signal::TERM);
            self.until_its_end();
        }
    }
}

/// What a process writes, collected by a thread.
struct Output {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Output {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let collected = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
                collected
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self { text, reader }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_read(&self) -> bool {
        self.reader.is_finished()
    }
}

/// Asks a process over HTTP; it has to answer.
#[track_caller]
pub(crate) fn ask(address: SocketAddr, request: &Request) -> Response {
    Client::new(address, PATIENCE).send(request).unwrap_or_else(|error| panic!("{error}"))
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(pid: u32, wanted: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a pid is a positive number");
    // One that is gone needs no signal.
    let _already_gone = kill_process(pid, wanted);
}

/// The folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether a process lives and was started with this data directory. One that is dead and not yet reaped has no
/// command line.
fn is_of(pid: u32, data_dir: &str) -> bool {
    let command_line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command_line.split(|byte| *byte == 0).any(|argument| argument == data_dir.as_bytes())
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}
