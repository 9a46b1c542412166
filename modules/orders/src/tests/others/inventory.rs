//! The stock that orders reserve.

use std::time::Duration;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::{Clock as _, Context};
use inventory_api::{InventoryError, Reservation, ReservationId, ReservationState, ReserveStock};

use super::{Level, Others, State};

#[async_trait(?Send)]
impl inventory_api::Inventory for Others {
    async fn get_stock(&self, _: &Context, _: ProductId) -> Result<inventory_api::Stock, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn receive_stock(
        &self,
        _: &Context,
        _: inventory_api::ReceiveStock,
    ) -> Result<inventory_api::Receipt, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn open_stock(
        &self,
        _: &Context,
        _: inventory_api::OpenStock,
    ) -> Result<inventory_api::Stock, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError> {
        let ReserveStock { reservation_id, mut lines, hold_seconds } = request;
        let expires_at = self.clock.now().plus(Duration::from_secs(hold_seconds.into()));
        self.internal_call("reserve_stock", context, |state| {
            if let Some(known) = state.reservations.get(&reservation_id) {
                let is_tombstone = known.lines.is_empty();
                let released = Err(InventoryError::ReservationReleased { reservation_id });
                return if is_tombstone { released } else { Ok(known.clone()) };
            }
            lines.sort_by_key(|line| line.product_id);
            let mut lacking = Vec::new();
            for line in &lines {
                let product_id = line.product_id;
                let level =
                    state.stock.get(&product_id).ok_or(InventoryError::StockNotFound { product_id })?;
                if level.available < line.quantity {
                    lacking.push(product_id);
                }
            }
            if !lacking.is_empty() {
                return Err(InventoryError::OutOfStock { product_ids: lacking });
            }
            for line in &lines {
                let level = state.stock.entry(line.product_id).or_default();
                level.available -= line.quantity;
                level.reserved += line.quantity;
            }
            let reserved = ReservationState::Reserved;
            let reservation = Reservation { reservation_id, state: reserved, lines, expires_at };
            state.reservations.insert(reservation_id, reservation.clone());
            Ok(reservation)
        })
        .await
    }

    async fn get_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.internal_call("commit_reservation", context, |state| {
            let change = [ReservationState::Reserved, ReservationState::Committed];
            let committed = state.change_reservation(reservation_id, change, |level, quantity| {
                level.reserved -= quantity;
                level.sold += quantity;
            });
            match committed {
                None => Err(InventoryError::ReservationNotFound { reservation_id }),
                Some(reservation) if reservation.state == ReservationState::Released => {
                    Err(InventoryError::ReservationReleased { reservation_id })
                }
                Some(reservation) => Ok(reservation),
            }
        })
        .await
    }

    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let expires_at = self.clock.now();
        self.internal_call("release_reservation", context, |state| {
            let released = ReservationState::Released;
            let tombstone = Reservation { reservation_id, state: released, lines: Vec::new(), expires_at };
            state.reservations.entry(reservation_id).or_insert(tombstone);
            let change = [ReservationState::Reserved, released];
            let reservation = state.change_reservation(reservation_id, change, |level, quantity| {
                level.reserved -= quantity;
                level.available += quantity;
            });
            match reservation {
                Some(reservation) if reservation.state == released => Ok(reservation),
                _ => Err(InventoryError::ReservationCommitted { reservation_id }),
            }
        })
        .await
    }

    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.internal_call("return_reservation", context, |state| {
            let returned = ReservationState::Returned;
            let change = [ReservationState::Committed, returned];
            let reservation = state.change_reservation(reservation_id, change, |level, quantity| {
                level.sold -= quantity;
                level.available += quantity;
            });
            match reservation {
                Some(reservation) if reservation.state == returned => Ok(reservation),
                _ => Err(InventoryError::ReservationNotCommitted { reservation_id }),
            }
        })
        .await
    }
}

impl State {
    fn change_reservation(
        &mut self,
        reservation_id: ReservationId,
        [from, to]: [ReservationState; 2],
        change: impl Fn(&mut Level, i64),
    ) -> Option<Reservation> {
        let reservation = self.reservations.get_mut(&reservation_id)?;
        if reservation.state == from {
            reservation.state = to;
            for line in &reservation.lines {
                change(self.stock.entry(line.product_id).or_default(), line.quantity);
            }
        }
        Some(reservation.clone())
    }
}
