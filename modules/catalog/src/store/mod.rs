//! The SQL, a file for what is read and written together. Reads take any connection, writes take the
//! transaction that [`cleave_db::Database::write`] hands out. An absent row is `None`; a row that cannot be read
//! is an error.
//!
//! What runs often is a text that never changes, so that each connection prepares it once. Only what writes many
//! rows at once puts its text together, out of placeholders alone.

pub(crate) mod created;
pub(crate) mod lists;
pub(crate) mod products;
pub(crate) mod words;

use std::fmt::Write as _;

use catalog_api::{Product, ProductId};
use cleave_core::{Currency, Money};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row as _};

/// Where a query that changes nothing can run: a pool of readers, or a transaction.
pub(crate) trait Reader<'connection>: Executor<'connection, Database = Any> {}

impl<'connection, E: Executor<'connection, Database = Any>> Reader<'connection> for E {}

/// A product and where it stands in every list.
#[derive(Debug)]
pub(crate) struct Numbered {
    pub(crate) number: i64,
    pub(crate) product: Product,
}

/// The columns of [`numbered`], in its order.
macro_rules! product_columns {
    () => {
        "products.number, products.product_id, products.sku, products.name, products.description, \
         products.category, products.price_amount, products.in_stock"
    };
}
pub(crate) use product_columns;

/// Reads a row of [`product_columns`]: by position, because a name would be looked up for every value.
fn numbered(row: &AnyRow, currency: Currency) -> Result<Numbered, sqlx::Error> {
    let product = Product {
        id: parse(row.try_get(1)?)?,
        sku: row.try_get(2)?,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        category: row.try_get(5)?,
        price: Money { amount: row.try_get(6)?, currency },
        in_stock: row.try_get::<i64, _>(7)? == 1,
    };
    Ok(Numbered { number: row.try_get(0)?, product })
}

fn parse(product_id: &str) -> Result<ProductId, sqlx::Error> {
    product_id.parse().map_err(|source| sqlx::Error::Decode(Box::new(source)))
}

/// `($1, $2), ($3, $4), …`: placeholders for `rows` rows of `columns` values, numbered from `first` on.
fn values(first: usize, rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        list(&mut text, first + row * columns, columns);
        text.push(')');
    }
    text
}

/// `$3, $4, …`: `count` placeholders, from `first` on.
fn placeholders(first: usize, count: usize) -> String {
    let mut text = String::with_capacity(count * 6);
    list(&mut text, first, count);
    text
}

fn list(text: &mut String, first: usize, count: usize) {
    for place in first..first + count {
        let comma = if place == first { "" } else { ", " };
        write!(text, "{comma}${place}").expect("a string takes any text");
    }
}
