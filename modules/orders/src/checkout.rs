//! The saga: what is done for an order, in which phase, and what is written down when.
//!
//! A driver holds the row's lease. Every change of the row names the lease's token and the phase that it leaves, so a driver
//! that has been overtaken writes nothing more; what it still asks of others has no effect after the other driver's
//! compensation, because that leaves tombstones. `tests/fencing.rs` holds this.

use std::cell::Cell;
use std::rc::Rc;

use cleave_core::{Caller, Context, Timestamp};
use cleave_db::{WriteError, failure_of};
use orders_api::{OrderEvent, OrderStatus, OrdersError};
use tokio::sync::watch;

use crate::order::{Phase, Record};
use crate::parts::{Parts, failed};
use crate::store;

/// What a driver has told last: nothing before the order is written down.
pub(crate) type News = Option<Result<Record, OrdersError>>;

/// How often one thing is tried before the rest is left to recovery.
pub(crate) const MAX_TRIES: u32 = 8;

/// Why a driver does not go on.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The order is refused; only before the pivot.
    Refused(OrdersError),
    /// Somebody else drives the checkout.
    TakenOver,
    /// Somebody is away for long: recovery goes on when the lease is over.
    Later,
}

/// One checkout and who waits for it, in the hands of the holder of its lease.
pub(crate) struct Checkout {
    pub(crate) parts: Rc<Parts>,
    pub(crate) order: Record,
    /// Until when the lease is known to be ours: it is extended while a step is under way.
    pub(crate) lease_until: Cell<Timestamp>,
    tell: watch::Sender<News>,
}

/// Writes an order down and checks it out; where its key has an order already, that one is told.
pub(crate) async fn place(parts: Rc<Parts>, order: Record, tell: watch::Sender<News>) {
    let told = match store::insert(&parts.database, &order).await {
        Ok(true) => return Checkout::new(parts, order, tell).run().await,
        Ok(false) => store::order_by_key(&parts.database, order.account_id, &order.idempotency_key).await,
        Err(error) => Err(error),
    };
    let earlier =
        told.map_err(|error| failed(&error)).and_then(|earlier| earlier.ok_or(OrdersError::Internal));
    tell.send_replace(Some(earlier));
}

/// Cancels a confirmed order and gives back what it took; where it is no longer confirmed, the order is told as it is.
pub(crate) async fn cancel(parts: Rc<Parts>, context: Context, order: Record, tell: watch::Sender<News>) {
    let cancelled = Record {
        status: OrderStatus::Cancelled,
        phase: Phase::Cancelling,
        updated_at: parts.clock.now(),
        lease: parts.new_lease(),
        ..order
    };
    let events = [OrderEvent::OrderCancelled(cancelled.told())];
    let outcome = parts
        .database
        .write(async |transaction| {
            if !store::cancel(transaction, &cancelled).await? {
                return Err(WriteError::Refused(()));
            }
            parts.outbox.record(transaction, &context, cancelled.updated_at, &events).await?;
            Ok(())
        })
        .await;
    let told = match outcome {
        Ok(()) => {
            parts.outbox.wake();
            return Checkout::new(parts, cancelled, tell).run().await;
        }
        Err(WriteError::Refused(())) => {
            store::order(&parts.database, cancelled.account_id, cancelled.order_id).await
        }
        Err(WriteError::Database(error)) => Err(error),
    };
    let present =
        told.map_err(|error| failed(&error)).and_then(|present| present.ok_or(OrdersError::Internal));
    tell.send_replace(Some(present));
}

impl Checkout {
    /// The checkout of an order whose lease is ours.
    pub(crate) fn new(parts: Rc<Parts>, order: Record, tell: watch::Sender<News>) -> Self {
        let lease_until = Cell::new(order.lease.until);
        tell.send_replace(Some(Ok(order.clone())));
        Self { parts, order, lease_until, tell }
    }

    /// Does what is left to do, from wherever it stands.
    pub(crate) async fn run(mut self) {
        self.log();
        loop {
            let done = match self.order.phase {
                Phase::Placing => self.place().await,
                Phase::Undoing => self.undo().await,
                Phase::Settling => self.settle().await,
                Phase::Cancelling => self.give_back().await,
                Phase::Settled => return,
            };
            let Err(halt) = done else { continue };
            let (order_id, request_id) = (self.order.order_id, &self.order.request_id);
            tracing::warn!(%order_id, %request_id, phase = ?self.order.phase, ?halt, "a checkout is left to others");
            return;
        }
    }

    async fn place(&mut self) -> Result<(), Halt> {
        match self.take_all().await {
            Ok(()) => self.confirm().await,
            Err(Halt::Refused(refusal)) => self.refuse(refusal).await,
            Err(halt) => Err(halt),
        }
    }

    async fn take_all(&self) -> Result<(), Halt> {
        self.take_cart().await?;
        self.reserve_stock().await?;
        self.authorize_payment().await?;
        // The reservation is held for long, and not for ever: a driver that has slept for a day must not confirm.
        self.patience()?;
        Ok(())
    }

