//! One running child: its pipes, its signals, and the task that reaps it.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::child_log::ChildLog;
use super::crew::Kept;
use super::lines::Lines;
use super::now;
use super::protocol::{Order, Peers, Report};

/// How long the pipes of a dead process are still read. They end with it, unless something that it started
/// holds them open.
const READ_AFTER_DEATH: Duration = Duration::from_secs(1);

/// What a process did. `member` is the number that [`Process::spawn`] was given.
pub(super) enum Event {
    /// It sent a report.
    Reported { member: usize, pid: u32, report: Report },
    /// It is dead, reaped, and all that it wrote has been read.
    Exited { member: usize, status: io::Result<ExitStatus> },
}

/// A handle to a running child. Without it the child is killed.
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) spawned: Instant,
    pub(super) log: Arc<ChildLog>,
    signals: mpsc::UnboundedSender<Signal>,
    standard_input: Option<oneshot::Sender<()>>,
}

impl Process {
    /// Starts `command` in a process group of its own, so that a Ctrl-C at the terminal reaches the parent
    /// only. It is spawned on the calling thread, whose CPU affinity it inherits. Each new value of `peers`
    /// is sent to it. What is `kept` for its successor is closed as soon as it dies in any other way than in order.
    pub(super) fn spawn(
        mut command: Command,
        member: usize,
        log: ChildLog,
        peers: watch::Receiver<Peers>,
        kept: Kept,
        events: mpsc::UnboundedSender<Event>,
    ) -> io::Result<Self> {
        command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (Some(pid), Some(stdin), Some(stdout), Some(stderr)) =
            (child.id(), child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("a new child has no pid or lacks a pipe"));
        };
        let log = Arc::new(log);
        let (close_input, input_closed) = oneshot::channel();
        tokio::spawn(write_commands(stdin, peers, input_closed));
        let (signals, signals_to_send) = mpsc::unbounded_channel();
        let reports = read_reports(stdout, member, pid, Arc::clone(&log), events.clone());
        let logs = read_log(stderr, Arc::clone(&log));
        tokio::spawn(async move {
            let mut pipes = tokio::spawn(async move { tokio::join!(reports, logs) });
            let status = signal_until_reaped(child, signals_to_send).await;
            if !status.as_ref().is_ok_and(ExitStatus::success) {
                kept.close();
            }
            if tokio::time::timeout(READ_AFTER_DEATH, &mut pipes).await.is_err() {
                pipes.abort();
            }
            // Nobody listens any more when the fleet has been dropped.
            let _ = events.send(Event::Exited { member, status });
        });
        Ok(Self { pid, spawned: now(), log, signals, standard_input: Some(close_input) })
    }

    /// Asks it to stop: ends its standard input and sends SIGTERM.
    pub(super) fn request_stop(&mut self) {
        self.standard_input = None;
        let _ = self.signals.send(Signal::TERM);
    }

    /// Kills it and all of its process group.
    pub(super) fn kill(&self) {
        let _ = self.signals.send(Signal::KILL);
    }
}

/// Waits for the end of a child and passes signals on meanwhile. Only this task reaps it, so a signal never
/// meets another process that got the same pid.
async fn signal_until_reaped(
    mut child: Child,
    mut signals: mpsc::UnboundedReceiver<Signal>,
) -> io::Result<ExitStatus> {
    loop {
        let signal = tokio::select! {
            status = child.wait() => return status,
            signal = signals.recv() => signal,
        };
        let group = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        if let Some(group) = group {
            // It fails only for a group that is gone, which the next turn notices.
            let _ = kill_process_group(group, signal.unwrap_or(Signal::KILL));
        }
        if signal.is_none() {
            return child.wait().await;
        }
    }
}

/// Sends every new map of peers, the newest only where the child reads slowly, until the handle closes the
/// input.
async fn write_commands(
    mut stdin: ChildStdin,
    mut peers: watch::Receiver<Peers>,
    input_closed: oneshot::Receiver<()>,
) {
    let write_all = async {
        while peers.changed().await.is_ok() {
            let order = Order::Peers { peers: peers.borrow_and_update().clone() };
            let Ok(mut line) = serde_json::to_vec(&order) else { continue };
            line.push(b'\n');
            if stdin.write_all(&line).await.is_err() {
                break;
            }
        }
        // The child has closed its end. Its exit will say more.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = write_all => {}
        _ = input_closed => {}
    }
}

/// Passes reports on as events. What is no report was printed by mistake, and is logged.
async fn read_reports(
    stdout: impl AsyncRead + Unpin,
    member: usize,
    pid: u32,
    log: Arc<ChildLog>,
    events: mpsc::UnboundedSender<Event>,
) {
    let mut lines = Lines::new(stdout);
    while let Ok(Some(line)) = lines.next().await {
        match serde_json::from_str(&line) {
            Ok(report) => drop(events.send(Event::Reported { member, pid, report })),
            Err(_) => log.line(&line),
        }
    }
}

async fn read_log(stderr: impl AsyncRead + Unpin, log: Arc<ChildLog>) {
    let mut lines = Lines::new(stderr);
    while let Ok(Some(line)) = lines.next().await {
        log.line(&line);
    }
}
