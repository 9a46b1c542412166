//! Who is calling: access tokens of users, and the credential by which peers know each other.
//!
//! A user's **access token** is a JWT signed with Ed25519. [`TokenIssuer`] holds the private key and lives where
//! accounts live; [`TokenVerifier`] holds public keys and lives in every process, so that a token is checked without
//! asking anybody. The **service credential** is one secret that all processes of a store share
//! ([`ServiceCredential`]); it says "I am a peer", and nothing about a user.
//!
//! ```
//! use cleave_auth::{Claims, TokenIssuer, TokenVerifier};
//! use rand::rand_core::UnwrapErr;
//! use rand::rngs::SysRng;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let keys = directory.path();
//! let issuer = TokenIssuer::load_or_create(&keys.join("accounts.key"), &mut UnwrapErr(SysRng))?;
//! let verifier = TokenVerifier::from_dir(keys)?;
//!
//! let account_id = uuid::Uuid::from_u128(7);
//! let token = issuer.issue(&Claims { account_id, admin: false, issued_at_s: 1_000, expires_at_s: 4_600 });
//! assert_eq!(verifier.verify(&token, 2_000)?.account_id, account_id);
//! # Ok(())
//! # }
//! ```
//!
//! # One algorithm, one header
//! A JWT library must understand many algorithms, and the classic attacks on JWTs (`alg: none`, a public key used as an
//! HMAC secret) live in that choice. Here there is none: for each public key exactly one header is ever written, and a
//! verifier looks a token's header up, byte for byte, among those. No header is parsed, so none can ask for anything.
//! The tokens are nonetheless ordinary JWTs (RFC 7519, RFC 8037) that any library can check. `jsonwebtoken` was the
//! alternative: its provider of cryptography is installed once a process, global to all tests in it, it decodes the key
//! again at each check, and with the provider it comes to more code than the direct way.
//!
//! # Rotation
//! A public key's file is named after its key id, and a verifier accepts every `*.pub` in its directory. To rotate: make
//! a new private key, hand its `*.pub` to all verifiers and restart them, restart the issuer with the new private key, and
//! remove the old `*.pub` when the last old token has expired. Keys are read once, when a process starts.
//!
//! # What it is not
//! No accounts and no passwords (module `accounts`), no decision who may do what (each module decides), no HTTP
//! (`cleave-rest` carries both credentials in headers). It reads no clock: the time is an argument, in whole seconds since
//! the Unix epoch. Start reading at [`TokenVerifier::verify`].

mod error;
mod issuer;
mod key_file;
mod registration_key;
mod remembered;
mod secret;
mod service_credential;
mod token;
mod verifier;

pub use error::{KeyFileError, TokenError};
pub use issuer::TokenIssuer;
pub use registration_key::{RegistrationKeys, registration_key_file};
pub use secret::{load_or_create_secret, load_secret};
pub use service_credential::ServiceCredential;
pub use token::{Claims, Identity};
pub use verifier::TokenVerifier;
