//! Visitors who come on time, whatever becomes of those before them.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::damage::Visit;
use crate::affinity::CpuSets;
use crate::client::{Client, Connection};
use crate::http::Request;
use crate::interruption::Interruption;
use crate::journey::Journey;

/// How many of one journey may wait at the same time; more than come within their patience.
const AT_ONCE: usize = 80;

/// They do next to nothing.
const STACK_BYTES: usize = 128 * 1024;

/// The visitors of one journey.
pub(crate) struct Visitors<'a> {
    pub(crate) journey: &'a dyn Journey,
    pub(crate) requests: &'a [Request],
    /// When each comes, from the start of the load.
    pub(crate) schedule: &'a [Duration],
    pub(crate) patience: Duration,
    /// Nobody comes any more from when this is so.
    pub(crate) is_over: &'a Interruption,
    /// Nobody waits for an answer any more from when this is so.
    pub(crate) interruption: &'a Interruption,
}

impl Visitors<'_> {
    /// Has them come from `start` on, and tells in the order of the schedule what each saw.
    pub(crate) fn come(&self, address: SocketAddr, start: Instant, cpu_sets: &CpuSets) -> Vec<Visit> {
        let (next, visits) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(self.schedule.len())));
        thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(self.schedule.len()) {
                let come = || {
                    cpu_sets.pin_generator();
                    let mut connection = None;
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some((due, request)) = self.schedule.get(number).zip(self.requests.get(number))
                        else {
                            return;
                        };
                        self.is_over.sleep_until(start + *due);
                        if self.is_over.is_wanted() {
                            return;
                        }
                        let is_right = self.ask(address, &mut connection, request);
                        let took = (start + *due).elapsed();
                        let visit = Visit { due: *due, took, is_right: is_right && took <= self.patience };
                        visits.lock().expect("no visitor panics with it").push((number, visit));
                    }
                };
                let visitor = thread::Builder::new().stack_size(STACK_BYTES);
                // Where the system gives no more threads, those that are there take turns, and wait.
                let _started = visitor.spawn_scoped(scope, come);
            }
        });
        let mut visits = visits.into_inner().expect("no visitor panics with it");
        visits.sort_unstable_by_key(|(number, _)| *number);
        visits.into_iter().map(|(_, visit)| visit).collect()
    }

    /// Whether the answer is right. A connection that was kept may have ended meanwhile, which says nothing of the deployment: then the
    /// request is sent again on a new one, as every client does.
    fn ask(&self, address: SocketAddr, kept: &mut Option<Connection>, request: &Request) -> bool {
        let began = Instant::now();
        let over_kept =
            kept.take().and_then(|mut connection| Some((connection.send(request).ok()?, connection)));
        let over_new = || {
            let client = Client::new(address, self.patience).heeding(self.interruption);
            let mut connection = client.connect().ok()?;
            Some((connection.send(request).ok()?, connection))
        };
        let again = || if began.elapsed() < self.patience { over_new() } else { None };
        let Some((response, connection)) = over_kept.or_else(again) else { return false };
        *kept = (!response.closes_connection()).then_some(connection);
        self.journey.accepts(&response)
    }
}
