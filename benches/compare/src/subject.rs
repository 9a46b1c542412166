//! What is measured: deployments that can be started, found, and stopped.

use std::net::SocketAddr;
use std::time::Duration;

use crate::client::Client;
use crate::http::Request;
use crate::overshoot::Overshoot;
use crate::tls::Tls;

/// A deployment that can be started any number of times, or that runs already.
pub trait Subject {
    /// Its name in tables and results; unique within a comparison.
    fn label(&self) -> &str;

    /// Whether it answers this journey; what it does not answer is not asked of it.
    fn answers(&self, _journey: &str) -> bool {
        true
    }

    /// The same as it would be with such a round-trip time between its processes; none where that cannot be had.
    fn at_distance(&self, _round_trip_ms: f64) -> Option<Box<dyn Subject + '_>> {
        None
    }

    /// Starts it in fresh processes on fresh data and returns once it answers.
    ///
    /// The calling thread is pinned to the processors that the deployment may use; children inherit that. What fails
    /// here must leave nothing running.
    ///
    /// One that runs already is not started but looked for: an error means that it does not answer any more.
    fn start(&self) -> anyhow::Result<Box<dyn Running>>;

    /// Where it runs, if it runs already and is not the instrument's to start and stop.
    fn runs_at(&self) -> Option<String> {
        None
    }

    /// The same request as this deployment knows it: what it calls by names of its own is named so.
    fn adapted(&self, request: Request) -> Request {
        request
    }
}

/// A deployment that runs.
pub trait Running {
    /// Where its public listener takes requests.
    fn address(&self) -> SocketAddr;

    /// Its processes: all whose CPU time and memory are its cost; none where they cannot be seen from here.
    fn processes(&self) -> Vec<Process>;

    /// Where connections are opened in turns: the address, and those of equal deployments that share the load.
    fn addresses(&self) -> Vec<SocketAddr> {
        vec![self.address()]
    }

    /// How it is spoken to, where it is behind TLS.
    fn tls(&self) -> Option<Tls> {
        None
    }

    /// A client that waits at most `timeout` for each answer.
    fn client(&self, timeout: Duration) -> Client {
        Client::new(self.address(), timeout).over(self.tls())
    }

    /// From the first spawn to ready, in milliseconds; none of what was running before.
    fn start_ms(&self) -> Option<f64>;

    /// From now on whatever dies is started again, as in operation.
    fn tend(&mut self) {}

    /// Whether nothing is left to do that nobody waits for; none where that cannot be asked.
    fn is_settled(&self) -> Option<bool> {
        None
    }

    /// By how much longer than asked the calls between its processes were delayed until now; none where none are.
    fn delay_overshoot(&self) -> Option<Overshoot> {
        None
    }

    /// Stops all processes, waits for their end, and removes the data. Of what ran before, only makes sure that it still answers.
    fn stop(self: Box<Self>) -> anyhow::Result<()>;
}

/// One process of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// What it is in the deployment; several processes may share a name (replicas).
    pub service: String,
    /// Its process id.
    pub pid: u32,
}

/// Stops a deployment on every way out.
pub(crate) struct Guard(Option<Box<dyn Running>>);

impl Guard {
    pub(crate) fn new(running: Box<dyn Running>) -> Self {
        Self(Some(running))
    }

    pub(crate) fn running(&self) -> &dyn Running {
        self.0.as_deref().expect("present until stop, which takes the guard itself")
    }

    pub(crate) fn running_mut(&mut self) -> &mut dyn Running {
        self.0.as_deref_mut().expect("present until stop, which takes the guard itself")
    }

    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        self.0.take().map_or(Ok(()), Running::stop)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(running) = self.0.take() {
            // An error is already on its way out; a second one about stopping would hide it.
            let _ = running.stop();
        }
    }
}
