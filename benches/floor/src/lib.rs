//! The floor of every comparison: what the same answers cost when somebody writes two handlers by hand.
//!
//! Plain actix-web and plain sqlx, on the store's own databases, with the store's driver, pools and statements, so
//! that the difference to the monolith is what the modules, their contracts, contexts, limits and metrics cost. It has
//! no search, no errors with codes, no users and no second process. It is part of the instrument, not of the store.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, error, web};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::{AnyPool, Executor as _, Row as _};

/// What the handlers stand on.
#[derive(Debug)]
pub struct FloorSettings {
    /// The database of the catalogue, as the store names it.
    pub catalog_url: String,
    /// The database of the inventory, as the store names it.
    pub inventory_url: String,
    /// Where to serve.
    pub listener: TcpListener,
    /// Worker threads.
    pub workers: usize,
    /// Connections for each database.
    pub max_readers: u32,
}

/// Serves `GET /api/v1/products?limit=&category=&cursor=` and `GET /api/v1/products/{product_id}`. Its threads end with
/// the process.
pub async fn serve(settings: FloorSettings) -> io::Result<()> {
    let databases = Databases::open(&settings.catalog_url, &settings.inventory_url, settings.max_readers)
        .await
        .map_err(io::Error::other)?;
    let databases = web::Data::new(databases);
    HttpServer::new(move || App::new().app_data(databases.clone()).configure(routes))
        .workers(settings.workers)
        .worker_max_blocking_threads(1)
        .keep_alive(Duration::from_secs(75))
        .tcp_nodelay(true)
        .disable_signals()
        .listen(settings.listener)?
        .run()
        .await
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/v1/products", web::get().to(list_products))
        .route("/api/v1/products/{product_id}", web::get().to(get_product));
}

struct Databases {
    catalog: AnyPool,
    inventory: AnyPool,
    currency: String,
}

impl Databases {
    async fn open(catalog_url: &str, inventory_url: &str, connections: u32) -> Result<Self, sqlx::Error> {
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
struct ListQuery {
    category: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct ProductPage<'currency> {
    items: Vec<Product<'currency>>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Product<'currency> {
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
struct ProductWithStock<'currency> {
    #[serde(flatten)]
    product: Product<'currency>,
    available: i64,
}

async fn list_products(
    databases: web::Data<Databases>,
    query: web::Query<ListQuery>,
) -> actix_web::Result<HttpResponse> {
    let ListQuery { category, limit, cursor } = query.into_inner();
    let limit = limit.unwrap_or(20);
    let page_size = usize::try_from(limit).map_err(error::ErrorBadRequest)?;
    let after = match cursor {
        Some(cursor) => position(&cursor).ok_or_else(|| error::ErrorBadRequest("no such cursor"))?,
        None => 0,
    };
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
    let mut statement = sqlx::query(statement).bind(after).bind(limit + 1);
    if let Some(category) = category {
        statement = statement.bind(category);
    }
    let mut rows = statement.fetch_all(&databases.catalog).await.map_err(error::ErrorInternalServerError)?;
    let has_more = rows.len() > page_size;
    rows.truncate(page_size);
    let next_cursor = match rows.last() {
        Some(last) if has_more => Some(cursor_at(last.get(0))),
        _ => None,
    };
    let items = rows.iter().map(|row| product(row, &databases.currency)).collect::<Result<_, _>>();
    let items = items.map_err(error::ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(ProductPage { items, next_cursor }))
}

async fn get_product(
    databases: web::Data<Databases>,
    product_id: web::Path<String>,
) -> actix_web::Result<HttpResponse> {
    let row = sqlx::query(
        "SELECT products.number, products.product_id, products.sku, products.name, products.description, \
         products.category, products.price_amount, products.in_stock FROM products \
         WHERE products.product_id = $1",
    )
    .bind(product_id.as_str())
    .fetch_optional(&databases.catalog)
    .await
    .map_err(error::ErrorInternalServerError)?;
    let row = row.ok_or_else(|| error::ErrorNotFound("no such product"))?;
    let available = sqlx::query_scalar("SELECT available FROM stock_levels WHERE product_id = $1")
        .bind(product_id.as_str())
        .fetch_one(&databases.inventory)
        .await
        .map_err(error::ErrorInternalServerError)?;
    let product = product(&row, &databases.currency).map_err(error::ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(ProductWithStock { product, available }))
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

#[cfg(test)]
mod tests;
