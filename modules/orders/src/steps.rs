//! The steps of the saga: what it asks of others under the order's id, and what their answers mean.

use std::fmt::Debug;

use cart_api::{CartError, PutBackCart, TakeCart, TakingId, TakingState};
use inventory_api::{
    InventoryError, MAX_HOLD_SECONDS, ReservationId, ReservationLine, ReservationState, ReserveStock,
};
use orders_api::OrdersError;
use payments_api::{AuthorizePayment, PaymentId, PaymentState, PaymentsError};

use crate::checkout::{Checkout, Halt};

/// Before the pivot: each has its compensation below.
impl Checkout {
    pub(crate) async fn take_cart(&self) -> Result<(), Halt> {
        let (order_id, account_id) = (self.order.order_id, self.order.account_id);
        let (taking_id, version) = (self.taking_id(), self.order.cart_version);
        let request = TakeCart { taking_id, account_id, version };
        let answer = self
            .ask("take_cart", async |context| self.parts.cart.take_cart(context, request.clone()).await)
            .await?;
        match answer {
            Ok(taking) if taking.state == TakingState::Taken => Ok(()),
            Err(CartError::CartChanged) => Err(Halt::Refused(OrdersError::CartChanged { order_id })),
            Err(CartError::CartEmpty) => {
                Err(Halt::Refused(OrdersError::CartEmpty { order_id: Some(order_id) }))
            }
            answer => Err(self.give_up("take_cart", &answer)),
        }
    }

    pub(crate) async fn reserve_stock(&self) -> Result<(), Halt> {
        let order_id = self.order.order_id;
        let lines = self
            .order
            .lines
            .iter()
            .map(|line| ReservationLine { product_id: line.product_id, quantity: line.quantity });
        let request = ReserveStock {
            reservation_id: self.reservation_id(),
            lines: lines.collect(),
            hold_seconds: MAX_HOLD_SECONDS,
        };
        let answer = self
            .ask("reserve_stock", async |context| {
                self.parts.inventory.reserve_stock(context, request.clone()).await
            })
            .await?;
        let lacking = |product_ids| Err(Halt::Refused(OrdersError::OutOfStock { order_id, product_ids }));
        match answer {
            Ok(reservation) if reservation.state == ReservationState::Reserved => Ok(()),
            Err(InventoryError::OutOfStock { product_ids }) => lacking(product_ids),
            Err(InventoryError::StockNotFound { product_id }) => lacking(vec![product_id]),
            answer => Err(self.give_up("reserve_stock", &answer)),
        }
    }

    pub(crate) async fn authorize_payment(&self) -> Result<(), Halt> {
        let (order_id, account_id) = (self.order.order_id, self.order.account_id);
        let request = AuthorizePayment {
            payment_id: self.payment_id(),
            account_id,
            amount: self.order.total,
            payment_token: self.order.payment_token.clone().unwrap_or_default(),
        };
        let answer = self
            .ask("authorize_payment", async |context| {
                self.parts.payments.authorize_payment(context, request.clone()).await
            })
            .await?;
        match answer {
            Ok(payment) if payment.state == PaymentState::Authorized => Ok(()),
            Err(PaymentsError::PaymentDeclined { reason, .. }) => {
                let reason = reason.as_str().to_owned();
                Err(Halt::Refused(OrdersError::PaymentDeclined { order_id, reason }))
            }
            Err(PaymentsError::UnknownPaymentToken) => {
                Err(Halt::Refused(OrdersError::UnknownPaymentToken { order_id }))
            }
            answer => Err(self.give_up("authorize_payment", &answer)),
        }
    }

    /// An answer that no checkout should get, for example that of a tombstone. It would be the same again, so the checkout
    /// is undone.
    fn give_up(&self, step: &str, answer: &impl Debug) -> Halt {
        let (order_id, request_id) = (self.order.order_id, &self.order.request_id);
        tracing::warn!(%order_id, %request_id, step, ?answer, "a step cannot be done any more");
        Halt::Refused(OrdersError::CheckoutExpired { order_id })
    }
}

