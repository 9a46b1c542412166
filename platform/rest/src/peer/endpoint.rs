//! One replica of a peer, as all threads of this process see it: where it is, how busy it is, and whether it fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cleave_telemetry::Ejections;
use tokio::sync::watch;

use super::PeerAddress;

/// The replicas of a peer; whoever finds services changes them while the peer is in use. One that stays keeps its [`Endpoint`], and
/// with it what is known of it.
pub type AddressBook = watch::Receiver<Vec<Arc<Endpoint>>>;

/// So many failures in a row eject a replica that takes connections. One that takes none is ejected at once.
const FAILURES_IN_A_ROW: u32 = 3;

/// For how long a replica is ejected the first time; it doubles each time that it fails its trial.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest ejection before the next trial.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// One replica. Shared by all threads; nothing on the way of a call that goes well takes a lock.
#[derive(Debug)]
pub struct Endpoint {
    address: PeerAddress,
    in_flight: AtomicUsize,
    /// Whether there is nothing to be looked up in `health`.
    is_sound: AtomicBool,
    health: Mutex<Health>,
    ejections: Ejections,
}

#[derive(Debug, Default)]
struct Health {
    failures_in_a_row: u32,
    ejected: Option<Ejected>,
}

#[derive(Debug, Clone, Copy)]
struct Ejected {
    until: Instant,
    pause: Duration,
    /// Whether the call is under way that decides.
    is_on_trial: bool,
}

/// Whether a replica can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Like any other.
    Sound,
    /// Its ejection is over: one call decides.
    DueForTrial,
    /// Not now.
    Ejected,
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nobody takes connections there.
    NoConnection,
    /// The connection broke, or no answer came in time.
    NoAnswer,
}

impl Endpoint {
    /// A replica at this address, of which nothing is known yet.
    pub fn new(address: PeerAddress, ejections: Ejections) -> Self {
        let (in_flight, is_sound, health) = (AtomicUsize::new(0), AtomicBool::new(true), Mutex::default());
        Self { address, in_flight, is_sound, health, ejections }
    }

    /// Where it is.
    pub fn address(&self) -> &PeerAddress {
        &self.address
    }

    /// How many calls of this process are under way there.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn standing(&self, now: Instant) -> Standing {
        if self.is_sound.load(Ordering::Relaxed) {
            return Standing::Sound;
        }
        match self.health().ejected {
            None => Standing::Sound,
            Some(Ejected { until, is_on_trial: false, .. }) if until <= now => Standing::DueForTrial,
            Some(_) => Standing::Ejected,
        }
    }

    /// Takes the trial on, unless somebody else has.
    pub(super) fn begin_trial(&self) -> bool {
        match &mut self.health().ejected {
            Some(ejected) if !ejected.is_on_trial => {
                ejected.is_on_trial = true;
                true
            }
            _ => false,
        }
    }

    /// The trial, if there was one, has shown nothing.
    pub(super) fn give_up_trial(&self) {
        if !self.is_sound.load(Ordering::Relaxed)
            && let Some(ejected) = &mut self.health().ejected
        {
            ejected.is_on_trial = false;
        }
    }

    /// It has answered.
    pub(super) fn succeeded(&self, peer: &str) {
        if self.is_sound.load(Ordering::Relaxed) {
            return;
        }
        let mut health = self.health();
        // An answer to a call from before the ejection proves nothing about now.
        if health.ejected.is_some_and(|ejected| !ejected.is_on_trial) {
            return;
        }
        if health.ejected.is_some() {
            self.ejections.end();
            tracing::info!(peer, address = %self.address, "a replica has passed its trial and is back");
        }
        *health = Health::default();
        self.is_sound.store(true, Ordering::Relaxed);
    }

    /// A call has failed. `may_eject` tells whether enough others are left.
    pub(super) fn failed(
        &self,
        peer: &str,
        failure: Failure,
        now: Instant,
        may_eject: impl FnOnce() -> bool,
    ) {
        // Before the lock: it looks at this replica too.
        let may_eject = may_eject();
        let mut health = self.health();
        self.is_sound.store(false, Ordering::Relaxed);
        health.failures_in_a_row += 1;
        match health.ejected {
            Some(ejected) if ejected.is_on_trial => {
                let pause = (ejected.pause * 2).min(LONGEST_PAUSE);
                health.ejected = Some(Ejected { until: now + jittered(pause), pause, is_on_trial: false });
            }
            Some(_) => {}
            None => {
                let is_enough =
                    failure == Failure::NoConnection || health.failures_in_a_row >= FAILURES_IN_A_ROW;
                if is_enough && may_eject {
                    let until = now + jittered(FIRST_PAUSE);
                    health.ejected = Some(Ejected { until, pause: FIRST_PAUSE, is_on_trial: false });
                    self.ejections.begin();
                    tracing::warn!(peer, address = %self.address, ?failure, "a replica is ejected");
                }
            }
        }
    }

    /// Whether it is ejected, whether or not its time is over.
    pub(super) fn is_ejected(&self) -> bool {
        !self.is_sound.load(Ordering::Relaxed) && self.health().ejected.is_some()
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if self.is_ejected() {
            self.ejections.end();
        }
    }
}

