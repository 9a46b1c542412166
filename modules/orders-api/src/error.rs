//! What the orders refuse, and why.

use catalog_api::ProductId;
use cleave_core::{CallFailure, ContractError, ErrorKind, Money};
use serde::{Deserialize, Serialize};

use crate::OrderId;

/// Why the orders did not do what they were asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum OrdersError {
    /// The caller has no such order.
    #[error("you have no order {order_id}")]
    OrderNotFound {
        /// Which order.
        order_id: OrderId,
    },
    /// The payment provider says no.
    #[error("the payment was declined ({reason}); nothing was bought, and the cart is as it was")]
    PaymentDeclined {
        /// The refused order.
        order_id: OrderId,
        /// What the provider says.
        reason: String,
    },
    /// The payment provider knows no such token.
    #[error("the payment provider does not know this payment_token; nothing was bought")]
    UnknownPaymentToken {
        /// The refused order.
        order_id: OrderId,
    },
    /// Some products have fewer units than asked for.
    #[error("not enough in stock of {}; nothing was bought, and the cart is as it was", list(product_ids))]
    OutOfStock {
        /// The refused order.
        order_id: OrderId,
        /// Which products, as far as it is remembered.
        product_ids: Vec<ProductId>,
    },
    /// The cart costs another sum than the customer expects.
    #[error("the total is {} {} and not the expected_total; look at the cart again", total.amount, total.currency)]
    PriceChanged {
        /// The refused order.
        order_id: OrderId,
        /// What the cart costs, in minor units.
        total: Money,
    },
    /// The cart changed while it was checked out.
    #[error("the cart changed while it was being checked out; look at it again")]
    CartChanged {
        /// The refused order.
        order_id: OrderId,
    },
    /// There is nothing to buy.
    #[error("the cart is empty: put something into it first")]
    CartEmpty {
        /// The refused order, where the cart was emptied by another checkout.
        order_id: Option<OrderId>,
    },
    /// The cart has too many products.
    #[error("an order has at most 100 products: take some out of the cart")]
    CartTooLarge,
    /// The checkout could not be finished in time.
    #[error("the order could not be finished in time and was undone; try again with a new key")]
    CheckoutExpired {
        /// The refused order.
        order_id: OrderId,
    },
    /// The order cannot be cancelled.
    #[error("order {order_id} cannot be cancelled: {reason}")]
    OrderNotCancellable {
        /// Which order.
        order_id: OrderId,
        /// Why not.
        reason: String,
    },
    /// A field of the request is wrong.
    #[error("{field} is refused: {reason}")]
    InvalidOrder {
        /// Which field.
        field: String,
        /// What would be right.
        reason: String,
    },
    /// A parameter of a list is wrong.
    #[error("the parameter {parameter} is refused: {reason}")]
    InvalidParameter {
        /// Which parameter.
        parameter: String,
        /// What would be right.
        reason: String,
    },
    /// The command has no key.
    #[error("send the header idempotency-key with a value of your own, so that a retry is safe")]
    IdempotencyKeyRequired,
    /// The key was used for another command.
    #[error("this idempotency key was used for another request; a new request takes a new key")]
    IdempotencyKeyReused,
    /// It is not known who asks.
    #[error("an access token is needed: send the header authorization with `Bearer ACCESS_TOKEN`")]
    Unauthenticated,
    /// Who asks may not do this.
    #[error("orders are for customers")]
    Forbidden,
    /// No answer before the deadline.
    #[error("no answer in time; what a command did is unknown, so send it again with the same key")]
    Timeout,
    /// A part of the store is away.
    #[error("{what} is away; try again in a moment")]
    Unavailable {
        /// What is away.
        what: String,
    },
    /// A fault of the store.
    #[error("a fault of the store; its log tells more under the id of this request")]
    Internal,
}

impl OrdersError {
    /// The order that was refused.
    fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::PaymentDeclined { order_id, .. }
            | Self::UnknownPaymentToken { order_id }
            | Self::OutOfStock { order_id, .. }
            | Self::PriceChanged { order_id, .. }
            | Self::CartChanged { order_id }
            | Self::CheckoutExpired { order_id } => Some(*order_id),
            Self::CartEmpty { order_id } => *order_id,
            _ => None,
        }
    }
}

impl ContractError for OrdersError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::OrderNotFound { .. } => ErrorKind::NotFound,
            Self::PaymentDeclined { .. } => ErrorKind::Declined,
            Self::OutOfStock { .. }
            | Self::PriceChanged { .. }
            | Self::CartChanged { .. }
            | Self::CheckoutExpired { .. }
            | Self::OrderNotCancellable { .. } => ErrorKind::Conflict,
            Self::UnknownPaymentToken { .. }
            | Self::CartEmpty { .. }
            | Self::CartTooLarge
            | Self::InvalidOrder { .. }
            | Self::InvalidParameter { .. }
            | Self::IdempotencyKeyReused => ErrorKind::Invalid,
            Self::IdempotencyKeyRequired => ErrorKind::Malformed,
            Self::Unauthenticated => ErrorKind::Unauthenticated,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Timeout => ErrorKind::Timeout,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
            Self::Internal => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::OrderNotFound { .. } => "order_not_found",
            Self::PaymentDeclined { .. } => "payment_declined",
            Self::UnknownPaymentToken { .. } => "unknown_payment_token",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::PriceChanged { .. } => "price_changed",
            Self::CartChanged { .. } => "cart_changed",
            Self::CartEmpty { .. } => "cart_empty",
            Self::CartTooLarge => "cart_too_large",
            Self::CheckoutExpired { .. } => "checkout_expired",
            Self::OrderNotCancellable { .. } => "order_not_cancellable",
            Self::InvalidOrder { .. } => "invalid_order",
            Self::InvalidParameter { .. } => "invalid_parameter",
            Self::IdempotencyKeyRequired => "idempotency_key_required",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Timeout => "timeout",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal => "internal",
        }
    }

    fn members(&self) -> Vec<(&'static str, String)> {
        self.order_id().map(|order_id| ("order_id", order_id.to_string())).into_iter().collect()
    }

    fn from_failure(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unavailable(what) => Self::Unavailable { what },
            CallFailure::Timeout => Self::Timeout,
            CallFailure::Unauthenticated => Self::Unauthenticated,
            CallFailure::Internal => Self::Internal,
        }
    }
}

fn list(product_ids: &[ProductId]) -> String {
    product_ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
