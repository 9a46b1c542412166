//! The modules that orders ask, in memory: each command known by its id, tombstones included, and faults on demand.

mod cart;
mod catalog;
mod inventory;
mod payments;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cart_api::{CartContents, CartLine, CartTaking, TakingId};
use catalog_api::{Product, ProductId};
use cleave_core::{AccountId, CallFailure, Caller, Clock as _, Context, ContractError, ManualClock};
use inventory_api::{Reservation, ReservationId};
use payments_api::{DeclineReason, Payment, PaymentId};
use tokio::sync::Notify;

/// What goes wrong with one call.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// Nobody is there; nothing happens.
    Away,
    /// Nobody is there, and finding that out takes so long.
    AwayAfter(Duration),
    /// It happens, and the answer is lost.
    AnswerLost,
    /// It happens after so long.
    Slow(Duration),
    /// It never happens, and nobody says so.
    HangsBefore,
    /// It happens, and nobody says so.
    HangsAfter,
    /// It happens when the gate is opened.
    Late(Rc<Notify>),
}

/// The other modules. Clones are the same ones.
#[derive(Clone)]
pub(super) struct Others {
    pub(super) clock: Arc<ManualClock>,
    state: Rc<RefCell<State>>,
    arrival: Rc<Notify>,
}

#[derive(Default)]
pub(super) struct State {
    /// Every call that has arrived, and for which request.
    pub(super) calls: Vec<(&'static str, String)>,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) carts: BTreeMap<AccountId, CartContents>,
    pub(super) takings: BTreeMap<TakingId, CartTaking>,
    pub(super) stock: BTreeMap<ProductId, Level>,
    pub(super) reservations: BTreeMap<ReservationId, Reservation>,
    pub(super) payments: BTreeMap<PaymentId, Stored>,
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) received: i64,
    pub(super) available: i64,
    pub(super) reserved: i64,
    pub(super) sold: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) payment: Payment,
    token: Option<String>,
    declined: Option<DeclineReason>,
}

impl Others {
    pub(super) fn new(clock: Arc<ManualClock>) -> Self {
        Self { clock, state: Rc::default(), arrival: Rc::default() }
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.borrow_mut())
    }

    /// Makes the next call of this operation go wrong, after those that are to go wrong already.
    pub(super) fn fail(&self, operation: &'static str, fault: Fault) {
        self.with(|state| state.faults.entry(operation).or_default().push_back(fault));
    }

    /// Holds the next call of this operation back until the gate is opened.
    pub(super) fn hold_back(&self, operation: &'static str) -> Rc<Notify> {
        let gate = Rc::new(Notify::new());
        self.fail(operation, Fault::Late(gate.clone()));
        gate
    }

    /// How often the operation was called.
    pub(super) fn count(&self, operation: &str) -> usize {
        self.with(|state| state.calls.iter().filter(|(known, _)| *known == operation).count())
    }

    /// Completes when the operation has been called so often.
    pub(super) async fn reached(&self, operation: &str, times: usize) {
        loop {
            let arrival = self.arrival.notified();
            if self.count(operation) >= times {
                return;
            }
            arrival.await;
        }
    }

    /// A call, as it would be over a network.
    async fn call<T, E: ContractError>(
        &self,
        operation: &'static str,
        context: &Context,
        effect: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        let fault = self.with(|state| {
            state.calls.push((operation, context.request_id.to_string()));
            state.faults.get_mut(operation).and_then(VecDeque::pop_front)
        });
        self.arrival.notify_waiters();
        assert!(context.deadline > self.clock.instant(), "{operation} is asked in time");
        // Between a question and its effect there are always others.
        tokio::task::yield_now().await;
        let away = || Err(E::from_failure(CallFailure::Unavailable(operation.to_owned())));
        match fault {
            None => {}
            Some(Fault::Away) => return away(),
            Some(Fault::AwayAfter(time)) => {
                self.clock.advance(time);
                return away();
            }
            Some(Fault::AnswerLost) => {
                let _lost = self.with(effect);
                return Err(E::from_failure(CallFailure::Timeout));
            }
            Some(Fault::Slow(time)) => self.clock.advance(time),
            Some(Fault::HangsBefore) => std::future::pending().await,
            Some(Fault::HangsAfter) => {
                let _nobody_says_so = self.with(effect);
                return std::future::pending().await;
            }
            Some(Fault::Late(gate)) => gate.notified().await,
        }
        self.with(effect)
    }

    /// The same for an operation that only the store itself may ask for.
    async fn internal_call<T, E: ContractError>(
        &self,
        operation: &'static str,
        context: &Context,
        effect: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        assert_eq!(context.caller, Caller::System, "{operation} is asked by the store itself");
        self.call(operation, context, effect).await
    }
}

impl State {
    /// Puts so many of a product into a cart, instead of how many there were.
    pub(super) fn set_item(&mut self, account_id: AccountId, product_id: ProductId, quantity: i64) {
        let cart = self.cart(account_id);
        cart.version += 1;
        match cart.lines.iter_mut().find(|line| line.product_id == product_id) {
            Some(line) => line.quantity = quantity,
            None => cart.lines.push(CartLine { product_id, quantity }),
        }
    }

    fn cart(&mut self, account_id: AccountId) -> &mut CartContents {
        self.carts.entry(account_id).or_insert(CartContents { version: 0, lines: Vec::new() })
    }
}
