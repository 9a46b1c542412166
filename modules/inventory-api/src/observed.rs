//! The contract with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::Context;
use cleave_rest::Calls;

use crate::{
    Inventory, InventoryError, OpenStock, Receipt, ReceiveStock, Reservation, ReservationId, ReserveStock,
    Stock,
};

/// Hands every call to [`Calls`] on its way to another [`Inventory`], whichever link that one stands for.
pub struct ObservedInventory {
    inner: Rc<dyn Inventory>,
    calls: Calls,
}

impl ObservedInventory {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Inventory>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Inventory for ObservedInventory {
    async fn get_stock(&self, context: &Context, product_id: ProductId) -> Result<Stock, InventoryError> {
        self.calls.observe("get_stock", context, self.inner.get_stock(context, product_id)).await
    }

    async fn receive_stock(
        &self,
        context: &Context,
        request: ReceiveStock,
    ) -> Result<Receipt, InventoryError> {
        self.calls.observe("receive_stock", context, self.inner.receive_stock(context, request)).await
    }

    async fn open_stock(&self, context: &Context, request: OpenStock) -> Result<Stock, InventoryError> {
        self.calls.observe("open_stock", context, self.inner.open_stock(context, request)).await
    }

    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError> {
        self.calls.observe("reserve_stock", context, self.inner.reserve_stock(context, request)).await
    }

    async fn get_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let call = self.inner.get_reservation(context, reservation_id);
        self.calls.observe("get_reservation", context, call).await
    }

    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let call = self.inner.commit_reservation(context, reservation_id);
        self.calls.observe("commit_reservation", context, call).await
    }

    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let call = self.inner.release_reservation(context, reservation_id);
        self.calls.observe("release_reservation", context, call).await
    }

    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let call = self.inner.return_reservation(context, reservation_id);
        self.calls.observe("return_reservation", context, call).await
    }
}
