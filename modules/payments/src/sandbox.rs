//! The provider: what it says to a token, and its ledger.

use cleave_core::{AccountId, Context, Money, Timestamp};
use cleave_db::Transaction;
use payments_api::{DeclineReason, PaymentId};

/// What the provider says to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved,
    /// Approved, after a while.
    ApprovedLate,
    Declined(DeclineReason),
}

/// What the provider says to a token; `None` where it does not know it.
pub(crate) fn verdict(payment_token: &str) -> Option<Verdict> {
    match payment_token {
        "tok_visa" => Some(Verdict::Approved),
        "tok_slow" => Some(Verdict::ApprovedLate),
        "tok_declined" => Some(Verdict::Declined(DeclineReason::CardDeclined)),
        "tok_insufficient_funds" => Some(Verdict::Declined(DeclineReason::InsufficientFunds)),
        _ => None,
    }
}

/// A movement of money, for the ledger.
#[derive(Debug)]
pub(crate) struct Movement {
    pub(crate) payment_id: PaymentId,
    /// `authorized`, `declined`, `captured`, `voided` or `refunded`.
    pub(crate) kind: &'static str,
    pub(crate) amount: Money,
    pub(crate) account_id: AccountId,
    pub(crate) at: Timestamp,
}

/// Writes a movement down. The table refuses a second one of the same kind.
pub(crate) async fn record(
    transaction: &mut Transaction,
    context: &Context,
    movement: &Movement,
) -> Result<(), sqlx::Error> {
    let actor = context.caller.account_id().map_or_else(|| "system".to_owned(), |id| id.to_string());
    sqlx::query(
        "INSERT INTO sandbox_ledger (payment_id, kind, amount, currency, account_id, actor, request_id, moved_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(movement.payment_id.to_string())
    .bind(movement.kind)
    .bind(movement.amount.amount)
    .bind(movement.amount.currency.as_str())
    .bind(movement.account_id.to_string())
    .bind(actor)
    .bind(context.request_id.as_str())
    .bind(movement.at.as_micros())
    .execute(transaction)
    .await
    .map(|_| ())
}
