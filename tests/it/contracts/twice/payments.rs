//! The payments.

use async_trait::async_trait;
use cleave_core::Context;
use payments_api::{AuthorizePayment, Payment, PaymentId, Payments, PaymentsError};

use super::{Twice, same};

#[async_trait(?Send)]
impl Payments for Twice<dyn Payments> {
    async fn authorize_payment(
        &self,
        context: &Context,
        request: AuthorizePayment,
    ) -> Result<Payment, PaymentsError> {
        same(async || self.0.authorize_payment(context, request.clone()).await).await
    }

    async fn capture_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        same(async || self.0.capture_payment(context, payment_id).await).await
    }

    async fn void_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        same(async || self.0.void_payment(context, payment_id).await).await
    }

    async fn refund_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        same(async || self.0.refund_payment(context, payment_id).await).await
    }

    async fn get_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        same(async || self.0.get_payment(context, payment_id).await).await
    }
}
