//! The contract of the inventory: how many there are.
//!
//! The inventory keeps one level of stock a product and a ledger of every movement; it knows no prices and
//! no customers. Goods come in by receipts and go out by *reservations*: a caller reserves the lines that it
//! is about to sell, and then commits the reservation (they are sold) or releases it (they are back). A
//! reservation that is forgotten expires; one that was committed can be returned, when the sale is undone.
//! Between the two halves of a sale nothing is locked, so no caller can hold up another one, wherever it runs.
//!
//! Why not one operation "sell"? Because the sale is decided elsewhere (a payment may be refused), and a
//! transaction that spans two modules would tie them to one process.
//!
//! Every command is safe to repeat: a receipt by its idempotency key, a reservation by its id. A release that
//! comes before its reservation leaves a tombstone, which refuses the late one.

mod error;
mod events;
mod model;
mod observed;
pub mod rest;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::Context;

pub use error::InventoryError;
pub use events::{InventoryEvent, StockChanged};
pub use model::{
    MAX_HOLD_SECONDS, MAX_QUANTITY, MAX_RESERVATION_LINES, OpenStock, Receipt, ReceiveStock, Reservation,
    ReservationId, ReservationLine, ReservationState, ReserveStock, Stock,
};
pub use observed::ObservedInventory;

/// What the inventory promises. `get_stock` and `receive_stock` are published; the others are for peers.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait(?Send)]
pub trait Inventory {
    /// How many of a product can be sold now.
    async fn get_stock(&self, context: &Context, product_id: ProductId) -> Result<Stock, InventoryError>;

    /// Books goods that have come in. Only for admins; needs an idempotency key.
    async fn receive_stock(
        &self,
        context: &Context,
        request: ReceiveStock,
    ) -> Result<Receipt, InventoryError>;

    /// Opens the level of a new product at zero. Opening it again changes nothing. Only for admins.
    async fn open_stock(&self, context: &Context, request: OpenStock) -> Result<Stock, InventoryError>;

    /// Sets the lines aside, all of them or none. The same reservation again is answered in its present
    /// state; with other lines it is refused.
    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError>;

    /// A reservation in its present state: how a caller learns an outcome that it has not heard of.
    async fn get_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError>;

    /// Sells what is reserved. Committing again changes nothing, and is answered in the present state.
    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError>;

    /// Puts back what is reserved. Releasing again changes nothing; releasing what was never reserved makes
    /// sure that it never will be.
    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError>;

    /// Takes back what was sold, so that it can be sold again. Returning again changes nothing. Only for the
    /// store itself and admins.
    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError>;
}
