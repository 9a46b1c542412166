//! The client half: an [`Inventory`] that is somewhere else.

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::Context;
use cleave_rest::Peer;

use super::body::{NewReceipt, NewReservation};
use super::paths;
use crate::{
    Inventory, InventoryError, OpenStock, Receipt, ReceiveStock, Reservation, ReservationId, ReserveStock,
    Stock,
};

/// The inventory behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteInventory(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Inventory for RemoteInventory {
    async fn get_stock(&self, context: &Context, product_id: ProductId) -> Result<Stock, InventoryError> {
        self.0.get(context, &paths::stock(product_id)).await
    }

    async fn receive_stock(
        &self,
        context: &Context,
        request: ReceiveStock,
    ) -> Result<Receipt, InventoryError> {
        let body = NewReceipt { quantity: request.quantity };
        self.0.post(context, &paths::receipts(request.product_id), &body).await
    }

    async fn open_stock(&self, context: &Context, request: OpenStock) -> Result<Stock, InventoryError> {
        self.0.put(context, &paths::open(request.product_id), &()).await
    }

    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError> {
        let body = NewReservation { lines: request.lines, hold_seconds: request.hold_seconds };
        self.0.put(context, &paths::reservation(request.reservation_id), &body).await
    }

    async fn get_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.0.get(context, &paths::reservation(reservation_id)).await
    }

    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.0.put(context, &paths::commit(reservation_id), &()).await
    }

    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.0.put(context, &paths::release(reservation_id), &()).await
    }

    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.0.put(context, &paths::take_back(reservation_id), &()).await
    }
}
