//! The checkout: one transaction from the cart to the notification.

use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use cleave_core::Money;
use cleave_db::{Transaction, WriteError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cart::{self, Line};
use crate::customer::{Customer, Key};
use crate::order::{self, Order};
use crate::provider;
use crate::refusal::Refusal;
use crate::shop::Shop;

/// How the cart shall be paid.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceOrder {
    payment_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected_total: Option<Money>,
}

/// Checks out the customer's cart: 201 with the order, or why it is refused.
pub(crate) async fn place_order(
    shop: web::Data<Shop>,
    customer: Customer,
    key: Key,
    body: web::Json<PlaceOrder>,
) -> Result<HttpResponse, Refusal> {
    let request = body.into_inner();
    let attempt = Attempt {
        shop: &shop,
        account_id: &customer.0,
        key: key.0.as_str(),
        fingerprint: fingerprint(&request),
        request: &request,
    };
    let order = shop.database.write(async |transaction| attempt.run(transaction).await).await?;
    order.answer(&shop)
}

/// One request to buy. The transaction that it runs in has the only writer, so what is read in it holds until its end.
struct Attempt<'a> {
    shop: &'a Shop,
    account_id: &'a str,
    key: &'a str,
    fingerprint: String,
    request: &'a PlaceOrder,
}

impl Attempt<'_> {
    async fn run(&self, transaction: &mut Transaction) -> Result<Order, WriteError<Refusal>> {
        if let Some(earlier) = order::order_by_key(&mut *transaction, self.account_id, self.key).await? {
            return self.repeat(earlier).map_err(WriteError::Refused);
        }
        let lines = cart::lines(&mut *transaction, self.account_id).await?;
        if lines.is_empty() {
            let detail = "the cart is empty: put something into it first";
            return Err(WriteError::Refused(Refusal::invalid("cart_empty", detail)));
        }
        let total = cart::total(&lines).map_err(WriteError::Refused)?;
        let order_id = self.shop.ids.next().to_string();
        let refusal = self.judge(&lines, total).err().map(|refusal| refusal.of_order(&order_id));
        let numbers = lines.iter().map(|line| (line.number, line.quantity)).collect::<Vec<_>>();
        let order = Order {
            id: order_id,
            fingerprint: self.fingerprint.clone(),
            lines: lines.into_iter().map(Into::into).collect(),
            total,
            refusal,
            created_at: self.shop.clock.now(),
        };
        self.insert_order(transaction, &order).await?;
        if order.refusal.is_none() {
            self.take_stock(transaction, &order, &numbers).await?;
            self.take_money(transaction, &order).await?;
            self.empty_cart(transaction).await?;
            self.notify(transaction, &order).await?;
        }
        Ok(order)
    }

    /// What a key is answered that an order has been placed under before.
    fn repeat(&self, earlier: Order) -> Result<Order, Refusal> {
        if earlier.fingerprint == self.fingerprint {
            return Ok(earlier);
        }
        let detail = "this idempotency key was used for another request; a new request takes a new key";
        Err(Refusal::invalid("idempotency_key_reused", detail))
    }

    /// Whether the order can be had as it is asked for.
    fn judge(&self, lines: &[Line], total: i64) -> Result<(), Refusal> {
        let total = self.shop.money(total);
        if self.request.expected_total.is_some_and(|expected| expected != total) {
            let Money { amount, currency } = total;
            let detail = format!(
                "the total is {amount} {currency} and not the expected_total; look at the cart again"
            );
            return Err(Refusal::new(StatusCode::CONFLICT, "price_changed", detail));
        }
        let lacking = lines.iter().filter(|line| line.available < line.quantity);
        let lacking = lacking.map(|line| line.product_id.as_str()).collect::<Vec<_>>();
        if !lacking.is_empty() {
            let lacking = lacking.join(", ");
            let detail =
                format!("not enough in stock of {lacking}; nothing was bought, and the cart is as it was");
            return Err(Refusal::new(StatusCode::CONFLICT, "out_of_stock", detail));
        }
        provider::charge(&self.request.payment_token)
    }

    async fn insert_order(&self, transaction: &mut Transaction, order: &Order) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO orders (order_id, account_id, idempotency_key, fingerprint, lines, total, refusal, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(order.id.as_str())
        .bind(self.account_id)
        .bind(self.key)
        .bind(order.fingerprint.as_str())
        .bind(json(&order.lines)?)
        .bind(order.total)
        .bind(order.refusal.as_ref().map(json).transpose()?)
        .bind(order.created_at.as_micros())
        .execute(transaction)
        .await
        .map(drop)
    }

    async fn take_stock(
        &self,
        transaction: &mut Transaction,
        order: &Order,
        numbers: &[(i64, i64)],
    ) -> Result<(), sqlx::Error> {
        for (number, quantity) in numbers {
            sqlx::query("UPDATE stock SET available = available - $2, sold = sold + $2 WHERE number = $1")
                .bind(number)
                .bind(quantity)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(
                "INSERT INTO stock_movements (order_id, number, quantity, moved_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(order.id.as_str())
            .bind(number)
            .bind(quantity)
            .bind(order.created_at.as_micros())
            .execute(&mut *transaction)
            .await?;
        }
        Ok(())
    }

    async fn take_money(&self, transaction: &mut Transaction, order: &Order) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO payments (order_id, account_id, amount, captured_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(order.id.as_str())
        .bind(self.account_id)
        .bind(order.total)
        .bind(order.created_at.as_micros())
        .execute(transaction)
        .await
        .map(drop)
    }

    async fn empty_cart(&self, transaction: &mut Transaction) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM cart_lines WHERE account_id = $1")
            .bind(self.account_id)
            .execute(transaction)
            .await
            .map(drop)
    }

    async fn notify(&self, transaction: &mut Transaction, order: &Order) -> Result<(), sqlx::Error> {
        let units = order.lines.iter().map(|line| line.quantity).sum::<i64>();
        let noun = if units == 1 { "item" } else { "items" };
        let Money { amount, currency } = self.shop.money(order.total);
        let (whole, hundredths) = (amount / 100, amount % 100);
        let subject = format!("Your order is confirmed: {units} {noun}, {whole}.{hundredths:02} {currency}");
        sqlx::query(
            "INSERT INTO notifications (notification_id, account_id, order_id, subject, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.shop.ids.next().to_string())
        .bind(self.account_id)
        .bind(order.id.as_str())
        .bind(subject)
        .bind(order.created_at.as_micros())
        .execute(transaction)
        .await
        .map(drop)
    }
}

/// Tells one body from another.
fn fingerprint(request: &PlaceOrder) -> String {
    // A type of plain fields always serialises.
    let fields = serde_json::to_vec(request).unwrap_or_default();
    Sha256::digest(fields).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn json(value: &impl Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
