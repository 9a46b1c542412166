//! The money that orders authorise and capture.

use async_trait::async_trait;
use cleave_core::{Clock as _, Context, Money};
use payments_api::{AuthorizePayment, DeclineReason, Payment, PaymentId, PaymentState, PaymentsError};

use super::{Others, State, Stored};

#[async_trait(?Send)]
impl payments_api::Payments for Others {
    async fn authorize_payment(
        &self,
        context: &Context,
        request: AuthorizePayment,
    ) -> Result<Payment, PaymentsError> {
        let AuthorizePayment { payment_id, account_id, amount, payment_token } = request;
        let updated_at = self.clock.now();
        self.internal_call("authorize_payment", context, |state| {
            let declined = match payment_token.as_str() {
                "tok_visa" => None,
                "tok_declined" => Some(DeclineReason::CardDeclined),
                _ => return Err(PaymentsError::UnknownPaymentToken),
            };
            let (account_id, amount): (_, Option<Money>) = (Some(account_id), Some(amount));
            let stored = state.payments.entry(payment_id).or_insert_with(|| {
                let state =
                    if declined.is_some() { PaymentState::Declined } else { PaymentState::Authorized };
                let payment = Payment { payment_id, state, amount, account_id, updated_at };
                Stored { payment, token: Some(payment_token.clone()), declined }
            });
            let Stored { payment, token, declined } = stored;
            if payment.state == PaymentState::Voided {
                return Err(PaymentsError::PaymentVoided { payment_id });
            }
            let is_same = (payment.amount, payment.account_id) == (amount, account_id);
            if !is_same || token.as_ref() != Some(&payment_token) {
                return Err(PaymentsError::PaymentMismatch { payment_id });
            }
            match *declined {
                Some(reason) => Err(PaymentsError::PaymentDeclined { payment_id, reason }),
                None => Ok(payment.clone()),
            }
        })
        .await
    }

    async fn capture_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        self.internal_call("capture_payment", context, |state| {
            let payment =
                state.change_payment(payment_id, [PaymentState::Authorized, PaymentState::Captured])?;
            match payment.state {
                PaymentState::Captured | PaymentState::Refunded => Ok(payment),
                _ => Err(PaymentsError::PaymentVoided { payment_id }),
            }
        })
        .await
    }

    async fn void_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        let updated_at = self.clock.now();
        self.internal_call("void_payment", context, |state| {
            let voided = PaymentState::Voided;
            let payment = Payment { payment_id, state: voided, amount: None, account_id: None, updated_at };
            let tombstone = Stored { payment, token: None, declined: None };
            state.payments.entry(payment_id).or_insert(tombstone);
            let payment = state.change_payment(payment_id, [PaymentState::Authorized, voided])?;
            match payment.state {
                PaymentState::Voided | PaymentState::Declined => Ok(payment),
                _ => Err(PaymentsError::PaymentCaptured { payment_id }),
            }
        })
        .await
    }

    async fn refund_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        self.internal_call("refund_payment", context, |state| {
            let payment =
                state.change_payment(payment_id, [PaymentState::Captured, PaymentState::Refunded])?;
            match payment.state {
                PaymentState::Refunded => Ok(payment),
                _ => Err(PaymentsError::PaymentNotCaptured { payment_id }),
            }
        })
        .await
    }

    async fn get_payment(&self, _: &Context, _: PaymentId) -> Result<Payment, PaymentsError> {
        unreachable!("orders do not ask for it")
    }
}

impl State {
    fn change_payment(
        &mut self,
        payment_id: PaymentId,
        [from, to]: [PaymentState; 2],
    ) -> Result<Payment, PaymentsError> {
        let stored =
            self.payments.get_mut(&payment_id).ok_or(PaymentsError::PaymentNotFound { payment_id })?;
        if stored.payment.state == from {
            stored.payment.state = to;
        }
        Ok(stored.payment.clone())
    }
}
