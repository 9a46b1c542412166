//! What the use cases and the saga stand on.

use std::rc::Rc;
use std::sync::Arc;

use cart_api::Cart;
use catalog_api::Catalog;
use cleave_core::{CallFailure, Clock, Context, ContractError as _, Currency, Ids};
use cleave_db::{Database, failure_of};
use cleave_events::Outbox;
use inventory_api::Inventory;
use orders_api::OrdersError;
use payments_api::Payments;

use crate::Settings;
use crate::order::Lease;

/// The module's own things, and those that it asks: shared by the use cases and all checkouts of a thread.
pub(crate) struct Parts {
    pub(crate) database: Database,
    pub(crate) outbox: Outbox,
    pub(crate) cart: Rc<dyn Cart>,
    pub(crate) catalog: Rc<dyn Catalog>,
    pub(crate) inventory: Rc<dyn Inventory>,
    pub(crate) payments: Rc<dyn Payments>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<Ids>,
    pub(crate) currency: Currency,
    pub(crate) settings: Settings,
}

impl Parts {
    /// A lease that nobody else has, from now on.
    pub(crate) fn new_lease(&self) -> Lease {
        let token = self.ids.next().to_string();
        Lease { token, until: self.clock.now().plus(self.settings.lease()) }
    }

    /// How long a request may wait for an outcome: its answer has to arrive in time too.
    pub(crate) fn patience(&self, context: &Context) -> std::time::Duration {
        const ON_THE_WAY: std::time::Duration = std::time::Duration::from_millis(50);
        let left = context.remaining(self.clock.instant()).saturating_sub(ON_THE_WAY);
        self.settings.answer_within().min(left)
    }
}

/// What a caller sees of a failing database.
pub(crate) fn failed(error: &sqlx::Error) -> OrdersError {
    OrdersError::from_failure(failure_of("orders", error))
}

/// What a caller sees where nothing has happened because `what` gave no answer.
pub(crate) fn away(what: &str) -> OrdersError {
    OrdersError::from_failure(CallFailure::Unavailable(what.to_owned()))
}
