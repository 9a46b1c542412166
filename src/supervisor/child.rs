//! The child half: what a supervised process does with its standard input and output.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::protocol::{Listening, Order, Peers, Report};

/// From the end of the standard input to the end by force.
const GRACE: Duration = Duration::from_secs(10);

/// A process that a fleet has started, seen from inside.
///
/// When the parent stops it, and also when the parent dies, its standard input ends: `stop` completes, and if
/// the process is still there 10 s later it exits by force with code 1. A parent that was killed also no
/// longer reads the standard error, so logging must not panic when a line cannot be written.
#[derive(Debug)]
pub struct Supervised {
    /// Tells the parent how far it is.
    pub reporter: Reporter,
    /// Where the services are. Empty until the first order; see [`Peers`].
    pub peers: watch::Receiver<Peers>,
    /// Completes when the process shall stop.
    pub stop: StopSignal,
}

impl Supervised {
    /// Takes over the standard input and output of this process. Call it once, before anything that may take
    /// long.
    ///
    /// The input is read on a thread of its own: a read that tokio has begun would keep its runtime from
    /// shutting down.
    #[expect(clippy::disallowed_methods, reason = "the last resort against a stop that hangs")]
    pub fn attach() -> io::Result<Self> {
        Self::attach_to(io::stdin(), io::stdout(), || {
            thread::sleep(GRACE);
            // Not `eprintln!`, which panics when nobody reads.
            let _ = writeln!(io::stderr(), "did not stop within {} s; exiting by force", GRACE.as_secs());
            std::process::exit(1);
        })
    }

    fn attach_to(
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
        after_the_end: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (peers_sender, peers) = watch::channel(Peers::new());
        let (stop_sender, stop) = watch::channel(false);
        thread::Builder::new().name("commands".to_owned()).spawn(move || {
            read_commands(BufReader::new(input), &peers_sender);
            stop_sender.send_replace(true);
            after_the_end();
        })?;
        Ok(Self {
            reporter: Reporter { output: Arc::new(Mutex::new(output)) },
            peers,
            stop: StopSignal(stop),
        })
    }
}

/// Sends reports to the parent.
#[derive(Clone)]
pub struct Reporter {
    output: Arc<Mutex<dyn Write + Send>>,
}

impl Reporter {
    /// Says where the process listens; once, as soon as it does. Fails if the parent is gone.
    pub fn listening(&self, listening: Listening) -> io::Result<()> {
        self.report(&Report::Listening(listening))
    }

    /// Says that the process has its peers and serves; once. Fails if the parent is gone.
    pub fn ready(&self) -> io::Result<()> {
        self.report(&Report::Ready)
    }

    fn report(&self, report: &Report) -> io::Result<()> {
        let mut line = serde_json::to_vec(report)?;
        line.push(b'\n');
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output.write_all(&line)?;
        output.flush()
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reporter").finish_non_exhaustive()
    }
}

/// The parent's wish that the process stops. Clones see the same.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<bool>);

impl StopSignal {
    /// Waits for it; completes at once if it has been given before. Safe to cancel.
    pub async fn stopped(&mut self) {
        // An error means that the thread that reads the orders is gone, and then nobody could stop the
        // process otherwise.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

/// Follows orders until the input ends or fails.
fn read_commands(mut input: impl BufRead, peers: &watch::Sender<Peers>) {
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        match serde_json::from_slice(&line) {
            Ok(Order::Peers { peers: newest }) => {
                peers.send_replace(newest);
            }
            Err(error) => {
                tracing::warn!(%error, "ignored an order from the parent that cannot be understood");
            }
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::supervisor::protocol::Address;
    use crate::supervisor::tests::soon;

    #[tokio::test]
    async fn the_end_of_the_input_stops_the_child_and_starts_its_grace() {
        let (input, parent) = io::pipe().expect("a pipe");
        let (forced, was_forced) = mpsc::channel();
        let child = Supervised::attach_to(input, io::sink(), move || {
            let _ = forced.send(());
        })
        .expect("a thread");
        let mut stop = child.stop.clone();
        assert!(
            tokio::time::timeout(Duration::ZERO, stop.stopped()).await.is_err(),
            "it runs while its input is open"
        );

        drop(parent);
        soon(stop.stopped()).await;
        was_forced.recv_timeout(Duration::from_secs(20)).expect("the grace period begins");
        soon(child.stop.clone().stopped()).await;
    }

    #[tokio::test]
    async fn peers_arrive_and_nonsense_between_them_is_ignored() {
        let (input, mut parent) = io::pipe().expect("a pipe");
        let mut child = Supervised::attach_to(input, io::sink(), || {}).expect("a thread");
        parent
            .write_all(
                b"{\"order\":\"dance\"}\n\xff\xfe\n{\"order\":\"peers\",\
                  \"peers\":{\"catalog\":[{\"tcp\":\"127.0.0.1:40112\",\"unix\":null}],\"inventory\":[]}}\n",
            )
            .expect("the pipe is open");
        soon(child.peers.changed()).await.expect("an order arrives");
        let address = Address { tcp: "127.0.0.1:40112".parse().expect("an address"), unix: None };
        let expected =
            Peers::from([("catalog".to_owned(), vec![address]), ("inventory".to_owned(), Vec::new())]);
        assert_eq!(*child.peers.borrow(), expected);
    }

    #[tokio::test]
    async fn reports_are_one_line_of_json_each() {
        let (mut parent, output) = io::pipe().expect("a pipe");
        let child = Supervised::attach_to(io::empty(), output, || {}).expect("a thread");
        let internal = "127.0.0.1:40111".parse().expect("an address");
        child
            .reporter
            .listening(Listening { internal, unix: None, public: None })
            .expect("the parent listens");
        child.reporter.ready().expect("the parent listens");
        drop(child);
        let mut written = String::new();
        parent.read_to_string(&mut written).expect("the reports are text");
        assert_eq!(
            written,
            "{\"report\":\"listening\",\"internal\":\"127.0.0.1:40111\",\"unix\":null,\"public\":null}\n\
             {\"report\":\"ready\"}\n"
        );
    }
}
