//! Where a change comes from: what the ledger tells of every movement.

use std::cell::Cell;

use cleave_core::{Caller, Context, RequestId, Timestamp};
use cleave_db::Transaction;
use cleave_events::Outbox;
use inventory_api::{InventoryError, InventoryEvent};

use crate::stock::Flip;

/// Who changes the stock, for which request, and when.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The id of an account, or `system`.
    pub(crate) actor: String,
    pub(crate) request_id: RequestId,
    pub(crate) at: Timestamp,
    context: Context,
    outbox: Outbox,
    /// Whether others are told of the change.
    told: Cell<bool>,
}

impl Origin {
    /// The origin of what a known caller does. Nobody changes the stock namelessly.
    pub(crate) fn known(context: &Context, at: Timestamp, outbox: &Outbox) -> Result<Self, InventoryError> {
        let actor = match &context.caller {
            Caller::Anonymous => return Err(InventoryError::Unauthenticated),
            Caller::User(user) => user.account_id.to_string(),
            Caller::System => "system".to_owned(),
        };
        Ok(Self {
            actor,
            request_id: context.request_id.clone(),
            at,
            context: context.clone(),
            outbox: outbox.clone(),
            told: Cell::new(false),
        })
    }

    /// The origin of what only admins may do.
    pub(crate) fn admin(context: &Context, at: Timestamp, outbox: &Outbox) -> Result<Self, InventoryError> {
        let origin = Self::known(context, at, outbox)?;
        if context.caller.is_admin() { Ok(origin) } else { Err(InventoryError::Forbidden) }
    }

    /// Tells others which products came into stock or ran out. It must be the last thing that a transaction does.
    pub(crate) async fn tell(
        &self,
        transaction: &mut Transaction,
        flips: &[Flip],
    ) -> Result<(), sqlx::Error> {
        let events = flips.iter().map(|flip| InventoryEvent::stock_changed(flip.product_id, flip.in_stock));
        let events = events.collect::<Vec<_>>();
        self.told.set(!events.is_empty());
        self.outbox.record(transaction, &self.context, self.at, &events).await
    }

    /// After the commit: lets what was told go on its way.
    pub(crate) fn committed(&self) {
        if self.told.get() {
            self.outbox.wake();
        }
    }
}
