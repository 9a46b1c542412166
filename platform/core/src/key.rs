//! Keys that make a retry safe.

use std::fmt;
use std::sync::Arc;

/// What a caller sends with a command so that sending it again has no second effect: 1 to 64 visible ASCII
/// characters, chosen by the caller, remembered for each caller and operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Arc<str>);

/// The text is no idempotency key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an idempotency key has 1 to 64 visible ASCII characters without spaces")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// Checks the text and makes it a key.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidKey)
        }
    }

    /// The key as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_visible_and_not_empty() {
        assert!(IdempotencyKey::parse("receipt-2026-01").is_ok());
        for refused in ["", "two words", "tab\there", "ümlaut", &"x".repeat(65)] {
            assert_eq!(IdempotencyKey::parse(refused), Err(InvalidKey), "{refused:?}");
        }
    }
}
