//! One request's stopwatch.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::header::{self, UNTOLD, WIRE};
use crate::{Entry, Moments};

/// What a moment is spent on in one process. What belongs to none of them is [`Part::Framework`]'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From the first byte of the request until a module is called, and back: HTTP, routing, checking tokens.
    Framework,
    /// The code of a module.
    Handler,
    /// Waiting for a connection to a database.
    Pool,
    /// Statements and transactions.
    Database,
    /// Values to JSON, and back.
    Serialisation,
}

impl Part {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::Framework, Self::Handler, Self::Pool, Self::Database, Self::Serialisation];

    /// What it is called in the header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Framework => "framework",
            Self::Handler => "handler",
            Self::Pool => "pool",
            Self::Database => "db",
            Self::Serialisation => "json",
        }
    }

    /// The same in words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Framework => "HTTP, routing, tokens",
            Self::Handler => "module code",
            Self::Pool => "waiting for a database connection",
            Self::Database => "database",
            Self::Serialisation => "JSON",
        }
    }
}

/// Takes the time of one request in one process.
///
/// A moment belongs to the lap that was begun last of those that are not over: inside a lap the inner one counts, and of two that run side
/// by side the later. So the parts add up to the whole.
pub struct Stopwatch {
    now: Box<dyn Fn() -> Instant + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    begun: Instant,
    /// Until here all time has been given to somebody.
    given: Instant,
    laps_begun: u64,
    running: Vec<Running>,
    own: [Duration; Part::ALL.len()],
    of_calls: Vec<Entry>,
}

struct Running {
    lap: u64,
    what: What,
    begun: Instant,
    /// What has been given to it.
    given: Duration,
}

enum What {
    Own(Part),
    Call(String),
}

/// One thing that is being done or waited for; over when it is dropped.
#[must_use = "it is over when it is dropped"]
pub struct Lap {
    stopwatch: Arc<Stopwatch>,
    lap: u64,
}

impl Stopwatch {
    /// A stopwatch that has been running since `begun`; `now` tells the time.
    pub fn since(begun: Instant, now: impl Fn() -> Instant + Send + Sync + 'static) -> Arc<Self> {
        let state = State {
            begun,
            given: begun,
            laps_begun: 0,
            running: Vec::new(),
            own: [Duration::ZERO; Part::ALL.len()],
            of_calls: Vec::new(),
        };
        Arc::new(Self { now: Box::new(now), state: Mutex::new(state) })
    }

    /// From here until the lap is dropped the time belongs to `part`.
    pub fn begin(self: &Arc<Self>, part: Part) -> Lap {
        self.begin_lap(What::Own(part))
    }

    /// From here until the lap is over the time belongs to a call to `peer`.
    pub fn begin_call(self: &Arc<Self>, peer: &str) -> Lap {
        self.begin_lap(What::Call(peer.to_owned()))
    }

    /// What the time went to until now, as entries that add up to it. It is told once: laps that end later count for nothing.
    pub fn told(&self) -> Vec<Entry> {
        let now = (self.now)();
        let mut state = self.lock();
        state.give_until(now);
        while let Some(lap) = state.running.last().map(|running| running.lap) {
            state.end(lap, now, None);
        }
        let own = Part::ALL.iter().zip(state.own).map(|(part, spent)| Entry::new(part.name(), spent));
        own.chain(state.of_calls.drain(..)).filter(|entry| !entry.spent.is_zero()).collect()
    }

    /// From when until when it has been running, as far as anybody has asked.
    pub fn moments(&self) -> Moments {
        let state = self.lock();
        Moments::between(state.begun, state.given)
    }

    /// How long it has been running, as far as anybody has asked.
    pub fn whole(&self) -> Duration {
        let state = self.lock();
        state.given - state.begun
    }

    fn begin_lap(self: &Arc<Self>, what: What) -> Lap {
        let now = (self.now)();
        let mut state = self.lock();
        state.give_until(now);
        state.laps_begun += 1;
        let lap = state.laps_begun;
        state.running.push(Running { lap, what, begun: now, given: Duration::ZERO });
        Lap { stopwatch: self.clone(), lap }
    }

    fn end_lap(&self, lap: u64, told: Option<&[Entry]>) {
        let now = (self.now)();
        let mut state = self.lock();
        state.give_until(now);
        state.end(lap, now, told);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn give_until(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.given);
        self.given += passed;
        match self.running.last_mut() {
            Some(running) => running.given += passed,
            None => self.own[Part::Framework as usize] += passed,
        }
    }

    fn end(&mut self, lap: u64, now: Instant, told: Option<&[Entry]>) {
        let Some(place) = self.running.iter().rposition(|running| running.lap == lap) else { return };
        let Running { what, begun, given, .. } = self.running.remove(place);
        match what {
            What::Own(part) => self.own[part as usize] += given,
            What::Call(peer) => self.add_call(&peer, given, now - begun, told),
        }
    }

    /// What was given to a call is divided as its peer tells. Of a call that ran beside others only a share was given to it, and its
    /// peer's parts count with the same share.
    fn add_call(&mut self, peer: &str, given: Duration, waited: Duration, told: Option<&[Entry]>) {
        let Some(told) = told else { return self.add(&format!("{peer}.{UNTOLD}"), given) };
        let whole = told.iter().map(|entry| entry.spent).sum::<Duration>().max(waited);
        let mut left = given;
        for entry in told {
            let spent = share(entry.spent, given, whole);
            left = left.saturating_sub(spent);
            self.add(&format!("{peer}.{}", entry.name), spent);
        }
        self.add(&format!("{peer}.{WIRE}"), left);
    }

    fn add(&mut self, name: &str, spent: Duration) {
        match self.of_calls.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => entry.spent += spent,
            None => self.of_calls.push(Entry::new(name, spent)),
        }
    }
}

/// `part` of `whole`, where the whole is `given`; rounded down.
fn share(part: Duration, given: Duration, whole: Duration) -> Duration {
    if given == whole {
        return part;
    }
    let nanos = part.as_nanos() * given.as_nanos() / whole.as_nanos().max(1);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

impl Lap {
    /// The call is over; in its answer the peer tells what it did with the time, if it does.
    pub fn answered(self, server_timing: Option<&str>) {
        let told = server_timing.map(header::parse);
        self.stopwatch.end_lap(self.lap, told.as_deref());
    }
}

impl Drop for Lap {
    fn drop(&mut self) {
        self.stopwatch.end_lap(self.lap, None);
    }
}

impl fmt::Debug for Stopwatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Stopwatch").finish_non_exhaustive()
    }
}

impl fmt::Debug for Lap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lap").finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
