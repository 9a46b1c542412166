//! The form of an access token: a JWT in compact form (RFC 7515), signed with Ed25519 (RFC 8037).
//!
//! ```text
//! base64url({"alg":"EdDSA","typ":"JWT","kid":"<key id>"})
//! . base64url({"iss":"cleave","sub":"<account id>","roles":["admin"],"iat":1000,"exp":4600})
//! . base64url(signature of all that stands before it)
//! ```

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::TokenError;

/// What an issuer states about an account, and for how long. Times are in seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Whom the token stands for (`sub`).
    pub account_id: Uuid,
    /// Whether it may administer the store (`roles` has `admin`).
    pub admin: bool,
    /// When it was issued (`iat`); not valid before.
    pub issued_at_s: u64,
    /// From when on it is refused (`exp`).
    pub expires_at_s: u64,
}

/// Who a verified token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account_id: Uuid,
    /// Whether it may administer the store.
    pub admin: bool,
    /// From when on the token is refused, in seconds since the Unix epoch.
    pub expires_at_s: u64,
}

const ISSUER: &str = "cleave";

#[derive(Serialize, Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    iss: Cow<'a, str>,
    sub: Uuid,
    roles: Vec<Role>,
    iat: u64,
    exp: u64,
}

#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Role {
    Admin,
    /// A role that a newer issuer knows: it gives no right here.
    #[serde(other)]
    Unknown,
}

/// The id of a key is the public key itself, in base64url. It is looked up, never trusted.
pub(crate) fn key_id(key: &VerifyingKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes())
}

/// The one header, encoded, of all tokens that are made with a key.
pub(crate) fn encoded_header(key: &VerifyingKey) -> String {
    let key_id = key_id(key);
    BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{key_id}"}}"#))
}

/// The payload of a token, encoded.
pub(crate) fn encoded_payload(claims: &Claims) -> String {
    let payload = Payload {
        iss: Cow::Borrowed(ISSUER),
        sub: claims.account_id,
        roles: if claims.admin { vec![Role::Admin] } else { Vec::new() },
        iat: claims.issued_at_s,
        exp: claims.expires_at_s,
    };
    let json = serde_json::to_vec(&payload).expect("strings and numbers have a JSON form");
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

/// Reads an encoded payload. Only for payloads whose signature has been checked.
pub(crate) fn decode_payload(encoded: &str) -> Result<Claims, TokenError> {
    let malformed = |reason| TokenError::Malformed { reason };
    let json = BASE64_URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| malformed("its payload is not base64url without padding"))?;
    let payload: Payload<'_> = serde_json::from_slice(&json)
        .map_err(|_| malformed("its payload lacks a claim or has one of a wrong type"))?;
    if payload.iss != ISSUER {
        return Err(malformed("its issuer is not this store's"));
    }
    Ok(Claims {
        account_id: payload.sub,
        admin: payload.roles.contains(&Role::Admin),
        issued_at_s: payload.iat,
        expires_at_s: payload.exp,
    })
}

/// Puts a token together from its encoded header and payload.
pub(crate) fn sign(key: &SigningKey, header: &str, payload: &str) -> String {
    let mut token = format!("{header}.{payload}");
    let signature = key.sign(token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
    token
}

/// Reads an encoded signature.
pub(crate) fn decode_signature(encoded: &str) -> Result<Signature, TokenError> {
    BASE64_URL_SAFE_NO_PAD
        .decode(encoded)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .ok_or(TokenError::Malformed { reason: "its signature is not 64 bytes in base64url without padding" })
}
