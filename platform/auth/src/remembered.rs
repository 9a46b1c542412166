//! Tokens whose signature was right, so that it is checked once and not at every request.
//!
//! An Ed25519 check takes some 36 µs, a look here a fraction of one. An entry is found by a keyed hash and compared
//! with the whole token, so that no two tokens are ever taken for each other.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{PoisonError, RwLock};

use crate::token::Claims;

/// A bounded set of verified tokens with their claims. It does not look at the time when asked: its user does.
pub(crate) struct RememberedTokens {
    hasher: RandomState,
    shards: [RwLock<HashMap<u64, Remembered>>; SHARDS],
    shard_capacity: usize,
}

struct Remembered {
    token: Box<str>,
    claims: Claims,
}

/// Enough that the threads of a large machine seldom meet at one lock.
const SHARDS: usize = 16;

impl RememberedTokens {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| RwLock::default()),
            shard_capacity: capacity.div_ceil(SHARDS),
        }
    }

    pub(crate) fn get(&self, token: &str) -> Option<Claims> {
        let hash = self.hasher.hash_one(token);
        let shard = self.shard(hash).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&hash).filter(|entry| *entry.token == *token).map(|entry| entry.claims)
    }

    /// Makes room, if needed, by forgetting what has expired at `now_s`, and else any one token.
    pub(crate) fn insert(&self, token: &str, claims: Claims, now_s: u64) {
        let hash = self.hasher.hash_one(token);
        let mut shard = self.shard(hash).write().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= self.shard_capacity {
            shard.retain(|_, entry| entry.claims.expires_at_s > now_s);
        }
        if shard.len() >= self.shard_capacity
            && let Some(any) = shard.keys().next().copied()
        {
            shard.remove(&any);
        }
        shard.insert(hash, Remembered { token: token.into(), claims });
    }

    fn shard(&self, hash: u64) -> &RwLock<HashMap<u64, Remembered>> {
        &self.shards[usize::try_from(hash % SHARDS as u64).expect("it is below the number of shards")]
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().expect("no test panics in here").len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn claims_until(expires_at_s: u64) -> Claims {
        Claims { account_id: Uuid::from_u128(1), admin: false, issued_at_s: 0, expires_at_s }
    }

    #[test]
    fn never_holds_more_than_its_capacity_and_always_holds_the_newest() {
        let remembered = RememberedTokens::with_capacity(64);
        for number in 0..1_000 {
            let token = format!("token {number}");
            remembered.insert(&token, claims_until(number), 0);
            assert_eq!(remembered.get(&token), Some(claims_until(number)));
        }
        assert_eq!(remembered.len(), 64);
    }

    #[test]
    fn forgets_expired_tokens_before_living_ones() {
        let remembered = RememberedTokens::with_capacity(16 * 50);
        for number in 0..1_000 {
            remembered.insert(&format!("short {number}"), claims_until(10), 5);
        }
        // At most 20 a shard on average: none of these may have to go while expired ones are there.
        for number in 0..320 {
            remembered.insert(&format!("long {number}"), claims_until(1_000), 10);
        }
        for number in 0..320 {
            assert!(remembered.get(&format!("long {number}")).is_some(), "long {number} was forgotten");
        }
    }

    #[test]
    fn a_token_with_the_hash_of_another_is_not_taken_for_it() {
        let remembered = RememberedTokens::with_capacity(64);
        remembered.insert("genuine", claims_until(10), 0);
        let hash = remembered.hasher.hash_one("genuine");
        let mut shard = remembered.shard(hash).write().expect("nobody else holds it");
        shard.get_mut(&hash).expect("it was inserted").token = "collides".into();
        drop(shard);
        assert_eq!(remembered.get("genuine"), None);
    }
}
