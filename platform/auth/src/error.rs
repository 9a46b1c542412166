//! What can go wrong: with a file at start, with a token at a request.

use std::io;
use std::path::PathBuf;

/// A file of keys cannot be used. The process that needs it must not start; no message shows what a file holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file is absent, or this user may not read it.
    #[error("cannot read {path}; check that it exists and belongs to the user who runs this process")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A new key could not be stored.
    #[error("cannot write {path}; check that its directory may be written and has space left")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file with a secret is open to other users than its owner.
    #[error(
        "{path} holds a secret and is open to other users (mode {mode:03o}); run `chmod 600 {path}`, and replace the secret if others may have read it"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file does not hold what such a file holds.
    #[error(
        "{path} {problem}; it must hold 32 bytes in base64url: copy it again, or delete it where it may be made anew"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as the rest of a sentence.
        problem: &'static str,
    },
    /// There is no public key to check tokens with.
    #[error(
        "no public keys in {directory}; copy there the *.pub file that lies beside the issuer's private key"
    )]
    KeysUnavailable {
        /// Where `*.pub` files were looked for.
        directory: PathBuf,
        /// Why the directory could not be read, where that is the reason.
        source: Option<io::Error>,
    },
}

/// A token is refused. All of these mean that the caller is not authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not a token of this store's form.
    #[error("the access token is malformed: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Its header is not that of any accepted key: another issuer, a key that was removed, or another algorithm.
    #[error("the access token was not made with a key that is accepted here; sign in again")]
    UnknownKey,
    /// The signature is not the named key's: the token was changed or forged.
    #[error("the signature of the access token is wrong; sign in again")]
    BadSignature,
    /// Its time is over.
    #[error("the access token has expired; sign in again")]
    Expired,
    /// It was issued in the future, by more than clocks may differ.
    #[error("the access token is not valid yet; check the clocks of the servers")]
    NotYetValid,
}
