//! The load generator: one thread, non-blocking connections, and a clock that it watches itself.
//!
//! In the *open loop* requests are due when a schedule says so, whether or not earlier ones were answered, and a
//! latency counts from that intended start: a deployment that stalls is charged for every request that came
//! meanwhile ("coordinated omission", Gil Tene). In the *closed loop* a fixed number of connections is always busy,
//! which gives a capacity but no honest latency, so none is kept.
//!
//! Where the generator has a processor of its own it spins, because timers and wake-ups of the kernel are as long as the
//! latencies that it measures.

mod connections;

use std::io;
use std::time::{Duration, Instant};

use crate::histogram::Latencies;
use crate::http::Request;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::subject::Running;

use connections::{Done, Outcome};
pub(crate) use connections::{Generator, Limits};

/// A request as bytes.
#[derive(Debug)]
pub(crate) struct Prepared {
    method: String,
    bytes: Vec<u8>,
}

/// What a phase sends, and how it judges the answers.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) journey: &'a dyn Journey,
    pub(crate) requests: &'a [Prepared],
}

/// What came of a phase.
#[derive(Debug, Clone)]
pub(crate) struct Phase {
    /// From the intended start to the last byte; open loop only. A request that was given up counts as long as it
    /// was waited for, a wrong answer not at all.
    pub(crate) latencies: Latencies,
    /// How long after its intended start each request was sent for which a connection was free.
    pub(crate) lateness: Latencies,
    /// Requests that were due (open loop) or answered (closed loop).
    pub(crate) requests: u64,
    /// Right answers; in the closed loop those in the counted window.
    pub(crate) accepted: u64,
    /// Wrong answers, broken connections and requests that were given up.
    pub(crate) errors: u64,
    /// Sends later than the limit although a connection was free: the generator's own fault.
    pub(crate) late: u64,
    /// Sends that waited for a connection: the deployment's doing, and part of their latency.
    pub(crate) queued: u64,
    /// The time over which requests and answers were counted.
    pub(crate) counted: Duration,
}

/// What became of one request of an open loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// When it was due, from the start of the phase.
    pub(crate) due: Duration,
    /// From then to the answer, or until it was given up.
    pub(crate) took: Duration,
    /// Whether the answer was right.
    pub(crate) is_right: bool,
}

impl Phase {
    pub(crate) fn new() -> Self {
        Self {
            latencies: Latencies::new(),
            lateness: Latencies::new(),
            requests: 0,
            accepted: 0,
            errors: 0,
            late: 0,
            queued: 0,
            counted: Duration::ZERO,
        }
    }

    /// Adds another slice of the same load.
    pub(crate) fn merge(&mut self, slice: &Self) {
        self.latencies.merge(&slice.latencies);
        self.lateness.merge(&slice.lateness);
        self.requests += slice.requests;
        self.accepted += slice.accepted;
        self.errors += slice.errors;
        self.late += slice.late;
        self.queued += slice.queued;
        self.counted += slice.counted;
    }

    /// Right answers a second.
    pub(crate) fn accepted_per_second(&self) -> f64 {
        self.accepted as f64 / self.counted.as_secs_f64()
    }

    fn give_up(&mut self, waited: Duration) {
        self.errors += 1;
        self.latencies.record(waited);
    }
}

impl Generator {
    /// A generator with its connections to a deployment open.
    pub(crate) fn to(running: &dyn Running, limits: Limits, interruption: &Interruption) -> io::Result<Self> {
        Self::new(running.addresses(), running.tls(), limits, interruption)
    }

    /// Makes requests ready to be written.
    pub(crate) fn prepare(&self, requests: impl IntoIterator<Item = Request>) -> Vec<Prepared> {
        let host = self.address();
        let bytes = |request: Request| Prepared { bytes: request.to_bytes(host), method: request.method };
        requests.into_iter().map(bytes).collect()
    }

    /// Sends one request at each of the schedule's moments within `length`, and waits for the answers.
    pub(crate) fn open_loop(
        &mut self,
        load: Load<'_>,
        schedule: &[Duration],
        length: Duration,
    ) -> io::Result<Phase> {
        self.open_loop_seen(load, schedule, length, |_| {})
    }

