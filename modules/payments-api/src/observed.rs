//! The contract with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Calls;

use crate::{AuthorizePayment, Payment, PaymentId, Payments, PaymentsError};

/// Hands every call to [`Calls`] on its way to another [`Payments`], whichever link that one stands for.
pub struct ObservedPayments {
    inner: Rc<dyn Payments>,
    calls: Calls,
}

impl ObservedPayments {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Payments>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Payments for ObservedPayments {
    async fn authorize_payment(
        &self,
        context: &Context,
        request: AuthorizePayment,
    ) -> Result<Payment, PaymentsError> {
        self.calls.observe("authorize_payment", context, self.inner.authorize_payment(context, request)).await
    }

    async fn capture_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        self.calls.observe("capture_payment", context, self.inner.capture_payment(context, payment_id)).await
    }

    async fn void_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        self.calls.observe("void_payment", context, self.inner.void_payment(context, payment_id)).await
    }

    async fn refund_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        self.calls.observe("refund_payment", context, self.inner.refund_payment(context, payment_id)).await
    }

    async fn get_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        self.calls.observe("get_payment", context, self.inner.get_payment(context, payment_id)).await
    }
}
