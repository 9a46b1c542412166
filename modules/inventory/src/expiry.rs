//! Forgotten reservations.

use cleave_core::Context;
use inventory_api::InventoryError;

use crate::local::{LocalInventory, failed};
use crate::{store, transactions};

impl LocalInventory {
    /// Puts back what reservations hold whose time is over, the oldest first and at most `limit` of them, and
    /// tells how many: as many as `limit` means that more may be due. Each one is a transaction of its own,
    /// and any number of processes may do this at the same time. It is background work: give it
    /// [`Context::background`].
    pub async fn expire_reservations(&self, context: &Context, limit: u32) -> Result<usize, InventoryError> {
        let origin = self.admin(context)?;
        let due = store::due_reservations(self.database().readers(), origin.at, limit).await;
        let mut expired = 0;
        for reservation_id in due.map_err(|error| failed(&error))? {
            let ended = self
                .write(&origin, async |transaction| {
                    transactions::expire(transaction, &origin, reservation_id).await
                })
                .await?;
            if ended.is_some() {
                tracing::info!(%reservation_id, request_id = %origin.request_id, "a reservation has expired");
                expired += 1;
            }
        }
        Ok(expired)
    }
}
