//! What a checkout asks of other modules, and what their answers mean for it. Every step can be repeated.

use std::rc::Rc;
use std::sync::Arc;

use cart_api::{Cart, CartError, PutBackCart, TakeCart, TakingId};
use cleave_core::{Caller, Clock, Context, ContractError};
use inventory_api::{Inventory, InventoryError, ReservationId, ReservationLine, ReserveStock};
use orders_api::OrdersError;
use payments_api::{AuthorizePayment, PaymentId, Payments, PaymentsError};

use crate::Settings;
use crate::order::Record;

/// How long stock is held for a checkout: longer than any checkout takes, so that what is confirmed is still there.
const HOLD_SECONDS: u32 = 86_400;

/// The other modules, as the store itself asks them on behalf of an order.
pub(crate) struct Steps {
    pub(crate) cart: Rc<dyn Cart>,
    pub(crate) inventory: Rc<dyn Inventory>,
    pub(crate) payments: Rc<dyn Payments>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
}

/// Why a step did not do what it should.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The answer is no, and will be: the order is refused.
    Refused(OrdersError),
    /// Somebody else has gone another way with this order.
    Overtaken,
    /// It is not known what became of it: to be repeated.
    Unknown(String),
}

impl Steps {
    /// Takes the cart at the version that was priced.
    pub(crate) async fn take_cart(&self, order: &Record) -> Result<(), Trouble> {
        let request = TakeCart {
            taking_id: TakingId::from(order.order_id.as_uuid()),
            account_id: order.account_id,
            version: order.cart_version,
        };
        let order_id = order.order_id;
        let context = self.context(order);
        match self.within_step(self.cart.take_cart(&context, request)).await? {
            Ok(_) => Ok(()),
            Err(CartError::CartChanged) => Err(Trouble::Refused(OrdersError::CartChanged { order_id })),
            Err(CartError::CartEmpty) => {
                Err(Trouble::Refused(OrdersError::CartEmpty { order_id: Some(order_id) }))
            }
            Err(CartError::TakingPutBack { .. }) => Err(Trouble::Overtaken),
            Err(error) => Err(unknown(&error)),
        }
    }

    /// Reserves the stock of all lines.
    pub(crate) async fn reserve_stock(&self, order: &Record) -> Result<(), Trouble> {
        let lines = order.lines.iter();
        let request = ReserveStock {
            reservation_id: reservation_id(order),
            lines: lines
                .map(|line| ReservationLine { product_id: line.product_id, quantity: line.quantity })
                .collect(),
            hold_seconds: HOLD_SECONDS,
        };
        let order_id = order.order_id;
        let context = self.context(order);
        match self.within_step(self.inventory.reserve_stock(&context, request)).await? {
            Ok(_) => Ok(()),
            Err(InventoryError::OutOfStock { product_ids }) => {
                Err(Trouble::Refused(OrdersError::OutOfStock { order_id, product_ids }))
            }
            Err(InventoryError::StockNotFound { product_id }) => {
                Err(Trouble::Refused(OrdersError::OutOfStock { order_id, product_ids: vec![product_id] }))
            }
            Err(InventoryError::ReservationReleased { .. }) => Err(Trouble::Overtaken),
            Err(error) => Err(unknown(&error)),
        }
    }

    /// Sets the money aside.
    pub(crate) async fn authorize_payment(&self, order: &Record) -> Result<(), Trouble> {
        let request = AuthorizePayment {
            payment_id: payment_id(order),
            account_id: order.account_id,
            amount: order.total,
            payment_token: order.payment_token.clone().unwrap_or_default(),
        };
        let order_id = order.order_id;
        let context = self.context(order);
        match self.within_step(self.payments.authorize_payment(&context, request)).await? {
            Ok(_) => Ok(()),
            Err(PaymentsError::PaymentDeclined { reason, .. }) => {
                let reason = reason.as_str().to_owned();
                Err(Trouble::Refused(OrdersError::PaymentDeclined { order_id, reason }))
            }
            Err(PaymentsError::UnknownPaymentToken) => {
                Err(Trouble::Refused(OrdersError::UnknownPaymentToken { order_id }))
            }
            Err(PaymentsError::PaymentVoided { .. }) => Err(Trouble::Overtaken),
            Err(error) => Err(unknown(&error)),
        }
    }

