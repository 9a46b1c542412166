//! The client half: [`Payments`] that are somewhere else.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Peer;

use super::body::NewPayment;
use super::paths;
use crate::{AuthorizePayment, Payment, PaymentId, Payments, PaymentsError};

/// The payments behind a [`Peer`].
#[derive(Debug)]
pub struct RemotePayments(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Payments for RemotePayments {
    async fn authorize_payment(
        &self,
        context: &Context,
        request: AuthorizePayment,
    ) -> Result<Payment, PaymentsError> {
        let AuthorizePayment { payment_id, account_id, amount, payment_token } = request;
        let body = NewPayment { account_id, amount, payment_token };
        self.0.put(context, &paths::payment(payment_id), &body).await
    }

    async fn capture_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        self.0.put(context, &paths::capture(payment_id), &()).await
    }

    async fn void_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        self.0.put(context, &paths::void(payment_id), &()).await
    }

    async fn refund_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        self.0.put(context, &paths::refund(payment_id), &()).await
    }

    async fn get_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        self.0.get(context, &paths::payment(payment_id)).await
    }
}
