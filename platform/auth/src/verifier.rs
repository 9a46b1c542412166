//! The side that checks tokens and holds public keys only.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;

use crate::error::{KeyFileError, TokenError};
use crate::issuer::TokenIssuer;
use crate::key_file;
use crate::remembered::RememberedTokens;
use crate::token::{self, Claims, Identity};

/// Checks access tokens. One a process, shared by its threads, because it remembers the tokens that it has checked.
pub struct TokenVerifier {
    /// The encoded header is the key of the map: see "One algorithm, one header" in the crate's documentation.
    keys_by_header: HashMap<String, VerifyingKey>,
    remembered: RememberedTokens,
}

/// How far the clock of a verifier may be behind the issuer's. Expiry has no such tolerance.
const CLOCK_TOLERANCE_S: u64 = 60;

/// Three times the length of a token of ours; longer ones are refused unread.
const MAX_TOKEN_BYTES: usize = 1024;

/// With some 500 bytes an entry, this bounds the memory to about 5 MB.
const REMEMBERED_TOKENS: usize = 10_000;

impl TokenVerifier {
    /// Reads all public keys (`*.pub`) of a directory, and fails when there is none or when one cannot be used.
    pub fn from_dir(directory: &Path) -> Result<Self, KeyFileError> {
        let unavailable = |source| KeyFileError::KeysUnavailable { directory: directory.to_owned(), source };
        let paths = public_key_files(directory).map_err(|source| unavailable(Some(source)))?;
        let keys_by_header = paths
            .iter()
            .map(|path| load_key(path).map(|key| (token::encoded_header(&key), key)))
            .collect::<Result<HashMap<_, _>, _>>()?;
        if keys_by_header.is_empty() {
            return Err(unavailable(None));
        }
        Ok(Self { keys_by_header, remembered: RememberedTokens::with_capacity(REMEMBERED_TOKENS) })
    }

    /// Says who a token stands for, or why it is refused. `now_s` is in seconds since the Unix epoch.
    ///
    /// What is remembered is that the signature was right; the time is compared at every call.
    pub fn verify(&self, token: &str, now_s: u64) -> Result<Identity, TokenError> {
        if let Some(claims) = self.remembered.get(token) {
            return identity_at(&claims, now_s);
        }
        let claims = self.check_signature(token)?;
        let identity = identity_at(&claims, now_s)?;
        self.remembered.insert(token, claims, now_s);
        Ok(identity)
    }

    /// Whether tokens of this issuer are accepted: its public key is among those that were read.
    pub fn knows(&self, issuer: &TokenIssuer) -> bool {
        self.keys_by_header.contains_key(&issuer.encoded_header)
    }

    fn check_signature(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed { reason: "it is too long" });
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed { reason: "it does not have three parts" });
        };
        let key = self.keys_by_header.get(header).ok_or(TokenError::UnknownKey)?;
        let signature = token::decode_signature(signature)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        key.verify_strict(signed.as_bytes(), &signature).map_err(|_| TokenError::BadSignature)?;
        token::decode_payload(payload)
    }
}

impl fmt::Debug for TokenVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_ids: Vec<String> = self.keys_by_header.values().map(token::key_id).collect();
        formatter.debug_struct("TokenVerifier").field("key_ids", &key_ids).finish_non_exhaustive()
    }
}

fn identity_at(claims: &Claims, now_s: u64) -> Result<Identity, TokenError> {
    let Claims { account_id, admin, issued_at_s, expires_at_s } = *claims;
    if now_s >= expires_at_s {
        return Err(TokenError::Expired);
    }
    if issued_at_s > now_s.saturating_add(CLOCK_TOLERANCE_S) {
        return Err(TokenError::NotYetValid);
    }
    Ok(Identity { account_id, admin, expires_at_s })
}

fn public_key_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: Vec<PathBuf> =
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    Ok(paths.into_iter().filter(|path| path.extension() == Some(OsStr::new("pub"))).collect())
}

fn load_key(path: &Path) -> Result<VerifyingKey, KeyFileError> {
    VerifyingKey::from_bytes(&key_file::load_public(path)?)
        .ok()
        // A key of small order accepts signatures that nobody made.
        .filter(|key| !key.is_weak())
        .ok_or_else(|| KeyFileError::Malformed {
            path: path.to_owned(),
            problem: "is not a public key of Ed25519",
        })
}

#[cfg(test)]
mod tests;
