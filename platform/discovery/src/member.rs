//! A process's membership: it registers, stays registered, follows who else is there, and says farewell.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Clock, Context, Ids};
use rand::RngExt as _;
use tokio::sync::watch;

use crate::Settings;
use crate::known::Known;
use crate::registry::{Deregistration, Instance, Lease, Registration, Registry, RegistryError, Seen, Watch};

/// How long one question may take beside the time that it waits for something new.
const DEADLINE: Duration = Duration::from_secs(2);

/// The longest pause after a question that failed.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// What a process has got of the registry so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    /// Whether it has been registered.
    pub is_registered: bool,
    /// Who is known; `None` as long as the registry has never answered.
    pub known: Option<Known>,
}

/// One process as a member of the store.
pub struct Member {
    registry: Rc<dyn Registry>,
    registration: Registration,
    clock: Arc<dyn Clock>,
    ids: Arc<Ids>,
    settings: Settings,
    joined: watch::Sender<Joined>,
    /// The registry's state that was taken over last.
    seen: RefCell<Seen>,
}

impl Member {
    /// The membership of the process that this registration is for; it tells `joined` what it gets.
    pub fn new(
        registry: Rc<dyn Registry>,
        registration: Registration,
        clock: Arc<dyn Clock>,
        ids: Arc<Ids>,
        settings: Settings,
        joined: watch::Sender<Joined>,
    ) -> Self {
        Self { registry, registration, clock, ids, settings, joined, seen: RefCell::default() }
    }

    /// Is a member until told to stop; then says farewell, which takes until the others have heard of it, and not longer than
    /// the settings allow.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        tokio::select! {
            _never = async { tokio::join!(self.stay_registered(), self.follow()) } => {}
            // An error means that nobody could tell it any more.
            _stop = stopped.wait_for(|stopped| *stopped) => {}
        }
        if let Err(error) = self.say_farewell().await {
            tracing::debug!(%error, "no farewell: the lease runs out instead");
        }
    }

    /// Registers once, which is also the heartbeat; for how long, the registry says.
    pub async fn register(&self) -> Result<Duration, RegistryError> {
        let context = self.context(Duration::ZERO);
        let Lease { lease_ms } = self.registry.register(&context, self.registration.clone()).await?;
        self.joined.send_if_modified(|joined| !std::mem::replace(&mut joined.is_registered, true));
        Ok(Duration::from_millis(lease_ms))
    }

    /// Asks once who is there, waiting for a change up to `wait`, and takes over the answer.
    pub async fn look(&self, wait: Duration) -> Result<(), RegistryError> {
        let Registration { service, instance: Instance { name, .. }, .. } = &self.registration;
        let request = Watch {
            follower: Some(format!("{service}/{name}")),
            seen: *self.seen.borrow(),
            wait_ms: milliseconds(wait),
        };
        let snapshot = self.registry.watch(&self.context(2 * wait), request).await?;
        let seen = snapshot.seen;
        self.joined.send_if_modified(|joined| {
            let mut known = joined.known.clone().unwrap_or_default();
            known.take_over(snapshot);
            let modified = joined.known.as_ref() != Some(&known);
            joined.known = Some(known);
            modified
        });
        self.seen.replace(seen);
        Ok(())
    }

    async fn stay_registered(&self) {
        let mut failing = false;
        loop {
            let registered = self.register().await;
            note(
                &mut failing,
                &registered,
                "this process cannot be registered",
                "this process is registered again",
            );
            // Two heartbeats may get lost.
            let usual = registered.as_ref().map_or(Duration::ZERO, |lease| *lease / 3);
            pause(&registered, usual.min(self.settings.heartbeat())).await;
        }
    }

    async fn follow(&self) {
        let mut failing = false;
        loop {
            let looked = self.look(self.settings.long_poll()).await;
            note(
                &mut failing,
                &looked,
                "the last good answer of the registry has to do",
                "the registry answers again",
            );
            pause(&looked, Duration::ZERO).await;
        }
    }

    async fn say_farewell(&self) -> Result<(), RegistryError> {
        let wait = self.settings.farewell();
        let Registration { service, instance, key } = self.registration.clone();
        let request = Deregistration { service, instance: instance.name, key, wait_ms: milliseconds(wait) };
        let context = self.context(2 * wait);
        let farewell = self.registry.deregister(&context, request);
        tokio::time::timeout(2 * wait, farewell).await.unwrap_or(Err(RegistryError::Timeout))
    }

    fn context(&self, wait: Duration) -> Context {
        Context::background(&self.ids, self.clock.instant() + DEADLINE + wait)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Says when something begins to fail, and when it works again.
fn note<T>(failing: &mut bool, outcome: &Result<T, RegistryError>, begins: &str, ends: &str) {
    let was_failing = std::mem::replace(failing, outcome.is_err());
    match outcome {
        Err(error) if !was_failing => tracing::warn!(%error, "{begins}"),
        Ok(_) if was_failing => tracing::info!("{ends}"),
        _ => {}
    }
}

/// Waits for the next turn, or, after a failure, a random short time, so that not all come at once.
#[expect(
    clippy::disallowed_methods,
    reason = "jitter must differ between processes; no result depends on it"
)]
async fn pause<T>(outcome: &Result<T, RegistryError>, usual: Duration) {
    let pause =
        if outcome.is_ok() { usual } else { LONGEST_PAUSE.mul_f64(rand::rng().random_range(0.1..1.0)) };
    tokio::time::sleep(pause).await;
}
