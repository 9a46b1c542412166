//! Handlers that ask the store's databases with the store's statements.

use actix_web::{HttpResponse, error, web};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{AnyPool, Executor as _, Row as _};

pub(crate) struct Databases {
    catalog: AnyPool,
    inventory: AnyPool,
    currency: String,
}

impl Databases {
    pub(crate) async fn open(
        catalog_url: &str,
        inventory_url: &str,
        connections: u32,
    ) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let catalog = pool(catalog_url, connections).await?;
        let inventory = pool(inventory_url, connections).await?;
        let currency = sqlx::query_scalar("SELECT currency FROM product_head").fetch_one(&catalog).await?;
        Ok(Self { catalog, inventory, currency })
    }
}

async fn pool(url: &str, connections: u32) -> Result<AnyPool, sqlx::Error> {
    AnyPoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection, _| {
            let setup = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON";
            Box::pin(async move { connection.execute(setup).await.map(|_| ()) })
        })
        .connect(url)
        .await
}

#[derive(Deserialize)]
pub(crate) struct ListQuery {
    category: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ProductPage<'currency> {
    items: Vec<Product<'currency>>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Product<'currency> {
    id: String,
    sku: String,
    name: String,
    description: String,
    category: String,
    price: Price<'currency>,
    in_stock: bool,
}

#[derive(Serialize)]
struct Price<'currency> {
    amount: i64,
    currency: &'currency str,
}

#[derive(Serialize)]
pub(crate) struct ProductWithStock<'currency> {
    #[serde(flatten)]
    product: Product<'currency>,
    available: i64,
}

pub(crate) async fn list_products(
    databases: web::Data<Databases>,
    query: web::Query<ListQuery>,
) -> actix_web::Result<HttpResponse> {
    let ListQuery { category, limit, cursor } = query.into_inner();
    let limit = limit.unwrap_or(20);
    let after = match cursor {
        Some(cursor) => position(&cursor).ok_or_else(|| error::ErrorBadRequest("no such cursor"))?,
        None => 0,
    };
    let page = databases.page(category.as_deref(), after, limit).await;
    Ok(HttpResponse::Ok().json(page.map_err(error::ErrorInternalServerError)?))
}

pub(crate) async fn get_product(
    databases: web::Data<Databases>,
    product_id: web::Path<String>,
) -> actix_web::Result<HttpResponse> {
    let product = databases.product(&product_id).await.map_err(error::ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(product.ok_or_else(|| error::ErrorNotFound("no such product"))?))
}

impl Databases {
    /// A page of all products, or of those of a category.
    pub(crate) async fn page(
        &self,
        category: Option<&str>,
        after: i64,
        limit: i64,
    ) -> Result<ProductPage<'_>, sqlx::Error> {
        let statement = match category {
            Some(_) => {
                "SELECT products.number, products.product_id, products.sku, products.name, products.description, \
                 products.category, products.price_amount, products.in_stock FROM products \
                 WHERE products.category = $3 AND products.number > $1 ORDER BY products.number LIMIT $2"
            }
            None => {
                "SELECT products.number, products.product_id, products.sku, products.name, products.description, \
                 products.category, products.price_amount, products.in_stock FROM products \
                 WHERE products.number > $1 ORDER BY products.number LIMIT $2"
            }
        };
        let mut statement = sqlx::query(statement).bind(after).bind(limit.saturating_add(1));
        if let Some(category) = category {
            statement = statement.bind(category);
        }
        let mut rows = statement.fetch_all(&self.catalog).await?;
        let page_size = usize::try_from(limit).unwrap_or(0);
        let has_more = rows.len() > page_size;
        rows.truncate(page_size);
        let next_cursor = match rows.last() {
            Some(last) if has_more => Some(cursor_at(last.try_get(0)?)),
            _ => None,
        };
        let items = rows.iter().map(|row| product(row, &self.currency)).collect::<Result<_, _>>()?;
        Ok(ProductPage { items, next_cursor })
    }

    /// A product with its stock.
    pub(crate) async fn product(
        &self,
        product_id: &str,
    ) -> Result<Option<ProductWithStock<'_>>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT products.number, products.product_id, products.sku, products.name, products.description, \
             products.category, products.price_amount, products.in_stock FROM products \
             WHERE products.product_id = $1",
        )
        .bind(product_id)
        .fetch_optional(&self.catalog)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let available = sqlx::query_scalar("SELECT available FROM stock_levels WHERE product_id = $1")
            .bind(product_id)
            .fetch_one(&self.inventory)
            .await?;
        Ok(Some(ProductWithStock { product: product(&row, &self.currency)?, available }))
    }

    /// All categories and all ids of products.
    pub(crate) async fn names(&self) -> Result<(Vec<String>, Vec<String>), sqlx::Error> {
        let categories =
            sqlx::query_scalar("SELECT DISTINCT category FROM products").fetch_all(&self.catalog);
        let product_ids =
            sqlx::query_scalar("SELECT product_id FROM products LIMIT 1000").fetch_all(&self.catalog);
        Ok((categories.await?, product_ids.await?))
    }
}

fn product<'currency>(row: &AnyRow, currency: &'currency str) -> Result<Product<'currency>, sqlx::Error> {
    Ok(Product {
        id: row.try_get(1)?,
        sku: row.try_get(2)?,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        category: row.try_get(5)?,
        price: Price { amount: row.try_get(6)?, currency },
        in_stock: row.try_get::<i64, _>(7)? == 1,
    })
}

/// A cursor is the number of a page's last product: eight bytes, the highest first, as base64 for URLs.
fn cursor_at(number: i64) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

fn position(cursor: &str) -> Option<i64> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    bytes.try_into().ok().map(i64::from_be_bytes)
}