/// Somewhat less than the pause, so that not all processes try at once.
#[expect(
    clippy::disallowed_methods,
    reason = "jitter must differ between processes; no result depends on it"
)]
fn jittered(pause: Duration) -> Duration {
    use rand::RngExt as _;
    pause.mul_f64(rand::rng().random_range(0.7..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        let address = PeerAddress::Tcp("127.0.0.1:1".parse().expect("an address"));
        Endpoint::new(address, Ejections::default())
    }

    #[expect(clippy::disallowed_methods, reason = "the tests move on from here by themselves")]
    fn start() -> Instant {
        Instant::now()
    }

    #[test]
    fn three_failures_in_a_row_eject_and_an_answer_between_them_starts_anew() {
        let (endpoint, now) = (endpoint(), start());
        let fail = || endpoint.failed("peer", Failure::NoAnswer, now, || true);
        fail();
        fail();
        endpoint.succeeded("peer");
        fail();
        fail();
        assert_eq!(endpoint.standing(now), Standing::Sound);
        fail();
        assert_eq!(endpoint.standing(now), Standing::Ejected);
    }

    #[test]
    fn one_call_at_a_time_tries_an_ejected_replica_and_its_outcome_decides() {
        let (endpoint, now) = (endpoint(), start());
        endpoint.failed("peer", Failure::NoConnection, now, || true);
        assert_eq!(endpoint.standing(now), Standing::Ejected);
        let later = now + FIRST_PAUSE;
        assert_eq!(endpoint.standing(later), Standing::DueForTrial);
        assert!(endpoint.begin_trial() && !endpoint.begin_trial());
        assert_eq!(endpoint.standing(later), Standing::Ejected, "somebody tries it already");

        endpoint.failed("peer", Failure::NoConnection, later, || true);
        assert_eq!(endpoint.standing(later + FIRST_PAUSE), Standing::Ejected, "the pause has doubled");
        let much_later = later + 2 * FIRST_PAUSE;
        assert_eq!(endpoint.standing(much_later), Standing::DueForTrial);
        assert!(endpoint.begin_trial());
        endpoint.succeeded("peer");
        assert_eq!(endpoint.standing(much_later), Standing::Sound);
    }

    #[test]
    fn a_late_answer_from_before_the_ejection_does_not_end_it() {
        let (endpoint, now) = (endpoint(), start());
        endpoint.failed("peer", Failure::NoConnection, now, || true);
        endpoint.succeeded("peer");
        assert!(endpoint.is_ejected());
    }

    #[test]
    fn nothing_is_ejected_where_too_few_would_be_left() {
        let (endpoint, now) = (endpoint(), start());
        (0..10).for_each(|_| endpoint.failed("peer", Failure::NoConnection, now, || false));
        assert_eq!(endpoint.standing(now), Standing::Sound);
    }
}
