//! The contract of the cart: what a customer has picked.
//!
//! A cart holds products and quantities, and no prices: whoever looks at it sees those of the moment, asked from the
//! catalogue in one call. Every change gives the cart a new *version*.
//!
//! A checkout *takes* the cart, at the version that was priced: so two checkouts of one cart cannot both have it, and what a
//! customer adds in the meantime is neither bought nor lost. A checkout that fails *puts* the lines *back*. Both are known
//! by an id that the taker has chosen, so they can be repeated and asked for; putting back what was never taken leaves a
//! tombstone, which refuses the late taking.

mod error;
mod model;
mod observed;
pub mod rest;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::{AccountId, Context};

pub use error::CartError;
pub use model::{
    Cart as CartView, CartContents, CartItem, CartLine, CartTaking, MAX_LINES, MAX_QUANTITY, PutBackCart,
    SetItem, TakeCart, TakingId, TakingState,
};
pub use observed::ObservedCart;

/// What the cart promises. `get_cart`, `set_item` and `remove_item` are published and speak of the caller's own cart; the
/// others are for peers.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait(?Send)]
pub trait Cart {
    /// The caller's cart with the prices of the moment.
    async fn get_cart(&self, context: &Context) -> Result<CartView, CartError>;

    /// Puts so many of a product into the caller's cart, instead of how many there were.
    async fn set_item(&self, context: &Context, request: SetItem) -> Result<CartView, CartError>;

    /// Takes a product out of the caller's cart. Where it is not in it, nothing changes.
    async fn remove_item(&self, context: &Context, product_id: ProductId) -> Result<CartView, CartError>;

    /// What is in a cart, and its version.
    async fn read_cart(&self, context: &Context, account_id: AccountId) -> Result<CartContents, CartError>;

    /// Empties a cart into a taking, if it still has the version. The same taking again is answered as it is.
    async fn take_cart(&self, context: &Context, request: TakeCart) -> Result<CartTaking, CartError>;

    /// Puts the lines of a taking back into the cart. Putting back again changes nothing; putting back what was never
    /// taken makes sure that it never will be.
    async fn put_back_cart(&self, context: &Context, request: PutBackCart) -> Result<CartTaking, CartError>;

    /// A taking in its present state: how a caller learns an outcome that it has not heard of.
    async fn get_taking(&self, context: &Context, taking_id: TakingId) -> Result<CartTaking, CartError>;
}
