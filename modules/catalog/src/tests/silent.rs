//! An inventory that takes every call and never answers, as one behind a broken network does.

use std::future::pending;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::Context;
use inventory_api::{
    Inventory, InventoryError, OpenStock, Receipt, ReceiveStock, Reservation, ReservationId, ReserveStock,
    Stock,
};

pub(super) struct SilentInventory;

#[async_trait(?Send)]
impl Inventory for SilentInventory {
    async fn get_stock(&self, _: &Context, _: ProductId) -> Result<Stock, InventoryError> {
        pending().await
    }

    async fn receive_stock(&self, _: &Context, _: ReceiveStock) -> Result<Receipt, InventoryError> {
        pending().await
    }

    async fn open_stock(&self, _: &Context, _: OpenStock) -> Result<Stock, InventoryError> {
        pending().await
    }

    async fn reserve_stock(&self, _: &Context, _: ReserveStock) -> Result<Reservation, InventoryError> {
        pending().await
    }

    async fn get_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        pending().await
    }

    async fn commit_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        pending().await
    }

    async fn release_reservation(
        &self,
        _: &Context,
        _: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        pending().await
    }

    async fn return_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        pending().await
    }
}
