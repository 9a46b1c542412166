//! The inventory.

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::Context;
use inventory_api::{
    Inventory, InventoryError, OpenStock, Receipt, ReceiveStock, Reservation, ReservationId, ReserveStock,
    Stock,
};

use super::{Twice, same};

#[async_trait(?Send)]
impl Inventory for Twice<dyn Inventory> {
    async fn get_stock(&self, context: &Context, product_id: ProductId) -> Result<Stock, InventoryError> {
        same(async || self.0.get_stock(context, product_id).await).await
    }

    async fn receive_stock(
        &self,
        context: &Context,
        request: ReceiveStock,
    ) -> Result<Receipt, InventoryError> {
        same(async || self.0.receive_stock(context, request.clone()).await).await
    }

    async fn open_stock(&self, context: &Context, request: OpenStock) -> Result<Stock, InventoryError> {
        same(async || self.0.open_stock(context, request.clone()).await).await
    }

    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.reserve_stock(context, request.clone()).await).await
    }

    async fn get_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.get_reservation(context, reservation_id).await).await
    }

    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.commit_reservation(context, reservation_id).await).await
    }

    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.release_reservation(context, reservation_id).await).await
    }

    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        same(async || self.0.return_reservation(context, reservation_id).await).await
    }
}
