//! What is kept of a password: argon2id with the parameters that OWASP recommends at least (Password Storage Cheat Sheet).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use accounts_api::AccountsError;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use rand::Rng as _;
use rand::rngs::StdRng;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use crate::Settings;

/// 19 MiB, in KiB.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Hashes and checks passwords, on threads for blocking work, a few at a time. One a process.
#[derive(Debug)]
pub struct Passwords {
    permits: Semaphore,
    waiting: AtomicUsize,
    max_waiting: usize,
    random: Mutex<StdRng>,
}

impl Passwords {
    /// Takes its salts from `random`.
    pub fn new(settings: &Settings, random: StdRng) -> Self {
        Self {
            permits: Semaphore::new(settings.concurrent_hashes.get()),
            waiting: AtomicUsize::new(0),
            max_waiting: settings.queued_hashes,
            random: Mutex::new(random),
        }
    }

    /// What is to be stored of a password, as a PHC string.
    pub(crate) async fn hash(&self, password: String) -> Result<String, AccountsError> {
        let mut salt = [0; SALT_BYTES];
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut salt);
        let hash = self.work(move || derive(&password, &salt)).await??;
        Ok(phc_string(&salt, &hash))
    }

    /// Whether a password is the one of which `stored` was kept. Where there is none it takes as long and says no.
    pub(crate) async fn verify(&self, password: String, stored: Option<&str>) -> Result<bool, AccountsError> {
        let known = stored.map(|stored| parse(stored).ok_or_else(unreadable)).transpose()?;
        let (salt, wanted) = known.unwrap_or(([0; SALT_BYTES], [0; HASH_BYTES]));
        let hash = self.work(move || derive(&password, &salt)).await??;
        Ok(bool::from(hash.ct_eq(&wanted)) && stored.is_some())
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountsError> {
        let permit = if let Ok(permit) = self.permits.try_acquire() {
            permit
        } else {
            let _place = Place::in_queue(&self.waiting, self.max_waiting)?;
            self.permits.acquire().await.map_err(|_| AccountsError::Internal)?
        };
        let done = tokio::task::spawn_blocking(work).await;
        drop(permit);
        done.map_err(|error| {
            tracing::error!(%error, "hashing a password ended in a panic");
            AccountsError::Internal
        })
    }
}

/// A place in the queue, given up when it is dropped.
struct Place<'queue>(&'queue AtomicUsize);

impl<'queue> Place<'queue> {
    fn in_queue(waiting: &'queue AtomicUsize, limit: usize) -> Result<Self, AccountsError> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= limit {
            return Err(AccountsError::Overloaded);
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn derive(password: &str, salt: &[u8; SALT_BYTES]) -> Result<[u8; HASH_BYTES], AccountsError> {
    let fault = |error: argon2::Error| {
        tracing::error!(%error, "a password cannot be hashed");
        AccountsError::Internal
    };
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(fault)?;
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .map_err(fault)?;
    Ok(hash)
}

fn head() -> String {
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$")
}

fn phc_string(salt: &[u8], hash: &[u8]) -> String {
    let (salt, hash) = (BASE64_STANDARD_NO_PAD.encode(salt), BASE64_STANDARD_NO_PAD.encode(hash));
    format!("{}{salt}${hash}", head())
}

fn parse(stored: &str) -> Option<([u8; SALT_BYTES], [u8; HASH_BYTES])> {
    let (salt, hash) = stored.strip_prefix(&head())?.split_once('$')?;
    let bytes = |text| BASE64_STANDARD_NO_PAD.decode(text).ok();
    Some((bytes(salt)?.try_into().ok()?, bytes(hash)?.try_into().ok()?))
}

fn unreadable() -> AccountsError {
    tracing::error!("a stored password hash has another form than this binary writes");
    AccountsError::Internal
}
