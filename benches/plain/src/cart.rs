//! What each customer has picked, at the prices of the moment.

use actix_web::{HttpResponse, web};
use cleave_core::Money;
use cleave_db::WriteError;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

use crate::catalogue::no_product;
use crate::customer::Customer;
use crate::refusal::Refusal;
use crate::shop::Shop;

/// The most products in a cart.
const MAX_LINES: usize = 100;

/// The most units of one product.
const MAX_QUANTITY: i64 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quantity {
    quantity: i64,
}

/// A line of a cart with what there is to know of its product.
pub(crate) struct Line {
    pub(crate) number: i64,
    pub(crate) product_id: String,
    pub(crate) name: String,
    pub(crate) quantity: i64,
    pub(crate) price_amount: i64,
    pub(crate) available: i64,
}

#[derive(Serialize)]
struct Cart {
    items: Vec<Item>,
    total: Money,
}

#[derive(Serialize)]
struct Item {
    product_id: String,
    name: String,
    quantity: i64,
    unit_price: Money,
    line_total: Money,
}

pub(crate) async fn get_cart(shop: web::Data<Shop>, customer: Customer) -> Result<HttpResponse, Refusal> {
    let lines = lines(shop.database.readers(), &customer.0).await?;
    Ok(HttpResponse::Ok().json(cart(&shop, lines)?))
}

/// Puts so many of a product into the cart, instead of how many there were.
pub(crate) async fn set_item(
    shop: web::Data<Shop>,
    customer: Customer,
    product_id: web::Path<String>,
    body: web::Json<Quantity>,
) -> Result<HttpResponse, Refusal> {
    let quantity = body.quantity;
    if !(1..=MAX_QUANTITY).contains(&quantity) {
        let detail = format!("quantity {quantity} is refused: write a whole number from 1 to {MAX_QUANTITY}");
        return Err(Refusal::invalid("invalid_quantity", detail));
    }
    let lines = shop
        .database
        .write(async |transaction| {
            let set = sqlx::query(
                "INSERT INTO cart_lines (account_id, number, quantity) \
                 SELECT $1, number, CAST($3 AS BIGINT) FROM products WHERE product_id = $2 \
                 ON CONFLICT (account_id, number) DO UPDATE SET quantity = excluded.quantity",
            )
            .bind(customer.0.as_str())
            .bind(product_id.as_str())
            .bind(quantity)
            .execute(&mut *transaction)
            .await?;
            if set.rows_affected() == 0 {
                return Err(WriteError::Refused(no_product(&product_id)));
            }
            let lines = lines(&mut *transaction, &customer.0).await?;
            if lines.len() > MAX_LINES {
                let detail = format!("a cart has at most {MAX_LINES} products: take one out first");
                return Err(WriteError::Refused(Refusal::invalid("too_many_lines", detail)));
            }
            Ok(lines)
        })
        .await?;
    Ok(HttpResponse::Ok().json(cart(&shop, lines)?))
}

/// The lines of a cart with names, prices and stock: one statement.
pub(crate) async fn lines(
    reader: impl Executor<'_, Database = Any>,
    account_id: &str,
) -> Result<Vec<Line>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT products.number, products.product_id, products.name, cart_lines.quantity, products.price_amount, \
         stock.available FROM cart_lines JOIN products ON products.number = cart_lines.number \
         JOIN stock ON stock.number = cart_lines.number WHERE cart_lines.account_id = $1 ORDER BY cart_lines.line",
    )
    .bind(account_id)
    .fetch_all(reader)
    .await?;
    rows.iter().map(line).collect()
}

fn line(row: &AnyRow) -> Result<Line, sqlx::Error> {
    Ok(Line {
        number: row.try_get(0)?,
        product_id: row.try_get(1)?,
        name: row.try_get(2)?,
        quantity: row.try_get(3)?,
        price_amount: row.try_get(4)?,
        available: row.try_get(5)?,
    })
}

/// The sum of all lines, or a refusal where it is beyond all numbers.
pub(crate) fn total(lines: &[Line]) -> Result<i64, Refusal> {
    let add = |sum: i64, line: &Line| sum.checked_add(line.price_amount.checked_mul(line.quantity)?);
    lines
        .iter()
        .try_fold(0, add)
        .ok_or_else(|| Refusal::invalid("invalid_quantity", "the total is too large"))
}

fn cart(shop: &Shop, lines: Vec<Line>) -> Result<Cart, Refusal> {
    let total = shop.money(total(&lines)?);
    let item = |line: Line| Item {
        unit_price: shop.money(line.price_amount),
        line_total: shop.money(line.price_amount * line.quantity),
        product_id: line.product_id,
        name: line.name,
        quantity: line.quantity,
    };
    Ok(Cart { items: lines.into_iter().map(item).collect(), total })
}
