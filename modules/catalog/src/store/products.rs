//! `products` and `product_head`.

use std::collections::HashMap;

use catalog_api::{Product, ProductId};
use cleave_core::{Currency, Timestamp};
use cleave_db::Transaction;
use sqlx::AssertSqlSafe;

use super::{Numbered, Reader, numbered, parse, placeholders, product_columns, values};

/// Ten values each.
const ROWS_PER_STATEMENT: usize = 100;

/// One product.
pub(crate) async fn get_product(
    reader: impl Reader<'_>,
    currency: Currency,
    product_id: ProductId,
) -> Result<Option<Product>, sqlx::Error> {
    // A hot query: the id is written on the stack, without a formatter.
    let mut text = [0; 36];
    let product_id: &str = product_id.as_uuid().hyphenated().encode_lower(&mut text);
    let row =
        sqlx::query(concat!("SELECT ", product_columns!(), " FROM products WHERE products.product_id = $1"))
            .bind(product_id)
            .fetch_optional(reader)
            .await?;
    row.map(|row| numbered(&row, currency).map(|numbered| numbered.product)).transpose()
}

/// Those of the products that there are.
pub(crate) async fn get_products(
    reader: impl Reader<'_>,
    currency: Currency,
    product_ids: &[ProductId],
) -> Result<HashMap<ProductId, Product>, sqlx::Error> {
    let places = placeholders(1, product_ids.len());
    let sql = format!(
        concat!("SELECT ", product_columns!(), " FROM products WHERE products.product_id IN ({})"),
        places
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for product_id in product_ids {
        query = query.bind(product_id.to_string());
    }
    let rows = query.fetch_all(reader).await?;
    let found = rows.iter().map(|row| numbered(row, currency).map(|it| (it.product.id, it.product)));
    found.collect()
}

/// Whether a product has this SKU.
pub(crate) async fn is_sku_taken(reader: impl Reader<'_>, sku: &str) -> Result<bool, sqlx::Error> {
    let taken: Option<i64> = sqlx::query_scalar("SELECT number FROM products WHERE sku = $1")
        .bind(sku)
        .fetch_optional(reader)
        .await?;
    Ok(taken.is_some())
}

/// The ids of the products that have one of these SKUs.
pub(crate) async fn ids_by_sku(
    transaction: &mut Transaction,
    skus: &[&str],
) -> Result<HashMap<String, ProductId>, sqlx::Error> {
    let mut known = HashMap::new();
    for chunk in skus.chunks(ROWS_PER_STATEMENT) {
        let places = placeholders(1, chunk.len());
        let sql = format!("SELECT sku, product_id FROM products WHERE sku IN ({places})");
        let is_full = chunk.len() == ROWS_PER_STATEMENT;
        let mut query = sqlx::query_as::<_, (String, String)>(AssertSqlSafe(sql)).persistent(is_full);
        for sku in chunk {
            query = query.bind(*sku);
        }
        for (sku, product_id) in query.fetch_all(&mut *transaction).await? {
            known.insert(sku, parse(&product_id)?);
        }
    }
    Ok(known)
}

/// The currency of the prices; empty while there are none.
pub(crate) async fn currency(reader: impl Reader<'_>) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT currency FROM product_head WHERE only_row = 1").fetch_one(reader).await
}

/// Takes the next `count` numbers for products with prices in `currency`, and gives the last of them; `None`
/// where the prices are in another currency. Who has taken numbers is alone in adding products until the end of
/// the transaction.
pub(crate) async fn take_numbers(
    transaction: &mut Transaction,
    count: usize,
    currency: Currency,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE product_head SET number = number + $1, currency = $2 \
         WHERE only_row = 1 AND currency IN ('', $2) RETURNING number",
    )
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .bind(currency.as_str())
    .fetch_optional(transaction)
    .await
}

/// Adds products, and tells how many: those whose SKU is taken are left out.
pub(crate) async fn insert_products(
    transaction: &mut Transaction,
    products: &[Numbered],
    at: Timestamp,
) -> Result<u64, sqlx::Error> {
    let mut inserted = 0;
    for chunk in products.chunks(ROWS_PER_STATEMENT) {
        let sql = format!(
            "INSERT INTO products (number, product_id, sku, name, description, category, price_amount, \
             in_stock, created_at, updated_at) VALUES {} ON CONFLICT (sku) DO NOTHING",
            values(1, chunk.len(), 10)
        );
        let is_full = chunk.len() == ROWS_PER_STATEMENT;
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
        for Numbered { number, product } in chunk {
            query = query
                .bind(number)
                .bind(product.id.to_string())
                .bind(product.sku.as_str())
                .bind(product.name.as_str())
                .bind(product.description.as_str())
                .bind(product.category.as_str())
                .bind(product.price.amount)
                .bind(i64::from(product.in_stock))
                .bind(at.as_micros())
                .bind(at.as_micros());
        }
        inserted += query.execute(&mut *transaction).await?.rows_affected();
    }
    Ok(inserted)
}

/// Takes a product for a change: nobody else changes it between here and the end of the transaction.
pub(crate) async fn take_product(
    transaction: &mut Transaction,
    currency: Currency,
    product_id: ProductId,
    at: Timestamp,
) -> Result<Option<Numbered>, sqlx::Error> {
    let row = sqlx::query(concat!(
        "UPDATE products SET updated_at = $2 WHERE product_id = $1 RETURNING ",
        product_columns!()
    ))
    .bind(product_id.to_string())
    .bind(at.as_micros())
    .fetch_optional(transaction)
    .await?;
    row.map(|row| numbered(&row, currency)).transpose()
}

/// Writes down a product that was taken and changed.
pub(crate) async fn save_product(
    transaction: &mut Transaction,
    product: &Product,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE products SET name = $2, description = $3, category = $4, price_amount = $5 \
         WHERE product_id = $1",
    )
    .bind(product.id.to_string())
    .bind(product.name.as_str())
    .bind(product.description.as_str())
    .bind(product.category.as_str())
    .bind(product.price.amount)
    .execute(transaction)
    .await
    .map(|_| ())
}

/// Says of these products whether any can be sold. Products that are not there are left out: the level of a
/// product that was never finished may change as any other.
pub(crate) async fn set_in_stock(
    transaction: &mut Transaction,
    product_ids: &[ProductId],
    in_stock: bool,
) -> Result<(), sqlx::Error> {
    if product_ids.is_empty() {
        return Ok(());
    }
    let places = placeholders(2, product_ids.len());
    let sql = format!("UPDATE products SET in_stock = $1 WHERE product_id IN ({places})");
    let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(i64::from(in_stock));
    for product_id in product_ids {
        query = query.bind(product_id.to_string());
    }
    query.execute(transaction).await.map(|_| ())
}
