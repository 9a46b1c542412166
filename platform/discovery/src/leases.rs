//! Who has registered, and for how long: the registry's state, which moves by calls and by the time that they bring along.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::registry::{Instance, Seen, Snapshot};

/// Instances under leases. Every method takes the time at which it is called.
#[derive(Debug)]
pub(crate) struct Leases {
    epoch: u64,
    lease: Duration,
    began: Instant,
    /// When anybody called last: see [`Leases::look`].
    looked: Instant,
    revision: u64,
    services: BTreeMap<String, BTreeMap<String, Held>>,
    /// Who has said farewell before the registry was settled.
    departed: BTreeMap<String, BTreeSet<String>>,
    followers: BTreeMap<String, Follower>,
}

#[derive(Debug)]
struct Held {
    instance: Instance,
    until: Instant,
}

/// Who follows, and how far it has come.
#[derive(Debug)]
struct Follower {
    revision: u64,
    until: Instant,
}

impl Leases {
    pub(crate) fn new(epoch: u64, lease: Duration, now: Instant) -> Self {
        let (services, departed, followers) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { epoch, lease, began: now, looked: now, revision: 0, services, departed, followers }
    }

    /// The longest time that may pass between two looks, or the registry takes it that it was asleep itself.
    fn longest_silence(&self) -> Duration {
        self.lease / 2
    }

    /// Lets the leases run out whose time is over; tells whether that changed anything.
    ///
    /// The time in which the registry itself did not run (a paused process, a sleeping laptop) does not count: nobody could
    /// have been heard in it, so all leases are longer by it.
    pub(crate) fn look(&mut self, now: Instant) -> bool {
        let silence = now.saturating_duration_since(self.looked);
        self.looked = now;
        if silence > self.longest_silence() {
            let held = self.services.values_mut().flat_map(BTreeMap::values_mut).map(|held| &mut held.until);
            let followers = self.followers.values_mut().map(|follower| &mut follower.until);
            held.chain(followers).for_each(|until| *until += silence);
            self.began += silence;
        }
        self.followers.retain(|_, follower| follower.until > now);
        if self.seen(now).settled {
            self.departed.clear();
        }
        let mut changed = false;
        for (service, instances) in &mut self.services {
            instances.retain(|name, held| {
                let stays = held.until > now;
                if !stays {
                    tracing::warn!(service, instance = name, "a lease has run out: nothing was heard of it");
                }
                changed |= !stays;
                stays
            });
        }
        self.revision += u64::from(changed);
        changed
    }

    /// Takes an instance in, or hears that it is still there; tells whether that changed anything.
    pub(crate) fn register(&mut self, service: &str, instance: Instance, now: Instant) -> bool {
        let until = now + self.lease;
        let instances = self.services.entry(service.to_owned()).or_default();
        let known = instances.get(&instance.name);
        let changed = known.is_none_or(|held| held.instance != instance);
        if let Some(departed) = self.departed.get_mut(service) {
            departed.remove(&instance.name);
        }
        instances.insert(instance.name.clone(), Held { instance, until });
        self.revision += u64::from(changed);
        changed
    }

    /// Lets an instance go; tells whether it was there.
    pub(crate) fn deregister(&mut self, service: &str, instance: &str) -> bool {
        // Who goes need not hear any more who else goes.
        self.followers.remove(&format!("{service}/{instance}"));
        let instances = self.services.get_mut(service);
        let was_there = instances.is_some_and(|instances| instances.remove(instance).is_some());
        self.revision += u64::from(was_there);
        if was_there {
            self.departed.entry(service.to_owned()).or_default().insert(instance.to_owned());
        }
        was_there
    }

    /// Notes what a follower has taken over, as long as it stays in touch until `until`.
    pub(crate) fn follow(&mut self, follower: String, seen: Seen, until: Instant) -> bool {
        let revision = if seen.epoch == self.epoch { seen.revision } else { 0 };
        let before = self.followers.insert(follower, Follower { revision, until });
        before.is_none_or(|before| before.revision != revision)
    }

    /// Whether all who follow have taken over this change.
    pub(crate) fn is_known_to_all(&self, revision: u64) -> bool {
        self.followers.values().all(|follower| follower.revision >= revision)
    }

    pub(crate) fn seen(&self, now: Instant) -> Seen {
        let settled = now.saturating_duration_since(self.began) >= self.lease;
        Seen { epoch: self.epoch, revision: self.revision, settled }
    }

    pub(crate) fn snapshot(&self, now: Instant) -> Snapshot {
        let instances = |held: &BTreeMap<String, Held>| {
            held.values().map(|held| held.instance.clone()).collect::<Vec<_>>()
        };
        let services = self.services.iter().map(|(service, held)| (service.clone(), instances(held)));
        let seen = self.seen(now);
        let departed = if seen.settled { BTreeMap::new() } else { self.departed.clone() };
        Snapshot { seen, services: services.collect(), departed }
    }
}