/// Back.
impl Checkout {
    pub(crate) async fn put_back_cart(&self) -> Result<(), Halt> {
        let request = PutBackCart { taking_id: self.taking_id(), account_id: self.order.account_id };
        let answer = self
            .ask("put_back_cart", async |context| {
                self.parts.cart.put_back_cart(context, request.clone()).await
            })
            .await?;
        match answer {
            Ok(taking) if taking.state == TakingState::PutBack => Ok(()),
            answer => Err(self.stuck("put_back_cart", &answer)),
        }
    }

    pub(crate) async fn release_stock(&self) -> Result<(), Halt> {
        let reservation_id = self.reservation_id();
        let answer = self
            .ask("release_reservation", async |context| {
                self.parts.inventory.release_reservation(context, reservation_id).await
            })
            .await?;
        match answer {
            Ok(reservation) if reservation.state == ReservationState::Released => Ok(()),
            answer => Err(self.stuck("release_reservation", &answer)),
        }
    }

    pub(crate) async fn void_payment(&self) -> Result<(), Halt> {
        let payment_id = self.payment_id();
        let answer = self
            .ask("void_payment", async |context| self.parts.payments.void_payment(context, payment_id).await)
            .await?;
        match answer {
            Ok(payment) if matches!(payment.state, PaymentState::Voided | PaymentState::Declined) => Ok(()),
            Err(PaymentsError::PaymentDeclined { .. }) => Ok(()),
            answer => Err(self.stuck("void_payment", &answer)),
        }
    }
}

/// After the pivot.
impl Checkout {
    pub(crate) async fn capture_payment(&self) -> Result<(), Halt> {
        let payment_id = self.payment_id();
        let answer = self
            .ask("capture_payment", async |context| {
                self.parts.payments.capture_payment(context, payment_id).await
            })
            .await?;
        match answer {
            Ok(payment) if matches!(payment.state, PaymentState::Captured | PaymentState::Refunded) => Ok(()),
            answer => Err(self.stuck("capture_payment", &answer)),
        }
    }

    pub(crate) async fn sell_stock(&self) -> Result<(), Halt> {
        let reservation_id = self.reservation_id();
        let answer = self
            .ask("commit_reservation", async |context| {
                self.parts.inventory.commit_reservation(context, reservation_id).await
            })
            .await?;
        let is_sold = |state| matches!(state, ReservationState::Committed | ReservationState::Returned);
        match answer {
            Ok(reservation) if is_sold(reservation.state) => Ok(()),
            answer => Err(self.stuck("commit_reservation", &answer)),
        }
    }

    pub(crate) async fn refund_payment(&self) -> Result<(), Halt> {
        let payment_id = self.payment_id();
        let answer = self
            .ask("refund_payment", async |context| {
                self.parts.payments.refund_payment(context, payment_id).await
            })
            .await?;
        match answer {
            Ok(payment) if payment.state == PaymentState::Refunded => Ok(()),
            answer => Err(self.stuck("refund_payment", &answer)),
        }
    }

    pub(crate) async fn return_stock(&self) -> Result<(), Halt> {
        let reservation_id = self.reservation_id();
        let answer = self
            .ask("return_reservation", async |context| {
                self.parts.inventory.return_reservation(context, reservation_id).await
            })
            .await?;
        match answer {
            Ok(reservation) if reservation.state == ReservationState::Returned => Ok(()),
            answer => Err(self.stuck("return_reservation", &answer)),
        }
    }
}

impl Checkout {
    /// An answer that stops a checkout which may not be refused any more. Recovery asks again, and says so again.
    fn stuck(&self, step: &str, answer: &impl Debug) -> Halt {
        let (order_id, request_id) = (self.order.order_id, &self.order.request_id);
        tracing::error!(%order_id, %request_id, step, ?answer, "a step that has to be done is refused");
        Halt::Later
    }

    fn taking_id(&self) -> TakingId {
        self.order.order_id.as_uuid().into()
    }

    fn reservation_id(&self) -> ReservationId {
        self.order.order_id.as_uuid().into()
    }

    fn payment_id(&self) -> PaymentId {
        self.order.order_id.as_uuid().into()
    }
}
