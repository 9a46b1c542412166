//! The plain monolith: the measured journeys as a good engineer writes them who needs no modules.
//!
//! One process, one database, one schema. A product comes with its stock by a join, and a checkout is one transaction:
//! order, stock, payment, cart and notification are written together or not at all. It answers what the store answers, takes
//! the store's access tokens, keeps its promises about idempotency keys, and stands on the same driver with the same
//! durability ([`cleave_db`]). What lies between the two is the price of *modularity*: contracts, a database a module, a
//! saga instead of a transaction, events instead of rows, and what each call carries and counts.
//!
//! # What it is not
//! The whole store. It has the operations that are measured and two that show what they left behind; no search, no accounts,
//! no administration, and no cancelling. And it cannot do what the modules are for: be split, scale a part, give a part a
//! database or a team of its own, go on while a part fails, tell others what has happened. Its payments are final at once,
//! inside the transaction; a provider on the other side of a network cannot be rolled back and would need more.
//!
//! It belongs to the instrument, and nothing of the store is built on it. `catalogue` reads, `cart` and `checkout` write,
//! [`fill`] brings it the goods of a store.

mod cart;
mod catalogue;
mod checkout;
mod customer;
mod filling;
mod order;
mod provider;
mod refusal;
mod shop;

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use cleave_db::DatabaseSettings;

pub use filling::fill;

use shop::Shop;

/// What the plain monolith stands on.
#[derive(Debug)]
pub struct PlainSettings {
    /// Its database, which [`fill`] has made.
    pub database: DatabaseSettings,
    /// Where the public keys of access tokens are.
    pub keys: PathBuf,
}

/// A plain monolith whose database is open.
pub struct Plain(web::Data<Shop>);

impl Plain {
    /// Opens the database and reads the keys.
    pub async fn open(settings: &PlainSettings) -> io::Result<Self> {
        Shop::open(settings).await.map(|shop| Self(web::Data::new(shop)))
    }

    /// Serves the journeys with so many worker threads. Its threads end with the process.
    pub async fn serve(self, listener: TcpListener, workers: usize) -> io::Result<()> {
        let shop = self.0;
        HttpServer::new(move || App::new().app_data(shop.clone()).configure(routes))
            .workers(workers)
            .worker_max_blocking_threads(1)
            .keep_alive(Duration::from_secs(75))
            .tcp_nodelay(true)
            .disable_signals()
            .listen(listener)?
            .run()
            .await
    }
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Plain").finish_non_exhaustive()
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/v1/products", web::get().to(catalogue::list_products))
        .route("/api/v1/products/{product_id}", web::get().to(catalogue::get_product))
        .route("/api/v1/cart", web::get().to(cart::get_cart))
        .route("/api/v1/cart/items/{product_id}", web::put().to(cart::set_item))
        .route("/api/v1/orders", web::post().to(checkout::place_order))
        .route("/api/v1/orders/{order_id}", web::get().to(order::get_order));
}

#[cfg(test)]
mod tests;
