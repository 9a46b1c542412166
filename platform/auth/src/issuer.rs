//! The side that makes tokens and holds the private key.

use std::fmt;
use std::path::Path;

use ed25519_dalek::SigningKey;
use rand::CryptoRng;

use crate::error::KeyFileError;
use crate::key_file;
use crate::token::{self, Claims};

/// Issues access tokens with one private key.
pub struct TokenIssuer {
    signing_key: SigningKey,
    pub(crate) encoded_header: String,
}

impl TokenIssuer {
    /// Reads the private key from a file that only its owner may open (mode 600). Writes nothing.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self::from_secret(&key_file::load_private(path)?))
    }

    /// Reads the private key, or makes one from `rng` where there is no such file, and sees to it that the public key
    /// lies beside it as `<key id>.pub`. Processes that do so at once end with the same key.
    pub fn load_or_create(path: &Path, rng: &mut impl CryptoRng) -> Result<Self, KeyFileError> {
        let issuer = Self::from_secret(&key_file::load_or_create_private(path, rng)?);
        let public_path = path.with_file_name(format!("{}.pub", issuer.key_id()));
        key_file::store_public(&public_path, issuer.signing_key.verifying_key().as_bytes())?;
        Ok(issuer)
    }

    /// Makes a token. Whoever holds it is taken for the account until it expires, so keep the time short.
    pub fn issue(&self, claims: &Claims) -> String {
        token::sign(&self.signing_key, &self.encoded_header, &token::encoded_payload(claims))
    }

    /// The id (`kid`) of the key, which is also the name of the public key's file.
    pub fn key_id(&self) -> String {
        token::key_id(&self.signing_key.verifying_key())
    }

    fn from_secret(secret: &[u8; key_file::KEY_BYTES]) -> Self {
        let signing_key = SigningKey::from_bytes(secret);
        let encoded_header = token::encoded_header(&signing_key.verifying_key());
        Self { signing_key, encoded_header }
    }
}

impl fmt::Debug for TokenIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenIssuer").field("key_id", &self.key_id()).finish_non_exhaustive()
    }
}
