//! What an order is, and what makes sense; no I/O.

use std::collections::HashMap;
use std::fmt::Write as _;

use cart_api::CartLine;
use catalog_api::{Product, ProductId};
use cleave_core::{AccountId, Currency, Money, RequestId, Timestamp};
use orders_api::{Order, OrderId, OrderLine, OrderStatus, OrderTold, OrdersError, PlaceOrder, ToldLine};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The longest payment token, in characters.
const MAX_TOKEN_CHARS: usize = 200;

/// An order as its row has it.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) order_id: OrderId,
    pub(crate) account_id: AccountId,
    pub(crate) number: i64,
    pub(crate) idempotency_key: String,
    pub(crate) fingerprint: String,
    pub(crate) request_id: RequestId,
    pub(crate) cart_version: i64,
    pub(crate) lines: Vec<Line>,
    pub(crate) total: Money,
    pub(crate) created_at: Timestamp,
    pub(crate) status: OrderStatus,
    pub(crate) phase: Phase,
    pub(crate) refusal: Option<OrdersError>,
    pub(crate) payment_token: Option<String>,
    pub(crate) updated_at: Timestamp,
    pub(crate) lease: Lease,
}

/// Who drives a checkout, and until when nobody else may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) token: String,
    pub(crate) until: Timestamp,
}

/// What there is to do for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Take the cart, reserve the stock, authorise the payment; all of it can be undone.
    Placing,
    /// Give back whatever was taken.
    Undoing,
    /// Capture the payment, sell the stock; nothing goes back any more.
    Settling,
    /// Refund the payment, return the stock.
    Cancelling,
    /// Nothing.
    Settled,
}

/// Some units of one product, as the row keeps them: amounts in minor units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which product.
    pub product_id: ProductId,
    /// Its name when the checkout began.
    pub name: String,
    /// Units.
    pub quantity: i64,
    /// The price of one of them when the checkout began.
    pub unit_price: i64,
}

impl Line {
    /// The price of all units. The total of the order, which is larger, has been computed without an overflow.
    fn total(&self) -> i64 {
        self.unit_price * self.quantity
    }
}

impl Record {
    /// The order as its customer sees it.
    pub(crate) fn view(&self) -> Order {
        let money = |amount| Money { amount, currency: self.total.currency };
        let lines = self.lines.iter().map(|line| OrderLine {
            product_id: line.product_id,
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            line_total: money(line.total()),
        });
        let is_refused = self.status == OrderStatus::Refused;
        let reason = self.refusal.as_ref().filter(|_| is_refused).map(cleave_core::ContractError::code);
        Order {
            id: self.order_id,
            status: self.status,
            lines: lines.collect(),
            total: self.total,
            reason: reason.map(str::to_owned),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// What who placed the order is answered.
    pub(crate) fn answer(&self) -> Result<Order, OrdersError> {
        match (self.status, &self.refusal) {
            (OrderStatus::Refused, Some(refusal)) => Err(refusal.clone()),
            _ => Ok(self.view()),
        }
    }

    /// What others are told.
    pub(crate) fn told(&self) -> OrderTold {
        let currency = self.total.currency;
        let line = |line: &Line| ToldLine {
            product_id: line.product_id,
            name: line.name.clone(),
            quantity: line.quantity,
            line_total: Money { amount: line.total(), currency },
        };
        OrderTold {
            order_id: self.order_id,
            account_id: self.account_id,
            total: self.total,
            lines: self.lines.iter().map(line).collect(),
        }
    }
}

/// The lines of a cart at their prices, and the sum. `None` where a product is not among those that the catalogue knows, or
/// where the sum is beyond all numbers.
pub(crate) fn price(
    lines: &[CartLine],
    products: Vec<Product>,
    currency: Currency,
) -> Option<(Vec<Line>, Money)> {
    let mut products = products.into_iter().map(|product| (product.id, product)).collect::<HashMap<_, _>>();
    let mut total = 0_i64;
    let mut priced = Vec::with_capacity(lines.len());
    for &CartLine { product_id, quantity } in lines {
        let product = products.remove(&product_id)?;
        let unit_price = product.price.amount;
        total = total.checked_add(unit_price.checked_mul(quantity)?)?;
        priced.push(Line { product_id, name: product.name, quantity, unit_price });
    }
    Some((priced, Money { amount: total, currency }))
}

/// Refuses what could never be placed.
pub(crate) fn check(request: &PlaceOrder) -> Result<(), OrdersError> {
    let refuse =
        |field: &str, reason: String| Err(OrdersError::InvalidOrder { field: field.to_owned(), reason });
    let token = &request.payment_token;
    let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    if !(1..=MAX_TOKEN_CHARS).contains(&token.len()) || !is_plain {
        let reason = format!("write 1 to {MAX_TOKEN_CHARS} visible ASCII characters");
        return refuse("payment_token", reason);
    }
    Ok(())
}

/// Tells one body from another.
pub(crate) fn fingerprint(request: &PlaceOrder) -> String {
    // A type of plain fields always serialises.
    let fields = serde_json::to_vec(request).unwrap_or_default();
    Sha256::digest(fields).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}