    /// The pivot.
    async fn confirm(&mut self) -> Result<(), Halt> {
        let now = self.parts.clock.now();
        let confirmed = Record {
            status: OrderStatus::Confirmed,
            phase: Phase::Settling,
            payment_token: None,
            updated_at: now,
            ..self.order.clone()
        };
        let event = OrderEvent::OrderConfirmed(confirmed.told());
        self.advance(confirmed, Some(event)).await?;
        self.parts.outbox.wake();
        Ok(())
    }

    async fn refuse(&mut self, refusal: OrdersError) -> Result<(), Halt> {
        // A cart of another version cannot be taken by a late step either, and nothing comes before the cart.
        let has_no_effect =
            matches!(refusal, OrdersError::CartChanged { .. } | OrdersError::CartEmpty { .. });
        let refused = Record { payment_token: None, refusal: Some(refusal), ..self.order.clone() };
        if has_no_effect {
            let updated_at = self.parts.clock.now();
            let refused =
                Record { status: OrderStatus::Refused, phase: Phase::Settled, updated_at, ..refused };
            return self.advance(refused, None).await;
        }
        self.advance(Record { phase: Phase::Undoing, ..refused }, None).await
    }

    /// Each compensation is made blindly: one that finds nothing makes sure that nothing comes later.
    async fn undo(&mut self) -> Result<(), Halt> {
        let is_declined = matches!(self.order.refusal, Some(OrdersError::PaymentDeclined { .. }));
        let let_go = async { if is_declined { Ok(()) } else { self.void_payment().await } };
        let (released, let_go, put_back) = tokio::join!(self.release_stock(), let_go, self.put_back_cart());
        released.and(let_go).and(put_back)?;
        let updated_at = self.parts.clock.now();
        let refused =
            Record { status: OrderStatus::Refused, phase: Phase::Settled, updated_at, ..self.order.clone() };
        self.advance(refused, None).await
    }

    async fn settle(&mut self) -> Result<(), Halt> {
        let (captured, sold) = tokio::join!(self.capture_payment(), self.sell_stock());
        captured.and(sold)?;
        self.advance(Record { phase: Phase::Settled, ..self.order.clone() }, None).await
    }

    /// Only what was taken can be given back, so an order that is cancelled while it settles is settled first.
    async fn give_back(&mut self) -> Result<(), Halt> {
        let money = async {
            self.capture_payment().await?;
            self.refund_payment().await
        };
        let stock = async {
            self.sell_stock().await?;
            self.return_stock().await
        };
        let (money, stock) = tokio::join!(money, stock);
        money.and(stock)?;
        self.advance(Record { phase: Phase::Settled, ..self.order.clone() }, None).await
    }

    /// Writes down where the checkout has come to, with its event, and tells who waits.
    async fn advance(&mut self, mut next: Record, event: Option<OrderEvent>) -> Result<(), Halt> {
        next.lease.until = self.parts.clock.now().plus(self.parts.settings.lease());
        for tries in 1..=MAX_TRIES {
            match self.try_advance(&next, event.as_ref()).await {
                Ok(true) => {
                    self.lease_until.set(next.lease.until);
                    self.tell.send_replace(Some(Ok(next.clone())));
                    self.order = next;
                    self.log();
                    return Ok(());
                }
                Ok(false) => return Err(Halt::TakenOver),
                Err(error) => {
                    failure_of("orders", &error);
                    self.pause(tries).await;
                }
            }
        }
        Err(Halt::Later)
    }

    /// `false` where somebody else drives the checkout.
    async fn try_advance(&self, next: &Record, event: Option<&OrderEvent>) -> Result<bool, sqlx::Error> {
        let Parts { database, outbox, .. } = &*self.parts;
        let from = self.order.phase;
        let has_advanced = if let Some(event) = event {
            let context = self.context(self.parts.settings.step_timeout());
            let written = database
                .write(async |transaction| {
                    if !store::advance(&mut *transaction, from, next).await? {
                        return Err(WriteError::Refused(()));
                    }
                    outbox
                        .record(transaction, &context, next.updated_at, std::slice::from_ref(event))
                        .await?;
                    Ok(())
                })
                .await;
            match written {
                Ok(()) => true,
                Err(WriteError::Refused(())) => false,
                Err(WriteError::Database(error)) => return Err(error),
            }
        } else {
            store::advance(database.writer(), from, next).await?
        };
        if has_advanced {
            return Ok(true);
        }
        // An earlier try may have been committed without telling so.
        let present = store::order(database, next.account_id, next.order_id).await?;
        Ok(present
            .is_some_and(|present| present.lease.token == next.lease.token && present.phase == next.phase))
    }

    /// What travels with what the saga asks of others: it acts for the store itself, under the request of the order.
    pub(crate) fn context(&self, patience: std::time::Duration) -> Context {
        Context {
            request_id: self.order.request_id.clone(),
            deadline: self.parts.clock.instant() + patience,
            caller: Caller::System,
            idempotency_key: None,
        }
    }

    fn log(&self) {
        let Record { order_id, request_id, phase, refusal: Some(refusal), .. } = &self.order else { return };
        let reason = cleave_core::ContractError::code(refusal);
        if *phase == Phase::Undoing {
            tracing::info!(%order_id, %request_id, reason, "a checkout is being undone");
        } else {
            tracing::info!(%order_id, %request_id, reason, "an order is refused");
        }
    }
}
