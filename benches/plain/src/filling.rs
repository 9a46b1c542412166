//! From the databases of a store's modules into one.

use std::path::Path;
use std::time::Duration;

use cleave_db::{Database, DatabaseError, DatabaseSettings};
use sqlx::{AnyConnection, Executor as _};

/// What it takes over, in this order: the goods, the currency, what is in stock.
const COPIES: [&str; 3] = [
    "INSERT INTO products (number, product_id, sku, name, description, category, price_amount) \
     SELECT number, product_id, sku, name, description, category, price_amount FROM goods.products",
    "INSERT INTO shop (currency) SELECT currency FROM goods.product_head",
    "INSERT INTO stock (number, available, sold) SELECT products.number, COALESCE(levels.available, 0), 0 \
     FROM products LEFT JOIN stored.stock_levels AS levels ON levels.product_id = products.product_id",
];

/// Makes the one database, a new file, from those of a store's catalogue and inventory, which nobody may have open.
pub async fn fill(file: &Path, catalogue: &Path, inventory: &Path) -> Result<(), DatabaseError> {
    let settings = DatabaseSettings {
        url: format!("sqlite:{}", file.display()),
        password: None,
        max_readers: 1,
        acquire_timeout: Duration::from_secs(10),
    };
    let database = Database::open("plain", &settings).await?;
    let filled = copy(&database, catalogue, inventory).await;
    database.close().await;
    filled.map_err(|source| DatabaseError::Open { module: "plain", url: settings.url, source })
}

async fn copy(database: &Database, catalogue: &Path, inventory: &Path) -> Result<(), sqlx::Error> {
    let mut connection = database.writer().acquire().await?;
    connection.execute(include_str!("schema.sql")).await?;
    attach(&mut connection, "ATTACH $1 AS goods", catalogue).await?;
    attach(&mut connection, "ATTACH $1 AS stored", inventory).await?;
    for statement in COPIES {
        connection.execute(statement).await?;
    }
    connection.execute("DETACH goods; DETACH stored").await?;
    connection.release();
    Ok(())
}

async fn attach(
    connection: &mut AnyConnection,
    statement: &'static str,
    file: &Path,
) -> Result<(), sqlx::Error> {
    sqlx::query(statement).bind(file.to_string_lossy().into_owned()).execute(connection).await.map(drop)
}
