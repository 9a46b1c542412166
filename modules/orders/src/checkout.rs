//! The saga: what drives an order from one phase to the next, until there is nothing left to do.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Caller, Clock, Context, Timestamp};
use cleave_db::{Database, WriteError, failure_of};
use cleave_events::Outbox;
use orders_api::{OrderEvent, OrderStatus, OrdersError};
use tokio::sync::oneshot;

use crate::order::{Phase, Record};
use crate::steps::{Steps, Trouble};
use crate::{Settings, store};

/// How often a driver repeats a phase before it leaves the order to recovery.
const MAX_ATTEMPTS: u32 = 12;

/// The pause after the first failure; it doubles up to a limit.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Drives checkouts. Each order has one driver at a time: whoever holds the lease in its row.
pub(crate) struct Checkout {
    pub(crate) database: Database,
    pub(crate) outbox: Outbox,
    pub(crate) steps: Steps,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
}

/// Until when somebody wants to hear of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// Until it is confirmed or refused.
    Outcome,
    /// Until there is nothing left to do.
    End,
}

/// Why a driver stops before the end.
enum Stop {
    /// Somebody else drives the order, or has gone another way with it.
    Overtaken,
    /// To be tried again.
    Later(String),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Later(failure_of("orders", &error).to_string())
    }
}

impl Checkout {
    /// Drives an order in a task of its own, which outlives who asked for it, and tells when what is awaited has come.
    /// Dropped before that, it leaves the order to recovery.
    pub(crate) fn drive(self: &Rc<Self>, order: Record, awaited: Awaited) -> oneshot::Receiver<Record> {
        let (tell, told) = oneshot::channel();
        let checkout = self.clone();
        tokio::task::spawn_local(async move { checkout.to_the_end(order, awaited, tell).await });
        told
    }

    async fn to_the_end(&self, mut order: Record, awaited: Awaited, tell: oneshot::Sender<Record>) {
        let mut tell = Some(tell);
        let mut failures = 0;
        loop {
            let has_come = order.phase == Phase::Settled
                || (awaited == Awaited::Outcome && order.status != OrderStatus::Pending);
            if has_come && let Some(tell) = tell.take() {
                // Who asked may have gone.
                let _nobody_listens = tell.send(order.clone());
            }
            let done = match order.phase {
                Phase::Settled => return,
                Phase::Placing => self.place(&mut order).await,
                Phase::Undoing => self.undo(&mut order).await,
                Phase::Settling => self.settle(&mut order).await,
                Phase::Cancelling => self.give_back(&mut order).await,
            };
            let (order_id, request_id) = (order.order_id, order.request_id.clone());
            match done {
                Ok(()) => failures = 0,
                Err(Stop::Overtaken) => {
                    tracing::debug!(%order_id, %request_id, "somebody else drives this order");
                    return;
                }
                Err(Stop::Later(reason)) => {
                    failures += 1;
                    tracing::info!(%order_id, %request_id, phase = ?order.phase, failures, reason, "a checkout has to wait");
                    if failures == MAX_ATTEMPTS {
                        return;
                    }
                    tokio::time::sleep(pause(failures)).await;
                    match self.renew(&mut order).await {
                        Ok(()) => {}
                        Err(Stop::Overtaken) => return,
                        Err(Stop::Later(_)) => {}
                    }
                }
            }
        }
    }

    /// Up to the pivot. Nothing is written between the steps: all of them are known by the order's id, so they can be repeated,
    /// asked for and undone, whichever of them have happened.
    async fn place(&self, order: &mut Record) -> Result<(), Stop> {
        if self.clock.now() > order.created_at.plus(self.settings.placing_limit()) {
            let expired = OrdersError::CheckoutExpired { order_id: order.order_id };
            return self.refuse(order, expired).await;
        }
        let mut taken = self.steps.take_cart(order).await;
        if taken.is_ok() {
            taken = self.steps.reserve_stock(order).await;
        }
        if taken.is_ok() {
            taken = self.steps.authorize_payment(order).await;
        }
        match taken {
            Ok(()) => self.confirm(order).await,
            Err(Trouble::Refused(refusal)) => self.refuse(order, refusal).await,
            Err(Trouble::Overtaken) => Err(Stop::Overtaken),
            Err(Trouble::Unknown(reason)) => Err(Stop::Later(reason)),
        }
    }

