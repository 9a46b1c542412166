//! Secrets that are texts: passwords that this store makes for itself.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::CryptoRng;

use crate::error::KeyFileError;
use crate::key_file;

/// Reads a secret from a file that only its owner may open (mode 600): 43 letters, digits, `-` and `_`, which stand for 256 bits.
pub fn load_secret(path: &Path) -> Result<String, KeyFileError> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(key_file::load_private(path)?))
}

/// Reads a secret, or makes one from `rng` where there is no such file. Processes that do so at once end with the same one.
pub fn load_or_create_secret(path: &Path, rng: &mut impl CryptoRng) -> Result<String, KeyFileError> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(key_file::load_or_create_private(path, rng)?))
}
