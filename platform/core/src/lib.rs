//! The words that every module speaks.
//!
//! Everything a contract may mention without knowing another module stands here: the [`Context`] that
//! travels with each call, ids, [`Money`], [`Timestamp`] and [`Clock`], the kinds of errors, pages of lists.
//! It knows no transport, no database and no word of the business. The REST half of a contract is built
//! with `cleave-rest`, its tables with `cleave-db`.

mod clock;
mod context;
mod error;
mod event;
mod ids;
mod key;
mod money;
mod page;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use context::{Caller, Context, RequestId, User};
pub use error::{CallFailure, ContractError, ErrorKind};
pub use event::{Event, UnreadableEvent};
pub use ids::{AccountId, Ids};
pub use key::{IdempotencyKey, InvalidKey};
pub use money::{Currency, InvalidCurrency, Money};
pub use page::{Cursor, DEFAULT_PAGE_SIZE, InvalidCursor, MAX_PAGE_SIZE, Page};

#[doc(hidden)]
pub mod reexports {
    pub use {serde, utoipa, uuid};
}
