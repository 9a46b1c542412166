//! Where a change comes from: what the ledger tells of every movement.

use cleave_core::{Caller, Context, RequestId, Timestamp};
use inventory_api::InventoryError;

/// Who changes the stock, for which request, and when.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The id of an account, or `system`.
    pub(crate) actor: String,
    pub(crate) request_id: RequestId,
    pub(crate) at: Timestamp,
}

impl Origin {
    /// The origin of what a known caller does. Nobody changes the stock namelessly.
    pub(crate) fn known(context: &Context, at: Timestamp) -> Result<Self, InventoryError> {
        let actor = match &context.caller {
            Caller::Anonymous => return Err(InventoryError::Unauthenticated),
            Caller::User(user) => user.account_id.to_string(),
            Caller::System => "system".to_owned(),
        };
        Ok(Self { actor, request_id: context.request_id.clone(), at })
    }

    /// The origin of what only admins may do.
    pub(crate) fn admin(context: &Context, at: Timestamp) -> Result<Self, InventoryError> {
        let origin = Self::known(context, at)?;
        if context.caller.is_admin() { Ok(origin) } else { Err(InventoryError::Forbidden) }
    }
}