    /// The same, telling what becomes of each request as it comes to its end.
    pub(crate) fn open_loop_seen(
        &mut self,
        load: Load<'_>,
        schedule: &[Duration],
        length: Duration,
        mut seen: impl FnMut(Seen),
    ) -> io::Result<Phase> {
        let mut phase = Phase::new();
        phase.requests = schedule.len() as u64;
        let (mut due, mut sent, mut queued_below) = (0, 0, 0);
        let mut done = Vec::new();
        let start = Instant::now();
        let give_up_at = start + length + self.limits().request_timeout;
        loop {
            self.interruption().check()?;
            let now = Instant::now();
            while due < schedule.len() && start + schedule[due] <= now {
                due += 1;
            }
            while sent < due {
                let intended = start + schedule[sent];
                let lateness = intended.elapsed();
                if !self.send_on_any(load, sent, intended, &mut done) {
                    queued_below = due;
                    break;
                }
                if sent < queued_below {
                    phase.queued += 1;
                } else {
                    phase.lateness.record(lateness);
                    phase.late += u64::from(lateness > self.limits().late);
                }
                sent += 1;
            }
            let next = schedule.get(due).map_or(give_up_at, |offset| start + *offset);
            self.pump(load, next, &mut done)?;
            for Done { intended, finished, outcome } in done.drain(..) {
                let is_right = matches!(outcome, Outcome::Answered { accepted: true });
                seen(Seen { due: intended - start, took: finished - intended, is_right });
                match outcome {
                    Outcome::Answered { accepted: true } => {
                        phase.accepted += 1;
                        phase.latencies.record(finished - intended);
                    }
                    Outcome::Answered { accepted: false } | Outcome::Broken => phase.errors += 1,
                    Outcome::GivenUp => phase.give_up(finished - intended),
                }
            }
            let now = Instant::now();
            if sent == schedule.len() && self.idle() {
                phase.counted = length.max(now - start);
                return Ok(phase);
            }
            if now >= give_up_at {
                for offset in &schedule[sent..] {
                    let took = now.saturating_duration_since(start + *offset);
                    seen(Seen { due: *offset, took, is_right: false });
                    phase.give_up(took);
                }
                for Done { intended, finished, .. } in self.abandon(now) {
                    let took = finished.saturating_duration_since(intended);
                    seen(Seen { due: intended - start, took, is_right: false });
                    phase.give_up(took);
                }
                phase.counted = now - start;
                return Ok(phase);
            }
        }
    }

    /// Keeps all connections busy for `length`, cycling through the requests, and counts after the first `ramp`.
    pub(crate) fn closed_loop(
        &mut self,
        load: Load<'_>,
        ramp: Duration,
        length: Duration,
    ) -> io::Result<Phase> {
        let mut phase = Phase::new();
        let mut next = 0;
        let mut done = Vec::new();
        let start = Instant::now();
        let (from, until) = (start + ramp, start + length);
        let give_up_at = until + self.limits().request_timeout;
        loop {
            self.interruption().check()?;
            let now = Instant::now();
            while now < until && self.busy() < self.limits().connections {
                if !self.send_on_any(load, next, Instant::now(), &mut done) {
                    break;
                }
                next = (next + 1) % load.requests.len();
            }
            self.pump(load, if now < until { until } else { give_up_at }, &mut done)?;
            for Done { finished, outcome, .. } in done.drain(..) {
                phase.requests += 1;
                match outcome {
                    Outcome::Answered { accepted: true } => {
                        phase.accepted += u64::from((from..until).contains(&finished));
                    }
                    _ => phase.errors += 1,
                }
            }
            let now = Instant::now();
            if now >= until && self.idle() || now >= give_up_at {
                phase.errors += self.abandon(now).len() as u64;
                phase.counted = length.saturating_sub(ramp);
                return Ok(phase);
            }
        }
    }
}

#[cfg(test)]
mod tests;
