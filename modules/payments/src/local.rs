//! The use cases: what is asked of the provider, and what a repetition is answered.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use cleave_core::{Caller, Clock, Context, ContractError as _, Money, Timestamp};
use cleave_db::{Database, Transaction, WriteError, failure_of};
use payments_api::{AuthorizePayment, Payment, PaymentId, PaymentState, Payments, PaymentsError};
use sha2::{Digest as _, Sha256};

use crate::Settings;
use crate::sandbox::{self, Movement, Verdict};
use crate::store::{self, Stored};

/// The payments in this process. Clones are the same payments: each worker thread takes one.
#[derive(Debug, Clone)]
pub struct LocalPayments {
    database: Database,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl LocalPayments {
    /// The payments in this database, whose tables must be at the state of [`crate::MIGRATIONS`].
    pub fn new(database: Database, clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        Self { database, clock, settings: settings.clone() }
    }

    async fn stored(&self, payment_id: PaymentId) -> Result<Stored, PaymentsError> {
        store::payment(self.database.readers(), payment_id)
            .await
            .map_err(|error| failed(&error))?
            .ok_or(PaymentsError::PaymentNotFound { payment_id })
    }

    async fn write<T>(
        &self,
        work: impl AsyncFn(&mut Transaction) -> Result<T, WriteError<PaymentsError>>,
    ) -> Result<T, PaymentsError> {
        self.database.write(work).await.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Database(error) => failed(&error),
        })
    }

    /// Takes a payment from one state to another, in the store and at the provider; `None` where it is in another one.
    async fn change_state(
        &self,
        context: &Context,
        payment_id: PaymentId,
        from: PaymentState,
        to: PaymentState,
    ) -> Result<Option<Payment>, PaymentsError> {
        let at = self.clock.now();
        self.write(async |transaction| {
            let changed = store::change_state(transaction, payment_id, from, to, at).await?;
            let Some(stored) = changed else { return Ok(None) };
            move_money(transaction, context, &stored, at).await?;
            Ok(Some(stored.payment))
        })
        .await
    }
}

#[async_trait(?Send)]
impl Payments for LocalPayments {
    async fn authorize_payment(
        &self,
        context: &Context,
        request: AuthorizePayment,
    ) -> Result<Payment, PaymentsError> {
        admit(context)?;
        let AuthorizePayment { payment_id, account_id, amount, payment_token } = request;
        if amount.amount < 0 {
            return Err(PaymentsError::InvalidAmount { amount: amount.amount });
        }
        let verdict = sandbox::verdict(&payment_token).ok_or(PaymentsError::UnknownPaymentToken)?;
        let token_digest = Some(digest(&payment_token));
        let before = store::payment(self.database.readers(), payment_id).await;
        if let Some(stored) = before.map_err(|error| failed(&error))? {
            return answer_again(stored, amount, account_id, token_digest.as_deref());
        }
        if verdict == Verdict::ApprovedLate {
            tokio::time::sleep(self.settings.slow()).await;
        }
        let (state, decline_reason) = match verdict {
            Verdict::Approved | Verdict::ApprovedLate => (PaymentState::Authorized, None),
            Verdict::Declined(reason) => (PaymentState::Declined, Some(reason)),
        };
        let at = self.clock.now();
        let (amount, account_id) = (Some(amount), Some(account_id));
        let payment = Payment { payment_id, state, amount, account_id, updated_at: at };
        let stored = Stored { payment, token_digest, decline_reason };
        let is_new = self
            .write(async |transaction| {
                if !store::insert(transaction, &stored).await? {
                    return Ok(false);
                }
                move_money(transaction, context, &stored, at).await?;
                Ok(true)
            })
            .await?;
        let Stored { payment, token_digest, .. } = &stored;
        let answered = if is_new { stored.clone() } else { self.stored(payment_id).await? };
        let (Some(amount), Some(account_id)) = (payment.amount, payment.account_id) else {
            return Err(PaymentsError::Internal);
        };
        answer_again(answered, amount, account_id, token_digest.as_deref())
    }

