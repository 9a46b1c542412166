//! The contract of the payments: what you paid.
//!
//! A payment is *authorised* (the money is set aside), then *captured* (it is taken) or *voided* (it is let go); a captured
//! payment can be *refunded*. The caller chooses its id, so that every command is safe to repeat: the same command again is
//! answered as the first one was. Voiding what was never authorised leaves a tombstone, which refuses the late authorisation.
//!
//! Nothing of it is published: customers pay by placing an order, and who checks out acts for the store itself.

#![cfg_attr(
    feature = "mock",
    expect(clippy::struct_field_names, reason = "the fields of a mock are named as the operations are")
)]

mod error;
mod model;
mod observed;
pub mod rest;

use async_trait::async_trait;
use cleave_core::Context;

pub use error::{DeclineReason, PaymentsError};
pub use model::{AuthorizePayment, Payment, PaymentId, PaymentState};
pub use observed::ObservedPayments;

/// What the payments promise. All of it is for peers, and only for the system.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait(?Send)]
pub trait Payments {
    /// Sets money aside. A provider's no is remembered: the same payment again is declined again.
    async fn authorize_payment(
        &self,
        context: &Context,
        request: AuthorizePayment,
    ) -> Result<Payment, PaymentsError>;

    /// Takes what is set aside.
    async fn capture_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError>;

    /// Lets go what is set aside; what was never authorised never will be.
    async fn void_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError>;

    /// Gives back what was taken.
    async fn refund_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError>;

    /// A payment in its present state: how a caller learns an outcome that it has not heard of.
    async fn get_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError>;
}
