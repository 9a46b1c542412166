//! By which a service proves to the registry that it is itself.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::error::KeyFileError;
use crate::key_file;

/// The registration keys of all services, which follow from one secret: the key of a service is the HMAC-SHA-256 of its name
/// (RFC 2104). Who has the secret can register anybody; who has the key of one service can register that one alone.
pub struct RegistrationKeys {
    secret: [u8; key_file::KEY_BYTES],
}

impl RegistrationKeys {
    /// Reads the secret from a file that only its owner may open (mode 600).
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { secret: key_file::load_private(path)? })
    }

    /// Reads the secret, or makes one from `rng` where there is no such file.
    pub fn load_or_create(path: &Path, rng: &mut impl CryptoRng) -> Result<Self, KeyFileError> {
        Ok(Self { secret: key_file::load_or_create_private(path, rng)? })
    }

    /// Whether this is the key of that service. Takes equally long wherever the two differ.
    pub fn matches(&self, service: &str, presented: &str) -> bool {
        self.key_of(service).as_bytes().ct_eq(presented.as_bytes()).into()
    }

    /// Writes the key of a service to a file that only its owner may open, where there is none.
    pub fn store_key_of(&self, service: &str, path: &Path) -> Result<(), KeyFileError> {
        key_file::store_private(path, &self.derive(service))
    }

    fn key_of(&self, service: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.derive(service))
    }

    fn derive(&self, service: &str) -> [u8; key_file::KEY_BYTES] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(b"cleave registration v1\n");
        mac.update(service.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for RegistrationKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RegistrationKeys(redacted)")
    }
}

/// Where the key of a service is, in a directory of keys.
pub fn registration_key_file(keys_dir: &Path, service: &str) -> PathBuf {
    keys_dir.join("services").join(format!("{service}.key"))
}
