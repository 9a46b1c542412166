//! `run.json`: what a running fleet tells the other commands about itself.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

use super::SupervisorError;

/// The contents of the run file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The topology's name or notation.
    pub topology: String,
    /// The process that started the fleet.
    pub pid: u32,
    /// The public listener.
    pub public: SocketAddr,
    /// The socket by which it takes wishes, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<PathBuf>,
    /// The processes of each service.
    pub services: BTreeMap<String, Vec<RunProcess>>,
}

/// One process in the run file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunProcess {
    /// Its process id.
    pub pid: u32,
    /// Its internal listener.
    pub internal: SocketAddr,
    /// Its public listener, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<SocketAddr>,
}

impl RunRecord {
    /// Reads the file at `path`; `None` if there is none. A file that is no run record is an error of kind
    /// `InvalidData`.
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the process that wrote the record still runs. A fleet that was killed leaves its record
    /// behind, and its pid may have gone to another program since: only a process that runs the same program
    /// as this one counts.
    pub fn is_alive(&self) -> bool {
        is_running(self.pid, own_program().as_deref())
    }
}

impl RunProcess {
    /// The same for one process of the fleet.
    pub fn is_alive(&self) -> bool {
        is_running(self.pid, own_program().as_deref())
    }
}

fn own_program() -> Option<OsString> {
    std::env::current_exe().ok().and_then(|path| file_name(path.as_os_str()))
}

/// The run file of one fleet, removed when this is dropped.
pub(super) struct RunFile {
    path: PathBuf,
    published: bool,
}

impl RunFile {
    /// Makes sure that no living fleet uses `path`. What a dead one left is replaced when this one is
    /// published.
    pub(super) fn claim(path: &Path) -> Result<Self, SupervisorError> {
        let file = Self { path: path.to_owned(), published: false };
        file.refuse_if_in_use()?;
        Ok(file)
    }

    /// Writes the record so that a reader sees the old one or the new one, never a part.
    pub(super) fn publish(&mut self, record: &RunRecord) -> Result<(), SupervisorError> {
        if !self.published {
            // Another one may have become ready since the claim.
            self.refuse_if_in_use()?;
        }
        let temporary = self.path.with_extension(format!("json.{}.tmp", record.pid));
        let written = serde_json::to_vec_pretty(record)
            .map_err(io::Error::from)
            .and_then(|bytes| fs::write(&temporary, bytes))
            .and_then(|()| fs::rename(&temporary, &self.path));
        self.published |= written.is_ok();
        written.map_err(|source| SupervisorError::RunFile { path: self.path.clone(), source })
    }

    fn refuse_if_in_use(&self) -> Result<(), SupervisorError> {
        let record = match RunRecord::read(&self.path) {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(()),
            // Nothing that runs now wrote this.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(()),
            Err(source) => return Err(SupervisorError::RunFile { path: self.path.clone(), source }),
        };
        // A container gives the same pid to each run, so a record with the own pid is an older run's.
        if record.pid == std::process::id() || !record.is_alive() {
            return Ok(());
        }
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory = parent.unwrap_or(Path::new(".")).to_owned();
        Err(SupervisorError::InUse { directory, pid: record.pid })
    }
}

