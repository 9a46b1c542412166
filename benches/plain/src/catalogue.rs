//! What is sold: lists and single products, each with its stock by a join.

use actix_web::{HttpResponse, web};
use cleave_core::{Cursor, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Money, Page};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::refusal::Refusal;
use crate::shop::Shop;

/// The columns of [`product`], in its order, and the tables that have them.
macro_rules! select_products {
    () => {
        "SELECT products.number, products.product_id, products.sku, products.name, products.description, \
         products.category, products.price_amount, stock.available FROM products \
         JOIN stock ON stock.number = products.number "
    };
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    category: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Product {
    id: String,
    sku: String,
    name: String,
    description: String,
    category: String,
    price: Money,
    in_stock: bool,
}

#[derive(Serialize)]
struct ProductWithStock {
    #[serde(flatten)]
    product: Product,
    available: i64,
}

pub(crate) async fn list_products(
    shop: web::Data<Shop>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, Refusal> {
    let ListQuery { category, limit, cursor } = query.into_inner();
    let refuse = |detail: String| Refusal::invalid("invalid_parameter", detail);
    let limit = limit.unwrap_or(DEFAULT_PAGE_SIZE);
    if !(1..=MAX_PAGE_SIZE).contains(&limit) {
        return Err(refuse(format!("limit is refused: write a whole number from 1 to {MAX_PAGE_SIZE}")));
    }
    let after = match cursor.as_deref().map(Cursor::decode) {
        None => 0,
        Some(Ok(cursor)) => cursor.0,
        Some(Err(error)) => return Err(refuse(format!("cursor is refused: {error}"))),
    };
    let statement = match category {
        Some(_) => concat!(
            select_products!(),
            "WHERE products.category = $3 AND products.number > $1 ORDER BY products.number LIMIT $2"
        ),
        None => concat!(select_products!(), "WHERE products.number > $1 ORDER BY products.number LIMIT $2"),
    };
    // One more than the page has tells whether there is a next page.
    let mut statement = sqlx::query(statement).bind(after).bind(i64::from(limit) + 1);
    if let Some(category) = category {
        statement = statement.bind(category);
    }
    let mut rows = statement.fetch_all(shop.database.readers()).await?;
    let page_size = limit as usize;
    let has_more = rows.len() > page_size;
    rows.truncate(page_size);
    let next_cursor = match rows.last() {
        Some(last) if has_more => Some(Cursor(last.try_get(0)?).encode()),
        _ => None,
    };
    let items = rows.iter().map(|row| product(row, &shop).map(|it| it.product)).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(Page { items, next_cursor }))
}

pub(crate) async fn get_product(
    shop: web::Data<Shop>,
    product_id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let row = sqlx::query(concat!(select_products!(), "WHERE products.product_id = $1"))
        .bind(product_id.as_str())
        .fetch_optional(shop.database.readers())
        .await?
        .ok_or_else(|| no_product(&product_id))?;
    Ok(HttpResponse::Ok().json(product(&row, &shop)?))
}

pub(crate) fn no_product(product_id: &str) -> Refusal {
    Refusal::not_found("product_not_found", format!("there is no product {product_id}"))
}

fn product(row: &AnyRow, shop: &Shop) -> Result<ProductWithStock, sqlx::Error> {
    let available = row.try_get(7)?;
    let product = Product {
        id: row.try_get(1)?,
        sku: row.try_get(2)?,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        category: row.try_get(5)?,
        price: shop.money(row.try_get(6)?),
        in_stock: available > 0,
    };
    Ok(ProductWithStock { product, available })
}
