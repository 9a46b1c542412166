//! The cart: what a customer has picked.
//!
//! [`LocalCart`] keeps what `cart-api` promises, in a database of its own. It stores no prices: whoever looks at a cart sees
//! those that the catalogue has at that moment, asked for in one call. Every change is one transaction that gives the cart a
//! new version; a checkout takes the cart by compare-and-set on it.
//!
//! It knows no HTTP: the adapter stands in `cart_api::rest`. It runs nothing by itself.
//!
//! Start at `local.rs` (the use cases), go on to `priced.rs` (what a customer sees), `transactions.rs` (what happens together)
//! and `store/` (the SQL).

mod local;
mod priced;
mod store;
#[cfg(test)]
mod tests;
mod transactions;

use cleave_db::{Migration, Migrations};

pub use local::LocalCart;

/// The history of the cart's tables.
pub const MIGRATIONS: Migrations = Migrations(&[Migration {
    version: 1,
    name: "carts_takings",
    sql: include_str!("../../../migrations/cart/0001_carts_takings.sql"),
}]);