impl Drop for RunFile {
    fn drop(&mut self) {
        if self.published {
            // Whoever finds it nevertheless sees that its pid is dead.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether `pid` lives and runs `program`. Where the system does not say what it runs, living is enough.
fn is_running(pid: u32, program: Option<&OsStr>) -> bool {
    let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    if matches!(test_kill_process(process), Err(rustix::io::Errno::SRCH)) || has_ended(pid) {
        return false;
    }
    let programs = programs_of(pid);
    programs.is_empty() || program.is_none_or(|program| programs.iter().any(|name| name == program))
}

/// Whether only the entry of a process is left, because its parent has not asked how it ended.
fn has_ended(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The program's name stands in parentheses and may have any character.
    status.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}

/// The names under which a process was started: that of its file, and that of its command line.
fn programs_of(pid: u32) -> Vec<OsString> {
    use std::os::unix::ffi::OsStrExt;
    let executable = fs::read_link(format!("/proc/{pid}/exe")).ok();
    let command_line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let first_argument = command_line.split(|byte| *byte == 0).next().unwrap_or_default();
    let names = [executable.as_ref().map(|path| path.as_os_str()), Some(OsStr::from_bytes(first_argument))];
    names.into_iter().flatten().filter_map(file_name).collect()
}

/// The last part of a program's path. A program whose file was replaced while it runs is marked as deleted by
/// Linux.
fn file_name(path: &OsStr) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    let name = Path::new(path).file_name()?.as_bytes();
    Some(OsStr::from_bytes(name.strip_suffix(b" (deleted)").unwrap_or(name)).to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn record_of(pid: u32) -> RunRecord {
        let internal = "127.0.0.1:40111".parse().expect("an address");
        let services =
            BTreeMap::from([("catalog".to_owned(), vec![RunProcess { pid, internal, public: None }])]);
        let public = "127.0.0.1:8080".parse().expect("an address");
        RunRecord { topology: "monolith".to_owned(), pid, public, control: None, services }
    }

    /// A shell under the name of `program`. It has spoken, because a new process looks like its parent for a
    /// moment.
    fn running_shell(program: &OsStr) -> Child {
        let mut shell = Command::new("/bin/sh")
            .arg0(program)
            .args(["-c", "echo here; read end"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell can be started");
        shell.stdout.take().expect("it is piped").read_exact(&mut [0; 5]).expect("the shell speaks");
        shell
    }

    #[test]
    fn the_record_has_the_form_that_other_programs_read() {
        let json = serde_json::to_value(record_of(7)).expect("a record is JSON");
        let expected = serde_json::json!({
            "topology": "monolith", "pid": 7, "public": "127.0.0.1:8080",
            "services": { "catalog": [{ "pid": 7, "internal": "127.0.0.1:40111" }] }
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_directory_in_use_is_refused_until_its_fleet_is_gone() {
        let directory = tempfile::tempdir().expect("a directory for the run file");
        let path = directory.path().join("run.json");
        // Stands for another `up`: a living process under this program's name.
        let own_program = std::env::current_exe().expect("this program has a path");
        let mut other = running_shell(own_program.as_os_str());
        fs::write(&path, serde_json::to_vec(&record_of(other.id())).expect("a record is JSON"))
            .expect("the directory can be written");
        let refused = RunFile::claim(&path).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains(&format!("in use by `up` with pid {}", other.id())), "{refused}");

        other.kill().and_then(|()| other.wait()).expect("the shell can be killed");
        let mut file = RunFile::claim(&path).expect("the record of a dead fleet is no obstacle");
        file.publish(&record_of(std::process::id())).expect("the record can be written");
        assert_eq!(RunRecord::read(&path).expect("it can be read"), Some(record_of(std::process::id())));
        drop(file);
        let left = fs::read_dir(directory.path()).expect("the directory can be read").count();
        assert_eq!(left, 0, "neither the record nor a temporary file is left");
    }

    #[test]
    fn a_dead_process_that_nobody_has_asked_for_is_no_obstacle() {
        let directory = tempfile::tempdir().expect("a directory for the run file");
        let path = directory.path().join("run.json");
        let own_program = std::env::current_exe().expect("this program has a path");
        let mut other = running_shell(own_program.as_os_str());
        fs::write(&path, serde_json::to_vec(&record_of(other.id())).expect("a record is JSON"))
            .expect("the directory can be written");
        assert!(RunFile::claim(&path).is_err());
        drop(other.stdin.take());
        // Its end is seen without being asked for, which leaves its entry.
        let status = format!("/proc/{}/stat", other.id());
        while !fs::read_to_string(&status).expect("its entry is there").contains(") Z") {
            std::thread::yield_now();
        }
        assert!(RunFile::claim(&path).is_ok());
        other.wait().expect("it has ended");
    }

    #[test]
    fn a_pid_that_went_to_another_program_or_a_broken_file_is_no_obstacle() {
        let directory = tempfile::tempdir().expect("a directory for the run file");
        let path = directory.path().join("run.json");
        let mut stranger = running_shell(OsStr::new("sh"));
        fs::write(&path, serde_json::to_vec(&record_of(stranger.id())).expect("a record is JSON"))
            .expect("the directory can be written");
        assert!(RunFile::claim(&path).is_ok());
        stranger.kill().and_then(|()| stranger.wait()).expect("the shell can be killed");

        fs::write(&path, b"{\"topology\":").expect("the directory can be written");
        assert!(RunFile::claim(&path).is_ok());
    }
}
