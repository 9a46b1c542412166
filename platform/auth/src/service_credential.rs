//! How the processes of one store know each other.

use std::fmt;
use std::path::Path;

use rand::CryptoRng;
use subtle::ConstantTimeEq as _;

use crate::error::KeyFileError;
use crate::secret::{load_or_create_secret, load_secret};

/// A secret of 256 bits that all processes of a store read from a file, and that peers show each other.
///
/// It keeps strangers off the internal listeners. It does not tell one service from another, and no encryption hides it
/// on the way: the network between the processes must be private.
pub struct ServiceCredential {
    encoded: String,
}

impl ServiceCredential {
    /// Reads the secret from a file that only its owner may open (mode 600).
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { encoded: load_secret(path)? })
    }

    /// Reads the secret, or makes one from `rng` where there is no such file. Processes that do so at once end with the
    /// same secret.
    pub fn load_or_create(path: &Path, rng: &mut impl CryptoRng) -> Result<Self, KeyFileError> {
        Ok(Self { encoded: load_or_create_secret(path, rng)? })
    }

    /// Whether a peer has shown this secret, in the form of [`header_value`](Self::header_value). Takes equally long
    /// wherever the two differ.
    pub fn matches(&self, presented: &[u8]) -> bool {
        self.encoded.as_bytes().ct_eq(presented).into()
    }

    /// The secret in the form in which it travels: 43 characters of base64url. Never log it; mark the header sensitive.
    pub fn header_value(&self) -> &str {
        &self.encoded
    }
}

impl fmt::Debug for ServiceCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServiceCredential(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_peer_with_the_same_file_is_known_and_others_are_not() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("secrets/service.credential");
        let created =
            ServiceCredential::load_or_create(&path, &mut StdRng::seed_from_u64(1)).expect("created");
        let again = ServiceCredential::load_or_create(&path, &mut StdRng::seed_from_u64(2)).expect("loaded");
        let loaded = ServiceCredential::load(&path).expect("loaded");
        let stranger =
            ServiceCredential::load_or_create(&directory.path().join("other"), &mut StdRng::seed_from_u64(3))
                .expect("created");

        assert!(loaded.matches(created.header_value().as_bytes()));
        assert!(again.matches(created.header_value().as_bytes()));
        assert!(!loaded.matches(stranger.header_value().as_bytes()));
        assert!(!loaded.matches(b""));
        assert!(!loaded.matches(&loaded.header_value().as_bytes()[..42]));
        assert!(!loaded.matches(format!("{} ", loaded.header_value()).as_bytes()));
        assert_eq!(loaded.header_value().len(), 43);
    }

    #[test]
    fn it_does_not_print_itself() {
        let credential = ServiceCredential { encoded: "secret".to_owned() };
        assert_eq!(format!("{credential:?}"), "ServiceCredential(redacted)");
    }
}