    async fn capture_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        admit(context)?;
        let (from, to) = (PaymentState::Authorized, PaymentState::Captured);
        if let Some(payment) = self.change_state(context, payment_id, from, to).await? {
            return Ok(payment);
        }
        let stored = self.stored(payment_id).await?;
        match stored.payment.state {
            PaymentState::Captured | PaymentState::Refunded => Ok(stored.payment),
            PaymentState::Voided => Err(PaymentsError::PaymentVoided { payment_id }),
            PaymentState::Authorized | PaymentState::Declined => {
                Err(PaymentsError::PaymentNotCaptured { payment_id })
            }
        }
    }

    async fn void_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        admit(context)?;
        let at = self.clock.now();
        let state = PaymentState::Voided;
        let payment = Payment { payment_id, state, amount: None, account_id: None, updated_at: at };
        let tombstone = Stored { payment, token_digest: None, decline_reason: None };
        let voided = self
            .write(async |transaction| {
                // The tombstone comes first: from here on the row exists, whoever has made it, and cannot appear later.
                if store::insert(transaction, &tombstone).await? {
                    return Ok(Some(tombstone.payment.clone()));
                }
                let from = PaymentState::Authorized;
                let changed = store::change_state(transaction, payment_id, from, state, at).await?;
                let Some(stored) = changed else { return Ok(None) };
                move_money(transaction, context, &stored, at).await?;
                Ok(Some(stored.payment))
            })
            .await?;
        if let Some(payment) = voided {
            return Ok(payment);
        }
        let stored = self.stored(payment_id).await?;
        match stored.payment.state {
            // What was declined was never set aside.
            PaymentState::Voided | PaymentState::Declined | PaymentState::Authorized => Ok(stored.payment),
            PaymentState::Captured | PaymentState::Refunded => {
                Err(PaymentsError::PaymentCaptured { payment_id })
            }
        }
    }

    async fn refund_payment(
        &self,
        context: &Context,
        payment_id: PaymentId,
    ) -> Result<Payment, PaymentsError> {
        admit(context)?;
        let (from, to) = (PaymentState::Captured, PaymentState::Refunded);
        if let Some(payment) = self.change_state(context, payment_id, from, to).await? {
            return Ok(payment);
        }
        let stored = self.stored(payment_id).await?;
        match stored.payment.state {
            PaymentState::Refunded => Ok(stored.payment),
            _ => Err(PaymentsError::PaymentNotCaptured { payment_id }),
        }
    }

    async fn get_payment(&self, context: &Context, payment_id: PaymentId) -> Result<Payment, PaymentsError> {
        admit(context)?;
        Ok(self.stored(payment_id).await?.payment)
    }
}

/// What an authorisation is answered whose payment is there.
fn answer_again(
    stored: Stored,
    amount: Money,
    account_id: cleave_core::AccountId,
    token_digest: Option<&str>,
) -> Result<Payment, PaymentsError> {
    let Stored { payment, token_digest: known_digest, decline_reason } = stored;
    let payment_id = payment.payment_id;
    if payment.state == PaymentState::Voided {
        return Err(PaymentsError::PaymentVoided { payment_id });
    }
    let is_same = payment.amount == Some(amount)
        && payment.account_id == Some(account_id)
        && known_digest.as_deref() == token_digest;
    match decline_reason {
        _ if !is_same => Err(PaymentsError::PaymentMismatch { payment_id }),
        Some(reason) => Err(PaymentsError::PaymentDeclined { payment_id, reason }),
        None => Ok(payment),
    }
}

/// Has the provider write down what a payment has just become.
async fn move_money(
    transaction: &mut Transaction,
    context: &Context,
    stored: &Stored,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let Payment { payment_id, state, amount, account_id, .. } = stored.payment;
    let (Some(amount), Some(account_id)) = (amount, account_id) else { return Ok(()) };
    let movement = Movement { payment_id, kind: store::state_text(state), amount, account_id, at };
    sandbox::record(transaction, context, &movement).await
}

/// Admits the store itself: a checkout acts for it.
fn admit(context: &Context) -> Result<(), PaymentsError> {
    match &context.caller {
        Caller::System => Ok(()),
        Caller::Anonymous => Err(PaymentsError::Unauthenticated),
        Caller::User(_) => Err(PaymentsError::Forbidden),
    }
}

fn digest(payment_token: &str) -> String {
    Sha256::digest(payment_token).iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

fn failed(error: &sqlx::Error) -> PaymentsError {
    PaymentsError::from_failure(failure_of("payments", error))
}
