//! Lists in pages.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many items a page has where the caller does not say.
pub const DEFAULT_PAGE_SIZE: u32 = 20;

/// The most items that a page can have.
pub const MAX_PAGE_SIZE: u32 = 100;

/// One page of a list that has a stable order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; `null` on the last one.
    pub next_cursor: Option<String>,
}

/// The place in a list after which a page begins: a position that never changes, opaque to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub i64);

/// The text is not a cursor that this store has given.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is not a cursor from an answer of this store; leave it out to start at the first page")]
pub struct InvalidCursor;

impl Cursor {
    /// Reads what [`Cursor::encode`] wrote.
    pub fn decode(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let position = i64::from_be_bytes(bytes.try_into().map_err(|_| InvalidCursor)?);
        if position < 0 { Err(InvalidCursor) } else { Ok(Self(position)) }
    }

    /// The cursor as text that fits into a URL.
    pub fn encode(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_and_anything_else_is_refused() {
        assert_eq!(Cursor::decode(&Cursor(42).encode()), Ok(Cursor(42)));
        for refused in ["", "42", "not a cursor", &Cursor(-1).encode()] {
            assert_eq!(Cursor::decode(refused), Err(InvalidCursor), "{refused:?}");
        }
    }
}
