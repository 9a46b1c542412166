//! The types of the contract.

use cleave_core::{AccountId, Money, Timestamp, id_type};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

id_type! {
    /// The id of a payment: its maker chooses it, so that a repeated command finds it.
    PaymentId
}

/// Money that is to be set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizePayment {
    /// Chosen by the caller.
    pub payment_id: PaymentId,
    /// Who pays.
    pub account_id: AccountId,
    /// How much.
    pub amount: Money,
    /// What the provider has given to the customer.
    pub payment_token: String,
}

/// A payment in its present state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// Its id.
    pub payment_id: PaymentId,
    /// Its state.
    pub state: PaymentState,
    /// How much; `null` in a tombstone.
    pub amount: Option<Money>,
    /// Who pays; `null` in a tombstone.
    pub account_id: Option<AccountId>,
    /// When its state changed last.
    pub updated_at: Timestamp,
}

/// The states of a payment: `authorized → captured → refunded`, `authorized → voided`, `declined`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// The money is set aside.
    Authorized,
    /// The money is taken.
    Captured,
    /// The money was let go, or never set aside.
    Voided,
    /// The money was taken and given back.
    Refunded,
    /// The provider said no.
    Declined,
}
