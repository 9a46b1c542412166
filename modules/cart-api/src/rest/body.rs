//! What stands in the bodies of requests: a command without what its path says already.

use cleave_core::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many of a product there shall be.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Quantity {
    /// Units, 1 to 10,000.
    #[schema(minimum = 1, maximum = 10_000)]
    pub(super) quantity: i64,
}

/// A cart that is to be taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTaking {
    /// Whose cart.
    pub(super) account_id: AccountId,
    /// The version that it must have.
    pub(super) version: i64,
}

/// Whose cart it is.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Owner {
    /// The account.
    pub(super) account_id: AccountId,
}