    /// Gives the stock back, or makes sure that it is never taken.
    pub(crate) async fn release_stock(&self, order: &Record) -> Result<(), Trouble> {
        let context = self.context(order);
        known(self.within_step(self.inventory.release_reservation(&context, reservation_id(order))).await?)
    }

    /// Lets the money go, or makes sure that it is never set aside.
    pub(crate) async fn void_payment(&self, order: &Record) -> Result<(), Trouble> {
        let context = self.context(order);
        known(self.within_step(self.payments.void_payment(&context, payment_id(order))).await?)
    }

    /// Puts the cart back, or makes sure that it is never taken.
    pub(crate) async fn put_back_cart(&self, order: &Record) -> Result<(), Trouble> {
        let taking_id = TakingId::from(order.order_id.as_uuid());
        let request = PutBackCart { taking_id, account_id: order.account_id };
        let context = self.context(order);
        known(self.within_step(self.cart.put_back_cart(&context, request)).await?)
    }

    /// Takes the money.
    pub(crate) async fn capture_payment(&self, order: &Record) -> Result<(), Trouble> {
        let context = self.context(order);
        known(self.within_step(self.payments.capture_payment(&context, payment_id(order))).await?)
    }

    /// Sells the stock.
    pub(crate) async fn sell_stock(&self, order: &Record) -> Result<(), Trouble> {
        let context = self.context(order);
        known(self.within_step(self.inventory.commit_reservation(&context, reservation_id(order))).await?)
    }

    /// Gives the money back, whether or not it was already taken.
    pub(crate) async fn refund_payment(&self, order: &Record) -> Result<(), Trouble> {
        let context = self.context(order);
        let refund = || self.payments.refund_payment(&context, payment_id(order));
        match self.within_step(refund()).await? {
            Err(PaymentsError::PaymentNotCaptured { .. }) => {
                self.capture_payment(order).await?;
                known(self.within_step(refund()).await?)
            }
            answer => known(answer),
        }
    }

    /// Takes the stock back, whether or not it was already sold.
    pub(crate) async fn return_stock(&self, order: &Record) -> Result<(), Trouble> {
        let context = self.context(order);
        let take_back = || self.inventory.return_reservation(&context, reservation_id(order));
        match self.within_step(take_back()).await? {
            Err(InventoryError::ReservationNotCommitted { .. }) => {
                self.sell_stock(order).await?;
                known(self.within_step(take_back()).await?)
            }
            answer => known(answer),
        }
    }

    /// The store itself, for the request that placed the order.
    fn context(&self, order: &Record) -> Context {
        Context {
            request_id: order.request_id.clone(),
            deadline: self.clock.instant() + self.settings.step_timeout(),
            caller: Caller::System,
            idempotency_key: None,
        }
    }

    /// The deadline travels, but a call within the process has nobody at its door who keeps it.
    async fn within_step<T>(&self, step: impl Future<Output = T>) -> Result<T, Trouble> {
        tokio::time::timeout(self.settings.step_timeout(), step)
            .await
            .map_err(|_| Trouble::Unknown("no answer within orders.step_timeout_ms".to_owned()))
    }
}

fn reservation_id(order: &Record) -> ReservationId {
    ReservationId::from(order.order_id.as_uuid())
}

fn payment_id(order: &Record) -> PaymentId {
    PaymentId::from(order.order_id.as_uuid())
}

fn known<T>(answer: Result<T, impl ContractError>) -> Result<(), Trouble> {
    answer.map(|_| ()).map_err(|error| unknown(&error))
}

fn unknown(error: &impl ContractError) -> Trouble {
    Trouble::Unknown(error.to_string())
}
