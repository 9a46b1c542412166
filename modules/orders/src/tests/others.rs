//! The modules that orders ask, in memory: each command known by its id, tombstones included, and faults on demand.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cart_api::{CartContents, CartError, CartLine, CartTaking, PutBackCart, TakeCart, TakingId, TakingState};
use catalog_api::{Product, ProductId};
use cleave_core::{AccountId, CallFailure, Caller, Clock as _, Context, ContractError, ManualClock, Money};
use inventory_api::{InventoryError, Reservation, ReservationId, ReservationState, ReserveStock};
use payments_api::{AuthorizePayment, DeclineReason, Payment, PaymentId, PaymentState, PaymentsError};
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

    fn change_reservation(
        &mut self,
        reservation_id: ReservationId,
        [from, to]: [ReservationState; 2],
        change: impl Fn(&mut Level, i64),
    ) -> Option<Reservation> {
        let reservation = self.reservations.get_mut(&reservation_id)?;
        if reservation.state == from {
            reservation.state = to;
            for line in &reservation.lines {
                change(self.stock.entry(line.product_id).or_default(), line.quantity);
            }
        }
        Some(reservation.clone())
    }

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

#[async_trait::async_trait(?Send)]
impl cart_api::Cart for Others {
    async fn get_cart(&self, _: &Context) -> Result<cart_api::CartView, CartError> {
        unreachable!("orders do not ask for it")
    }

    async fn set_item(&self, _: &Context, _: cart_api::SetItem) -> Result<cart_api::CartView, CartError> {
        unreachable!("orders do not ask for it")
    }

    async fn remove_item(&self, _: &Context, _: ProductId) -> Result<cart_api::CartView, CartError> {
        unreachable!("orders do not ask for it")
    }

    async fn read_cart(&self, context: &Context, account_id: AccountId) -> Result<CartContents, CartError> {
        self.call("read_cart", context, |state| Ok(state.cart(account_id).clone())).await
    }

    async fn take_cart(&self, context: &Context, request: TakeCart) -> Result<CartTaking, CartError> {
        let TakeCart { taking_id, account_id, version } = request;
        self.internal_call("take_cart", context, |state| {
            if let Some(taking) = state.takings.get(&taking_id) {
                return match taking.state {
                    TakingState::Taken => Ok(taking.clone()),
                    TakingState::PutBack => Err(CartError::TakingPutBack { taking_id }),
                };
            }
            let cart = state.cart(account_id);
            if cart.lines.is_empty() {
                return Err(CartError::CartEmpty);
            }
            if cart.version != version {
                return Err(CartError::CartChanged);
            }
            cart.version += 1;
            let lines = std::mem::take(&mut cart.lines);
            let taking = CartTaking { taking_id, account_id, state: TakingState::Taken, lines };
            state.takings.insert(taking_id, taking.clone());
            Ok(taking)
        })
        .await
    }

    async fn put_back_cart(&self, context: &Context, request: PutBackCart) -> Result<CartTaking, CartError> {
        let PutBackCart { taking_id, account_id } = request;
        self.internal_call("put_back_cart", context, |state| {
            let tombstone =
                CartTaking { taking_id, account_id, state: TakingState::PutBack, lines: Vec::new() };
            let taking = state.takings.entry(taking_id).or_insert(tombstone);
            if taking.state == TakingState::PutBack {
                return Ok(taking.clone());
            }
            taking.state = TakingState::PutBack;
            let taking = taking.clone();
            for line in &taking.lines {
                let lines = &state.cart(account_id).lines;
                let there = lines.iter().find(|known| known.product_id == line.product_id);
                let quantity = line.quantity + there.map_or(0, |line| line.quantity);
                state.set_item(account_id, line.product_id, quantity);
            }
            Ok(taking)
        })
        .await
    }

    async fn get_taking(&self, _: &Context, _: TakingId) -> Result<CartTaking, CartError> {
        unreachable!("orders do not ask for it")
    }
}

