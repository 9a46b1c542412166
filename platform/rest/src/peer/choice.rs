//! Which replica gets a call: the less loaded of two random ones (Mitzenmacher, "The Power of Two Choices in Randomized Load
//! Balancing", 2001), among those that are not ejected.

use std::rc::Rc;
use std::time::Instant;

use rand::RngExt as _;

use super::endpoint::Standing;
use super::pool::Replica;

/// Chooses among the replicas of a peer. `avoid` has just failed for the same call; `may_try` says that the call can be repeated,
/// so that it may be the trial of a replica that was ejected.
#[expect(
    clippy::disallowed_methods,
    reason = "which of equal replicas answers must not follow a pattern; no result depends on it"
)]
pub(super) fn choose(
    replicas: &[Rc<Replica>],
    avoid: Option<&Rc<Replica>>,
    may_try: bool,
    now: impl FnOnce() -> Instant,
) -> Option<Rc<Replica>> {
    if let [only] = replicas {
        return Some(only.clone());
    }
    let now = now();
    let is_avoided = |replica: &Rc<Replica>| avoid.is_some_and(|avoided| Rc::ptr_eq(avoided, replica));
    let mut sound = 0;
    for replica in replicas.iter().filter(|replica| !is_avoided(replica)) {
        match replica.standing(now) {
            Standing::Sound => sound += 1,
            Standing::DueForTrial if may_try && replica.begin_trial() => return Some(replica.clone()),
            Standing::DueForTrial | Standing::Ejected => {}
        }
    }
    let is_sound = |replica: &&Rc<Replica>| {
        // Where all are ejected, or all but one that has just failed, any is better than none.
        sound == 0 || (!is_avoided(replica) && replica.standing(now) == Standing::Sound)
    };
    let count = if sound == 0 { replicas.len() } else { sound };
    let mut random = rand::rng();
    // Another thread may have ejected one since they were counted.
    let nth = |place: usize| replicas.iter().filter(is_sound).nth(place).or(replicas.first());
    let place = random.random_range(0..count.max(1));
    let first = nth(place)?;
    if count < 2 {
        return Some(first.clone());
    }
    let second = nth((place + random.random_range(1..count)) % count)?;
    Some(if second.load() < first.load() { second.clone() } else { first.clone() })
}

/// Whether one more of these may be ejected: never more than half of them are.
pub(super) fn may_eject(replicas: &[Rc<Replica>]) -> bool {
    let ejected = replicas.iter().filter(|replica| replica.is_ejected()).count();
    (ejected + 1) * 2 <= replicas.len()
}
