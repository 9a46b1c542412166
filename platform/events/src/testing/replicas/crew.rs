//! The processes, as their parent sees them.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::child::{LOG, SCRATCH, STANDS_BY};

/// A process, and the name under which it applies events.
struct Member {
    name: String,
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Drop for Member {
    fn drop(&mut self) {
        // It may be gone already.
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(super) struct Crew {
    test: String,
    scratch: String,
    log: String,
    size: usize,
    members: Vec<Member>,
}

impl Crew {
    /// So many processes, each of which runs this test.
    pub(super) fn start(test: &str, scratch: &str, log: &str, size: usize) -> Self {
        let (test, scratch, log) = (test.to_owned(), scratch.to_owned(), log.to_owned());
        let mut crew = Self { test, scratch, log, size, members: Vec::new() };
        crew.fill_up();
        crew
    }

    /// Starts those that are missing.
    pub(super) fn fill_up(&mut self) {
        while self.members.len() < self.size {
            let member = self.start_one();
            self.members.push(member);
        }
    }

    fn start_one(&self) -> Member {
        let own = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(own);
        command.args(["--exact", &self.test, "--nocapture"]);
        command.env(SCRATCH, &self.scratch).env(LOG, &self.log);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it can be started");
        let mut said = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let is_name = |line: &String| line.len() == 36 && line.matches('-').count() == 4;
        let name = said.by_ref().map_while(Result::ok).find(is_name).expect("it says its name");
        Member { name, child, said }
    }

    /// Whether this is the name of one of them.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    fn named(&mut self, name: &str) -> &mut Member {
        let mut members = self.members.iter_mut();
        members.find(|member| member.name == name).expect("whoever applies events is one of these")
    }

    pub(super) fn signal(&mut self, name: &str, signal: Signal) {
        kill_process(Pid::from_child(&self.named(name).child), signal).expect("it runs");
    }

    /// Kills one, which has no chance to do anything about it.
    pub(super) fn kill(&mut self, name: &str) {
        self.signal(name, Signal::KILL);
        self.members.retain(|member| member.name != name);
    }

    /// Kills one and starts it again at once.
    pub(super) fn replace(&mut self, name: &str) {
        self.kill(name);
        self.fill_up();
    }

    /// Kills one that only stands by, and starts it again at once.
    pub(super) fn replace_one_beside(&mut self, holder: &str) {
        let mut others = self.members.iter().filter(|member| member.name != holder);
        let other = others.next().expect("there are several").name.clone();
        self.replace(&other);
    }

    /// Waits until one says that it has noticed that another one applies events.
    pub(super) fn wait_until_it_stands_by(&mut self, name: &str) {
        let said = &mut self.named(name).said;
        let has_noticed = said.by_ref().map_while(Result::ok).any(|line| line == STANDS_BY);
        assert!(has_noticed, "whoever was paused ended instead of standing by");
    }

    /// Has all of them stop by themselves.
    pub(super) fn stop(mut self) {
        for mut member in self.members.drain(..) {
            drop(member.child.stdin.take());
            let status = member.child.wait().expect("it ends");
            assert!(status.success(), "{status}");
        }
    }
}
