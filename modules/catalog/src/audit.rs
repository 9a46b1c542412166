//! What the catalogue says to an audit of the whole store.

use std::collections::BTreeMap;

use catalog_api::ProductId;
use cleave_db::Database;
use sqlx::Row as _;

/// Of every product, whether lists show it as in stock.
pub async fn shown_in_stock(database: &Database) -> Result<BTreeMap<ProductId, bool>, sqlx::Error> {
    let rows = sqlx::query("SELECT product_id, in_stock FROM products").fetch_all(database.readers()).await?;
    let shown = |row: &sqlx::any::AnyRow| {
        let product_id = row.try_get::<String, _>(0)?;
        let product_id = product_id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok((product_id, row.try_get::<i64, _>(1)? == 1))
    };
    rows.iter().map(shown).collect()
}