    /// The pivot: from here on the order is bought.
    async fn confirm(&self, order: &mut Record) -> Result<(), Stop> {
        let next = Record {
            status: OrderStatus::Confirmed,
            phase: Phase::Settling,
            payment_token: None,
            ..self.at_now(order)
        };
        let event = OrderEvent::OrderConfirmed(next.told());
        let context = Context {
            request_id: order.request_id.clone(),
            deadline: self.clock.instant(),
            caller: Caller::System,
            idempotency_key: None,
        };
        let written = self
            .database
            .write(async |transaction| {
                if !store::advance(&mut *transaction, Phase::Placing, &next).await? {
                    return Ok::<_, WriteError<Stop>>(false);
                }
                let events = std::slice::from_ref(&event);
                self.outbox.record(transaction, &context, next.updated_at, events).await?;
                Ok(true)
            })
            .await;
        match written {
            Ok(true) => {
                self.outbox.wake();
                *order = next;
                Ok(())
            }
            Ok(false) => Err(Stop::Overtaken),
            Err(WriteError::Database(error)) => Err(error.into()),
            Err(WriteError::Refused(stop)) => Err(stop),
        }
    }

    /// Turns back. Where nothing has been taken yet, that is all.
    async fn refuse(&self, order: &mut Record, refusal: OrdersError) -> Result<(), Stop> {
        let (order_id, request_id) = (order.order_id, order.request_id.clone());
        tracing::info!(%order_id, %request_id, %refusal, "an order is refused");
        let has_taken_nothing =
            matches!(refusal, OrdersError::CartChanged { .. } | OrdersError::CartEmpty { .. });
        let (status, phase) = if has_taken_nothing {
            (OrderStatus::Refused, Phase::Settled)
        } else {
            (OrderStatus::Pending, Phase::Undoing)
        };
        let refusal = Some(refusal);
        let next = Record { status, phase, refusal, payment_token: None, ..self.at_now(order) };
        self.write(Phase::Placing, order, next).await
    }

    /// Undoes what may have been done. What surely was not is left alone.
    async fn undo(&self, order: &mut Record) -> Result<(), Stop> {
        let steps = &self.steps;
        let (release, void) = match order.refusal {
            Some(OrdersError::OutOfStock { .. }) => (false, false),
            Some(OrdersError::PaymentDeclined { .. } | OrdersError::UnknownPaymentToken { .. }) => {
                (true, false)
            }
            _ => (true, true),
        };
        let release = async { if release { steps.release_stock(order).await } else { Ok(()) } };
        let void = async { if void { steps.void_payment(order).await } else { Ok(()) } };
        let (released, voided, put_back) = tokio::join!(release, void, steps.put_back_cart(order));
        all([released, voided, put_back])?;
        let next = Record { status: OrderStatus::Refused, phase: Phase::Settled, ..self.at_now(order) };
        self.write(Phase::Undoing, order, next).await
    }

    /// After the pivot: forward, whatever it takes.
    async fn settle(&self, order: &mut Record) -> Result<(), Stop> {
        let (captured, sold) = tokio::join!(self.steps.capture_payment(order), self.steps.sell_stock(order));
        all([captured, sold])?;
        // The customer's last change was the confirmation.
        let updated_at = order.updated_at;
        let next = Record { phase: Phase::Settled, updated_at, ..self.at_now(order) };
        self.write(Phase::Settling, order, next).await
    }

    /// After a cancellation.
    async fn give_back(&self, order: &mut Record) -> Result<(), Stop> {
        let (refunded, returned) =
            tokio::join!(self.steps.refund_payment(order), self.steps.return_stock(order));
        all([refunded, returned])?;
        let updated_at = order.updated_at;
        let next = Record { phase: Phase::Settled, updated_at, ..self.at_now(order) };
        self.write(Phase::Cancelling, order, next).await
    }

    /// Holds the lease for longer.
    async fn renew(&self, order: &mut Record) -> Result<(), Stop> {
        let updated_at = order.updated_at;
        let next = Record { updated_at, ..self.at_now(order) };
        self.write(order.phase, order, next).await
    }

    /// The order as it is, changed now, with a lease from now on.
    fn at_now(&self, order: &Record) -> Record {
        let now = self.clock.now();
        let mut next = order.clone();
        next.updated_at = now;
        next.lease.until = self.lease_from(now);
        next
    }

    /// Until when a lease holds that begins now.
    pub(crate) fn lease_from(&self, now: Timestamp) -> Timestamp {
        now.plus(self.settings.lease())
    }

    async fn write(&self, from: Phase, order: &mut Record, next: Record) -> Result<(), Stop> {
        if !store::advance(self.database.writer(), from, &next).await? {
            return Err(Stop::Overtaken);
        }
        *order = next;
        Ok(())
    }
}

/// All of the steps have done what they should, or one tells why it has not.
fn all(done: impl IntoIterator<Item = Result<(), Trouble>>) -> Result<(), Stop> {
    done.into_iter().collect::<Result<(), _>>().map_err(|trouble| match trouble {
        Trouble::Overtaken => Stop::Overtaken,
        Trouble::Refused(refusal) => Stop::Later(refusal.to_string()),
        Trouble::Unknown(reason) => Stop::Later(reason),
    })
}

fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures - 1)).min(LONGEST_PAUSE)
}
