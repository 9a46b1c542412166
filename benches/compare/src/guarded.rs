//! A process that does not outlive this one, whatever ends this one: a shell between the two ends it when its own input does.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Starts what its arguments say, tells its process id, and ends it once nobody holds the other end of the input any more.
const SCRIPT: &str =
    r#""$@" </dev/null >/dev/null & pid=$!; echo "$pid"; read -r _; kill -TERM "$pid"; wait "$pid""#;

/// How long it may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(2);

/// A process that runs until this is dropped, or this process is gone.
pub(crate) struct Guarded {
    shell: Child,
    pid: u32,
}

impl Guarded {
    /// Starts it in a process group of its own, so that a Ctrl-C at the terminal does not reach it. What it complains of goes to
    /// `complaints`.
    pub(crate) fn start(program: &Path, arguments: &[OsString], complaints: File) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "sh"]).arg(program).args(arguments).process_group(0);
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(complaints).spawn()?;
        let mut told = String::new();
        if let Some(output) = shell.stdout.take() {
            BufReader::new(output).read_line(&mut told)?;
        }
        let told = told.trim().parse();
        let mut guarded = Self { shell, pid: 0 };
        guarded.pid = told.map_err(|_| io::Error::other("the shell told no process id"))?;
        Ok(guarded)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    fn kill_all(&self) {
        let group = i32::try_from(self.shell.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // The shell is not reaped yet, so the group is still that of this process; it may be empty.
            let _gone = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.shell.stdin = None;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if !matches!(self.shell.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(PAUSE);
        }
        self.kill_all();
        let _reaped = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rustix::process::test_kill_process;

    use super::*;

    /// Set in the process that is started in order to be killed.
    const PARENT_TO_BE_KILLED: &str = "CLEAVE_COMPARE_TEST_PARENT_TO_BE_KILLED";

    fn sleeper(folder: &Path) -> Guarded {
        let complaints = File::create(folder.join("complaints")).expect("a file");
        Guarded::start(Path::new("/bin/sleep"), &["1000".into()], complaints).expect("it starts")
    }

    fn is_there(pid: u32) -> bool {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
        test_kill_process(pid).is_ok()
    }

    #[track_caller]
    fn soon(what: &str, condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(20), "{what}");
            thread::sleep(PAUSE);
        }
    }

    #[test]
    fn it_ends_with_its_holder() {
        let folder = tempfile::tempdir().expect("a folder");
        let sleeper = sleeper(folder.path());
        let pid = sleeper.pid();
        assert!(is_there(pid));
        let began = Instant::now();
        drop(sleeper);
        assert!(!is_there(pid) && began.elapsed() < PATIENCE, "it was asked, not killed");
    }

    /// Runs itself once more as a parent, and kills that parent.
    #[test]
    fn it_ends_with_a_parent_that_is_killed() {
        let Some(folder) = std::env::var_os(PARENT_TO_BE_KILLED).map(PathBuf::from) else {
            let folder = tempfile::tempdir().expect("a folder");
            let told = folder.path().join("pid");
            let mut parent = Command::new(std::env::current_exe().expect("this program has a path"))
                .args(["--exact", "guarded::tests::it_ends_with_a_parent_that_is_killed"])
                .env(PARENT_TO_BE_KILLED, folder.path())
                .stdout(Stdio::null())
                .spawn()
                .expect("this program can be started");
            let pid = || std::fs::read_to_string(&told).ok()?.strip_suffix('\n')?.parse().ok();
            soon("the parent starts it", || pid().is_some_and(is_there));
            parent.kill().and_then(|()| parent.wait()).expect("the parent can be killed");
            soon("it has ended", || pid().is_some_and(|pid| !is_there(pid)));
            return;
        };
        let sleeper = sleeper(&folder);
        std::fs::write(folder.join("pid"), format!("{}\n", sleeper.pid())).expect("a file");
        thread::park();
    }
}
