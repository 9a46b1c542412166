//! The registry in this process.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cleave_auth::RegistrationKeys;
use cleave_core::{Caller, Clock, Context};
use tokio::sync::watch;

use crate::Settings;
use crate::leases::Leases;
use crate::registry::{Deregistration, Lease, Registration, Registry, RegistryError, Snapshot, Watch};

/// The registry of one process. Clones are the same registry: each thread takes one.
#[derive(Debug, Clone)]
pub struct LocalRegistry {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    services: BTreeSet<String>,
    keys: RegistrationKeys,
    clock: Arc<dyn Clock>,
    lease: Duration,
    leases: Mutex<Leases>,
    /// Rung when there is something new for anybody.
    bell: watch::Sender<()>,
    ending: watch::Sender<bool>,
}

impl LocalRegistry {
    /// A registry of these services. `epoch` tells its life from others: any number but 0 that was not used before.
    pub fn new(
        services: impl IntoIterator<Item = String>,
        keys: RegistrationKeys,
        epoch: u64,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> Self {
        let lease = settings.lease();
        let leases = Mutex::new(Leases::new(epoch, lease, clock.instant()));
        let services = services.into_iter().collect();
        let (bell, ending) = (watch::Sender::default(), watch::Sender::default());
        Self { state: Arc::new(State { services, keys, clock, lease, leases, bell, ending }) }
    }

    /// Lets nobody wait any longer for something new: who stops would have to wait for those who do.
    pub fn end_waiting(&self) {
        self.state.ending.send_replace(true);
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.state.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass, and rings where that changed something.
    fn look(&self) -> (MutexGuard<'_, Leases>, Instant) {
        let now = self.state.clock.instant();
        let mut leases = self.leases();
        if leases.look(now) {
            self.ring();
        }
        (leases, now)
    }

    fn ring(&self) {
        self.state.bell.send_replace(());
    }

    fn admit(context: &Context) -> Result<(), RegistryError> {
        match &context.caller {
            Caller::System => Ok(()),
            Caller::Anonymous => Err(RegistryError::Unauthenticated),
            Caller::User(_) => Err(RegistryError::Forbidden),
        }
    }

    /// Refuses who speaks of a service that is not its own.
    fn admit_service(&self, context: &Context, service: &str, key: &str) -> Result<(), RegistryError> {
        Self::admit(context)?;
        if !self.state.services.contains(service) {
            let known = self.state.services.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(RegistryError::UnknownService { service: service.to_owned(), known });
        }
        if !self.state.keys.matches(service, key) {
            tracing::warn!(service, request_id = %context.request_id, "refused: not the registration key of this service");
            return Err(RegistryError::WrongKey { service: service.to_owned() });
        }
        Ok(())
    }

    /// Waits until `is_done` or until the time is up; looks often enough that leases run out in time.
    async fn wait_until(&self, until: Instant, mut is_done: impl FnMut(&Leases, Instant) -> bool) {
        let mut bell = self.state.bell.subscribe();
        let mut ending = self.state.ending.subscribe();
        loop {
            bell.mark_unchanged();
            let (pause, ends) = {
                let (leases, now) = self.look();
                if is_done(&leases, now) || now >= until {
                    return;
                }
                (until.saturating_duration_since(now).min(self.state.lease / 4), *ending.borrow_and_update())
            };
            if ends {
                return;
            }
            tokio::select! {
                _rung = bell.changed() => {}
                _ended = ending.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Until when a call may wait: half of the time that is left at most, because the answer has to arrive in time too.
    fn patience(&self, context: &Context, wait_ms: u64) -> Instant {
        let now = self.state.clock.instant();
        now + Duration::from_millis(wait_ms).min(context.remaining(now) / 2)
    }
}

#[async_trait(?Send)]
impl Registry for LocalRegistry {
    async fn register(&self, context: &Context, registration: Registration) -> Result<Lease, RegistryError> {
        let Registration { service, instance, key } = registration;
        self.admit_service(context, &service, &key)?;
        if instance.tcp.ip().is_unspecified() || instance.tcp.port() == 0 {
            return Err(RegistryError::Unreachable { address: instance.tcp });
        }
        let (mut leases, now) = self.look();
        let (name, tcp) = (instance.name.clone(), instance.tcp);
        if leases.register(&service, instance, now) {
            tracing::info!(service, instance = name, %tcp, "registered");
            self.ring();
        }
        Ok(Lease { lease_ms: u64::try_from(self.state.lease.as_millis()).unwrap_or(u64::MAX) })
    }

    async fn deregister(&self, context: &Context, request: Deregistration) -> Result<(), RegistryError> {
        let Deregistration { service, instance, key, wait_ms } = request;
        self.admit_service(context, &service, &key)?;
        let revision = {
            let (mut leases, now) = self.look();
            if leases.deregister(&service, &instance) {
                tracing::info!(service, instance, "deregistered");
            }
            self.ring();
            leases.seen(now).revision
        };
        let until = self.patience(context, wait_ms);
        self.wait_until(until, |leases, _| leases.is_known_to_all(revision)).await;
        Ok(())
    }

    async fn watch(&self, context: &Context, request: Watch) -> Result<Snapshot, RegistryError> {
        Self::admit(context)?;
        let Watch { follower, seen, wait_ms } = request;
        let until = self.patience(context, wait_ms);
        if let Some(follower) = follower {
            let (mut leases, now) = self.look();
            // It is in touch while it waits here, and for a lease more until it comes again.
            if leases.follow(follower, seen, until.max(now) + self.state.lease) {
                self.ring();
            }
        }
        self.wait_until(until, |leases, now| leases.seen(now) != seen).await;
        let (leases, now) = self.look();
        Ok(leases.snapshot(now))
    }
}
