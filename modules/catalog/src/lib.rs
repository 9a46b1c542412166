//! The catalogue: products, prices, search.
//!
//! [`LocalCatalog`] keeps what `catalog-api` promises, in a database of its own. Lists are read in one
//! statement each, straight from an index, whatever is searched for; a write is one transaction. How many there
//! are of a product it asks the inventory, and shows the product without the number when there is no answer.
//!
//! It knows no HTTP: the adapter stands in `catalog_api::rest`. It runs nothing by itself: whoever composes the
//! store runs a consumer with the reaction [`FollowStock`].
//!
//! Start at `local.rs` (the use cases), go on to `search.rs` (how words are found), `reactions.rs` (how
//! `in_stock` follows the inventory), `import.rs` (how a store is filled) and `store/` (the SQL); `product.rs`
//! holds the rules that need no database.

pub mod audit;
mod currency;
mod import;
mod local;
mod product;
mod reactions;
mod search;
pub mod seed;
mod store;
#[cfg(test)]
mod tests;

use std::num::NonZeroU64;
use std::time::Duration;

use cleave_core::Currency;
use cleave_db::{Migration, Migrations};
use serde::Deserialize;

pub use currency::{CurrencyError, check_currency};
pub use local::LocalCatalog;
pub use reactions::FollowStock;

/// The history of the catalogue's tables.
pub const MIGRATIONS: Migrations = Migrations(&[
    Migration {
        version: 1,
        name: "products_prefixes_follower",
        sql: include_str!("../../../migrations/catalog/0001_products_prefixes_follower.sql"),
    },
    Migration { version: 2, name: "consumer", sql: cleave_events::CONSUMER_SQL },
    Migration {
        version: 3,
        name: "follower_to_consumer",
        sql: include_str!("../../../migrations/catalog/0003_follower_to_consumer.sql"),
    },
    Migration { version: 4, name: "consumer_holder", sql: cleave_events::CONSUMER_HOLDER_SQL },
]);

/// What can be set: the section `catalog` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The one ISO 4217 currency of all prices. A store that has prices keeps it: see [`check_currency`].
    pub currency: Currency,
    /// How long the page of a product waits for the inventory before it is shown without the number of units,
    /// in milliseconds.
    pub stock_timeout_ms: NonZeroU64,
}

impl Settings {
    pub(crate) fn stock_timeout(&self) -> Duration {
        Duration::from_millis(self.stock_timeout_ms.get())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            currency: "EUR".parse().expect("EUR is a currency"),
            stock_timeout_ms: const { NonZeroU64::new(1_000).expect("not zero") },
        }
    }
}
