//! What stands in the bodies of requests: a command without what its path says already.

use cleave_core::{AccountId, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Money that is to be set aside.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPayment {
    /// Who pays.
    pub(super) account_id: AccountId,
    /// How much.
    pub(super) amount: Money,
    /// What the provider has given to the customer.
    pub(super) payment_token: String,
}
