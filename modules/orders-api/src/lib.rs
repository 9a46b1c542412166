//! The contract of the orders: what you bought.
//!
//! Placing an order checks out the caller's cart: the cart is taken at the price of that moment, stock is reserved, the payment
//! authorised, and then the order is *confirmed*. That moment is the pivot: before it, everything can be and is undone, and the
//! order is *refused*; after it, the payment is captured and the stock is sold, whatever it takes. A confirmed order can be
//! *cancelled* for a while, which gives the money and the stock back.
//!
//! Who places an order waits for its outcome as long as the store finds reasonable, and is told `pending` after that: the
//! checkout goes on by itself, also through the end of a process.
//!
//! Every order has an idempotency key of its customer. The same key again is the same order in its present state.

mod error;
mod events;
mod model;
mod observed;
pub mod rest;

use async_trait::async_trait;
use cleave_core::{Context, Page};

pub use error::OrdersError;
pub use events::{OrderEvent, OrderTold, ToldLine};
pub use model::{ListOrders, Order, OrderId, OrderLine, OrderStatus, PlaceOrder};
pub use observed::ObservedOrders;

/// What the orders promise. All of it is published, and speaks of the caller's own orders.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait(?Send)]
pub trait Orders {
    /// Checks out the caller's cart. Needs an idempotency key. A refused order is an error that names it.
    async fn place_order(&self, context: &Context, request: PlaceOrder) -> Result<Order, OrdersError>;

    /// A page of the caller's orders, newest first, refused ones too.
    async fn list_orders(&self, context: &Context, request: ListOrders) -> Result<Page<Order>, OrdersError>;

    /// One of the caller's orders.
    async fn get_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError>;

    /// Cancels a confirmed order. Cancelling again changes nothing.
    async fn cancel_order(&self, context: &Context, order_id: OrderId) -> Result<Order, OrdersError>;
}
