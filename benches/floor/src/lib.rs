//! The floor of every comparison: what the same answers cost when somebody writes two handlers by hand.
//!
//! Plain actix-web and plain sqlx, on the store's own databases, with the store's driver, pools and statements, so
//! that the difference to the monolith is what the modules, their contracts, contexts, limits and metrics cost. It has
//! no search, no errors with codes, no users and no second process. It is part of the instrument, not of the store.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, error, web};
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

/// Serves until it is dropped.
pub async fn serve(settings: FloorSettings) -> io::Result<()> {
    sqlx::any::install_default_drivers();
    let catalog = pool(&settings.catalog_url, settings.max_readers).await.map_err(io::Error::other)?;
    let inventory = pool(&settings.inventory_url, settings.max_readers).await.map_err(io::Error::other)?;
    let databases = web::Data::from(Arc::new(Databases { catalog, inventory }));
    HttpServer::new(move || {
        App::new()
            .app_data(databases.clone())
            .route("/api/v1/products", web::get().to(list_products))
            .route("/api/v1/products/{product_id}", web::get().to(get_product))
    })
    .workers(settings.workers)
    .worker_max_blocking_threads(1)
    .keep_alive(Duration::from_secs(75))
    .tcp_nodelay(true)
    .disable_signals()
    .listen(settings.listener)?
    .run()
    .await
}

struct Databases {
    catalog: AnyPool,
    inventory: AnyPool,
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
    category: String,
    limit: i64,
}

#[derive(Serialize)]
struct ProductPage {
    items: Vec<Product>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Product {
    id: String,
    sku: String,
    name: String,
    description: String,
    category: String,
    price: Price,
    in_stock: bool,
}

#[derive(Serialize)]
struct Price {
    amount: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct ProductWithStock {
    #[serde(flatten)]
    product: Product,
    available: i64,
}

async fn list_products(
    databases: web::Data<Databases>,
    query: web::Query<ListQuery>,
) -> actix_web::Result<HttpResponse> {
    let mut rows = sqlx::query(
        "SELECT products.number, products.product_id, products.sku, products.name, products.description, \
         products.category, products.price_amount, products.in_stock FROM products \
         WHERE products.category = $3 AND products.number > $1 ORDER BY products.number LIMIT $2",
    )
    .bind(0_i64)
    .bind(query.limit + 1)
    .bind(query.category.as_str())
    .fetch_all(&databases.catalog)
    .await
    .map_err(error::ErrorInternalServerError)?;
    let page_size = usize::try_from(query.limit).map_err(error::ErrorBadRequest)?;
    let has_more = rows.len() > page_size;
    rows.truncate(page_size);
    let last = rows.last().map(|row| row.get::<i64, _>(0));
    let items = rows.iter().map(product).collect::<Result<_, _>>();
    let items = items.map_err(error::ErrorInternalServerError)?;
    let next_cursor = last.filter(|_| has_more).map(|number| number.to_string());
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
    let product = product(&row).map_err(error::ErrorInternalServerError)?;
    Ok(HttpResponse::Ok().json(ProductWithStock { product, available }))
}

fn product(row: &AnyRow) -> Result<Product, sqlx::Error> {
    Ok(Product {
        id: row.try_get(1)?,
        sku: row.try_get(2)?,
        name: row.try_get(3)?,
        description: row.try_get(4)?,
        category: row.try_get(5)?,
        price: Price { amount: row.try_get(6)?, currency: "EUR" },
        in_stock: row.try_get::<i64, _>(7)? == 1,
    })
}
