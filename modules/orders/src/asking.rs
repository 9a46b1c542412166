//! How the saga asks others: in time, under its lease, again when there is no answer.

use std::time::Duration;

use cleave_core::{CallFailure, Context, ContractError, ErrorKind};
use cleave_db::failure_of;
use orders_api::OrdersError;

use crate::checkout::{Checkout, Halt, MAX_TRIES};
use crate::order::Phase;
use crate::store;

/// The longest first pause, which doubles, and the longest of all.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

impl Checkout {
    /// Asks until there is an answer that would be the same again. No answer is never taken for one: what it asks has one
    /// effect, however often it asks.
    pub(crate) async fn ask<T, E: ContractError>(
        &self,
        step: &'static str,
        call: impl AsyncFn(&Context) -> Result<T, E>,
    ) -> Result<Result<T, E>, Halt> {
        let mut tries = 0;
        loop {
            let patience = self.patience()?;
            if self.hold(patience).await? {
                let context = self.context(patience);
                // The deadline travels, but a call within the process has nobody at its door who keeps it.
                let answer = tokio::time::timeout(patience, call(&context)).await;
                match answer.unwrap_or_else(|_elapsed| Err(E::from_failure(CallFailure::Timeout))) {
                    Err(error) if may_pass(error.kind()) => {
                        let (order_id, request_id) = (self.order.order_id, &self.order.request_id);
                        tracing::warn!(%order_id, %request_id, step, %error, "a step has to be repeated");
                    }
                    answer => return Ok(answer),
                }
            }
            tries += 1;
            if tries >= MAX_TRIES && self.order.phase != Phase::Placing {
                return Err(Halt::Later);
            }
            self.pause(tries).await;
        }
    }

    /// How long one step may take now; refused where the order cannot be confirmed in time any more.
    pub(crate) fn patience(&self) -> Result<Duration, Halt> {
        let settings = &self.parts.settings;
        if self.order.phase != Phase::Placing {
            return Ok(settings.step_timeout());
        }
        let order_id = self.order.order_id;
        let limit = self.order.created_at.plus(settings.placing_limit());
        let left = limit.as_micros() - self.parts.clock.now().as_micros();
        match u64::try_from(left) {
            Ok(left) if left > 0 => Ok(settings.step_timeout().min(Duration::from_micros(left))),
            _ => Err(Halt::Refused(OrdersError::CheckoutExpired { order_id })),
        }
    }

    /// Makes sure that nobody else drives the checkout during a step; `false` where that is not known.
    async fn hold(&self, patience: Duration) -> Result<bool, Halt> {
        let now = self.parts.clock.now();
        if now.plus(patience) <= self.lease_until.get() {
            return Ok(true);
        }
        let (order_id, token) = (self.order.order_id, &self.order.lease.token);
        let until = now.plus(self.parts.settings.lease());
        match store::hold(&self.parts.database, order_id, token, until).await {
            Ok(true) => {
                self.lease_until.set(until);
                Ok(true)
            }
            Ok(false) => Err(Halt::TakenOver),
            Err(error) => {
                failure_of("orders", &error);
                Ok(false)
            }
        }
    }

    /// Waits before another try: longer each time, and not as long as others do.
    pub(crate) async fn pause(&self, tries: u32) {
        let (first, longest) = PAUSES;
        let pause = longest.min(first * 2_u32.pow((tries - 1).min(16)));
        let random_byte = self.parts.ids.next().as_bytes()[15];
        tokio::time::sleep(pause.mul_f64(f64::from(random_byte) / 255.0)).await;
    }
}

/// Whether the same question may get another answer later.
fn may_pass(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Unavailable
        | ErrorKind::Timeout
        | ErrorKind::Internal
        | ErrorKind::Overloaded
        // The store's own credential is refused: somebody is about to mend it.
        | ErrorKind::Unauthenticated
        | ErrorKind::Forbidden => true,
        ErrorKind::Malformed
        | ErrorKind::Invalid
        | ErrorKind::Declined
        | ErrorKind::NotFound
        | ErrorKind::Conflict => false,
    }
}
