//! The use cases: who may do it, whether it makes sense, what a repetition is answered.

use std::sync::Arc;

use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_core::{Clock, Context, ContractError as _};
use cleave_db::{Database, Transaction, WriteError, failure_of};
use cleave_events::Outbox;
use inventory_api::{
    Inventory, InventoryError, OpenStock, Receipt, ReceiveStock, Reservation, ReservationId, ReserveStock,
    Stock,
};

use crate::origin::Origin;
use crate::reservation::{Wanted, answer_to_commit, answer_to_release, answer_to_return};
use crate::stock::check_quantity;
use crate::{store, transactions};

/// The inventory in this process. Clones are the same inventory: each worker thread takes one.
#[derive(Debug, Clone)]
pub struct LocalInventory {
    database: Database,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
}

impl LocalInventory {
    /// The inventory in this database, whose tables must be at the state of [`crate::MIGRATIONS`].
    pub fn new(database: Database, outbox: Outbox, clock: Arc<dyn Clock>) -> Self {
        Self { database, outbox, clock }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The origin of a change by a known caller, now.
    pub(crate) fn known(&self, context: &Context) -> Result<Origin, InventoryError> {
        Origin::known(context, self.clock.now(), &self.outbox)
    }

    /// The origin of a change that only admins may make, now.
    pub(crate) fn admin(&self, context: &Context) -> Result<Origin, InventoryError> {
        Origin::admin(context, self.clock.now(), &self.outbox)
    }

    /// Runs one transaction, and lets what it tells others go on its way.
    pub(crate) async fn write<T>(
        &self,
        origin: &Origin,
        work: impl AsyncFn(&mut Transaction) -> Result<T, WriteError<InventoryError>>,
    ) -> Result<T, InventoryError> {
        let written = self.database.write(work).await.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Database(error) => failed(&error),
        })?;
        origin.committed();
        Ok(written)
    }
}

#[async_trait(?Send)]
impl Inventory for LocalInventory {
    async fn get_stock(&self, _context: &Context, product_id: ProductId) -> Result<Stock, InventoryError> {
        match store::available(self.database.readers(), product_id).await {
            Ok(Some(available)) => Ok(Stock { product_id, available }),
            Ok(None) => Err(InventoryError::StockNotFound { product_id }),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn receive_stock(
        &self,
        context: &Context,
        request: ReceiveStock,
    ) -> Result<Receipt, InventoryError> {
        let origin = self.admin(context)?;
        let key = context.idempotency_key.as_ref().ok_or(InventoryError::IdempotencyKeyRequired)?;
        check_quantity(request.quantity)?;
        let booked = self
            .write(&origin, async |transaction| {
                transactions::receive(transaction, &origin, key, &request).await
            })
            .await;
        if booked != Err(InventoryError::IdempotencyKeyReused) {
            return booked;
        }
        let first = store::receipt(self.database.readers(), &origin.actor, key).await;
        first
            .map_err(|error| failed(&error))?
            .filter(|first| first.product_id == request.product_id && first.quantity == request.quantity)
            .ok_or(InventoryError::IdempotencyKeyReused)
    }

    async fn open_stock(&self, context: &Context, request: OpenStock) -> Result<Stock, InventoryError> {
        let origin = self.admin(context)?;
        let level = [(request.product_id, 0)];
        self.write(&origin, async |transaction| transactions::open(transaction, &origin, &level).await)
            .await?;
        self.get_stock(context, request.product_id).await
    }

    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError> {
        let origin = self.known(context)?;
        let wanted = Wanted::try_from(request)?;
        let made = self
            .write(&origin, async |transaction| transactions::reserve(transaction, &origin, &wanted).await)
            .await?;
        match made {
            Some(reservation) => Ok(reservation),
            None => wanted.answer(self.get_reservation(context, wanted.reservation_id).await?),
        }
    }

    async fn get_reservation(
        &self,
        _context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        store::reservation(self.database.readers(), reservation_id)
            .await
            .map_err(|error| failed(&error))?
            .ok_or(InventoryError::ReservationNotFound { reservation_id })
    }

    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let origin = self.known(context)?;
        let committed = self
            .write(&origin, async |transaction| {
                transactions::commit(transaction, &origin, reservation_id).await
            })
            .await?;
        match committed {
            Some(reservation) => Ok(reservation),
            None => answer_to_commit(self.get_reservation(context, reservation_id).await?),
        }
    }

    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let origin = self.known(context)?;
        let released = self
            .write(&origin, async |transaction| {
                transactions::release(transaction, &origin, reservation_id).await
            })
            .await?;
        match released {
            Some(reservation) => Ok(reservation),
            None => answer_to_release(self.get_reservation(context, reservation_id).await?),
        }
    }

    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let origin = self.admin(context)?;
        let returned = self
            .write(&origin, async |transaction| {
                transactions::take_back(transaction, &origin, reservation_id).await
            })
            .await?;
        match returned {
            Some(reservation) => Ok(reservation),
            None => answer_to_return(self.get_reservation(context, reservation_id).await?),
        }
    }
}

/// What a caller sees of a failing database.
pub(crate) fn failed(error: &sqlx::Error) -> InventoryError {
    InventoryError::from_failure(failure_of("inventory", error))
}
