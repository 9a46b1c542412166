//! An order as it is kept and shown.

use actix_web::{HttpResponse, web};
use cleave_core::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{Any, Executor, Row as _, any::AnyRow};

use crate::cart::Line;
use crate::customer::Customer;
use crate::refusal::Refusal;
use crate::shop::Shop;

/// An order as its row has it.
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) fingerprint: String,
    pub(crate) lines: Vec<Bought>,
    pub(crate) total: i64,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) created_at: Timestamp,
}

/// Some units of one product, at the price at which they were bought.
#[derive(Serialize, Deserialize)]
pub(crate) struct Bought {
    product_id: String,
    name: String,
    pub(crate) quantity: i64,
    unit_price: i64,
}

/// What a customer sees of an order.
#[derive(Serialize)]
struct View<'a> {
    id: &'a str,
    status: &'static str,
    lines: Vec<LineView<'a>>,
    total: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

#[derive(Serialize)]
struct LineView<'a> {
    product_id: &'a str,
    name: &'a str,
    quantity: i64,
    unit_price: Money,
    line_total: Money,
}

impl From<Line> for Bought {
    fn from(line: Line) -> Self {
        let Line { product_id, name, quantity, price_amount: unit_price, .. } = line;
        Self { product_id, name, quantity, unit_price }
    }
}

impl Bought {
    fn view(&self, shop: &Shop) -> LineView<'_> {
        LineView {
            product_id: &self.product_id,
            name: &self.name,
            quantity: self.quantity,
            unit_price: shop.money(self.unit_price),
            line_total: shop.money(self.unit_price * self.quantity),
        }
    }
}

impl Order {
    /// What who placed it is answered.
    pub(crate) fn answer(&self, shop: &Shop) -> Result<HttpResponse, Refusal> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let location = ("location", format!("/api/v1/orders/{}", self.id));
        Ok(HttpResponse::Created().insert_header(location).json(self.view(shop)))
    }

    fn view(&self, shop: &Shop) -> View<'_> {
        View {
            id: &self.id,
            status: if self.refusal.is_none() { "confirmed" } else { "refused" },
            lines: self.lines.iter().map(|line| line.view(shop)).collect(),
            total: shop.money(self.total),
            reason: self.refusal.as_ref().map(Refusal::code),
            created_at: self.created_at,
            updated_at: self.created_at,
        }
    }
}

pub(crate) async fn get_order(
    shop: web::Data<Shop>,
    customer: Customer,
    order_id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let row = sqlx::query(
        "SELECT order_id, fingerprint, lines, total, refusal, created_at FROM orders \
         WHERE order_id = $2 AND account_id = $1",
    )
    .bind(customer.0)
    .bind(order_id.as_str())
    .fetch_optional(shop.database.readers())
    .await?
    .ok_or_else(|| Refusal::not_found("order_not_found", format!("you have no order {order_id}")))?;
    Ok(HttpResponse::Ok().json(order(&row)?.view(&shop)))
}

/// The order that an account has placed under a key.
pub(crate) async fn order_by_key(
    reader: impl Executor<'_, Database = Any>,
    account_id: &str,
    key: &str,
) -> Result<Option<Order>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT order_id, fingerprint, lines, total, refusal, created_at FROM orders \
         WHERE account_id = $1 AND idempotency_key = $2",
    )
    .bind(account_id)
    .bind(key)
    .fetch_optional(reader)
    .await?;
    row.as_ref().map(order).transpose()
}

fn order(row: &AnyRow) -> Result<Order, sqlx::Error> {
    let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
    let lines: String = row.try_get(2)?;
    let refusal: Option<String> = row.try_get(4)?;
    Ok(Order {
        id: row.try_get(0)?,
        fingerprint: row.try_get(1)?,
        lines: serde_json::from_str(&lines).map_err(decode)?,
        total: row.try_get(3)?,
        refusal: refusal.map(|text| serde_json::from_str(&text)).transpose().map_err(decode)?,
        created_at: Timestamp::from_micros(row.try_get(5)?),
    })
}