#[async_trait::async_trait(?Send)]
impl catalog_api::Catalog for Others {
    async fn list_products(
        &self,
        _: &Context,
        _: catalog_api::ListProducts,
    ) -> Result<cleave_core::Page<Product>, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }

    async fn get_product(
        &self,
        _: &Context,
        _: ProductId,
    ) -> Result<catalog_api::ProductWithStock, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }

    async fn get_products(
        &self,
        context: &Context,
        product_ids: Vec<ProductId>,
    ) -> Result<Vec<Product>, catalog_api::CatalogError> {
        self.call("get_products", context, |state| {
            Ok(product_ids.iter().filter_map(|id| state.products.get(id).cloned()).collect())
        })
        .await
    }

    async fn create_product(
        &self,
        _: &Context,
        _: catalog_api::NewProduct,
    ) -> Result<Product, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }

    async fn update_product(
        &self,
        _: &Context,
        _: catalog_api::UpdateProduct,
    ) -> Result<Product, catalog_api::CatalogError> {
        unreachable!("orders do not ask for it")
    }
}

#[async_trait::async_trait(?Send)]
impl inventory_api::Inventory for Others {
    async fn get_stock(&self, _: &Context, _: ProductId) -> Result<inventory_api::Stock, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn receive_stock(
        &self,
        _: &Context,
        _: inventory_api::ReceiveStock,
    ) -> Result<inventory_api::Receipt, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn open_stock(
        &self,
        _: &Context,
        _: inventory_api::OpenStock,
    ) -> Result<inventory_api::Stock, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn reserve_stock(
        &self,
        context: &Context,
        request: ReserveStock,
    ) -> Result<Reservation, InventoryError> {
        let ReserveStock { reservation_id, mut lines, hold_seconds } = request;
        let expires_at = self.clock.now().plus(Duration::from_secs(hold_seconds.into()));
        self.internal_call("reserve_stock", context, |state| {
            if let Some(known) = state.reservations.get(&reservation_id) {
                let is_tombstone = known.lines.is_empty();
                let released = Err(InventoryError::ReservationReleased { reservation_id });
                return if is_tombstone { released } else { Ok(known.clone()) };
            }
            lines.sort_by_key(|line| line.product_id);
            let mut lacking = Vec::new();
            for line in &lines {
                let product_id = line.product_id;
                let level =
                    state.stock.get(&product_id).ok_or(InventoryError::StockNotFound { product_id })?;
                if level.available < line.quantity {
                    lacking.push(product_id);
                }
            }
            if !lacking.is_empty() {
                return Err(InventoryError::OutOfStock { product_ids: lacking });
            }
            for line in &lines {
                let level = state.stock.entry(line.product_id).or_default();
                level.available -= line.quantity;
                level.reserved += line.quantity;
            }
            let reserved = ReservationState::Reserved;
            let reservation = Reservation { reservation_id, state: reserved, lines, expires_at };
            state.reservations.insert(reservation_id, reservation.clone());
            Ok(reservation)
        })
        .await
    }

    async fn get_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        unreachable!("orders do not ask for it")
    }

    async fn commit_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.internal_call("commit_reservation", context, |state| {
            let change = [ReservationState::Reserved, ReservationState::Committed];
            let committed = state.change_reservation(reservation_id, change, |level, quantity| {
                level.reserved -= quantity;
                level.sold += quantity;
            });
            match committed {
                None => Err(InventoryError::ReservationNotFound { reservation_id }),
                Some(reservation) if reservation.state == ReservationState::Released => {
                    Err(InventoryError::ReservationReleased { reservation_id })
                }
                Some(reservation) => Ok(reservation),
            }
        })
        .await
    }

    async fn release_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        let expires_at = self.clock.now();
        self.internal_call("release_reservation", context, |state| {
            let released = ReservationState::Released;
            let tombstone = Reservation { reservation_id, state: released, lines: Vec::new(), expires_at };
            state.reservations.entry(reservation_id).or_insert(tombstone);
            let change = [ReservationState::Reserved, released];
            let reservation = state.change_reservation(reservation_id, change, |level, quantity| {
                level.reserved -= quantity;
                level.available += quantity;
            });
            match reservation {
                Some(reservation) if reservation.state == released => Ok(reservation),
                _ => Err(InventoryError::ReservationCommitted { reservation_id }),
            }
        })
        .await
    }

    async fn return_reservation(
        &self,
        context: &Context,
        reservation_id: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        self.internal_call("return_reservation", context, |state| {
            let returned = ReservationState::Returned;
            let change = [ReservationState::Committed, returned];
            let reservation = state.change_reservation(reservation_id, change, |level, quantity| {
                level.sold -= quantity;
                level.available += quantity;
            });
            match reservation {
                Some(reservation) if reservation.state == returned => Ok(reservation),
                _ => Err(InventoryError::ReservationNotCommitted { reservation_id }),
            }
        })
        .await
    }
}

#[async_trait::async_trait(?Send)]
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
