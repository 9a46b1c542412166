//! The floor of every comparison: what the same answers cost when somebody writes two handlers by hand.
//!
//! It has three stages, each of which adds one thing to the one before: bytes that are ready over plain sockets
//! ([`Stage::Echo`]), the same bytes from actix-web ([`Stage::Answers`]), and answers that are read from the store's own databases
//! with the store's driver, pools and statements ([`Stage::Queries`]). The difference between the last one and the monolith is what the
//! modules, their contracts, contexts, limits and metrics cost. It has no search, no errors with codes, no users and no second
//! process. It is part of the instrument, not of the store.

mod answers;
mod echo;
mod queries;

use std::future::pending;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App, HttpServer, web};

use answers::Answers;
use queries::Databases;

/// What the handlers stand on.
#[derive(Debug)]
pub struct FloorSettings {
    /// The database of the catalogue, as the store names it.
    pub catalog_url: String,
    /// The database of the inventory, as the store names it.
    pub inventory_url: String,
    /// Connections for each database.
    pub max_readers: u32,
}

/// How much there is of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Plain sockets, and always the same answers.
    Echo,
    /// actix-web, and always the same answers.
    Answers,
    /// actix-web, and answers from the databases.
    Queries,
}

impl Stage {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Echo, Self::Answers, Self::Queries];

    /// Its word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Answers => "answers",
            Self::Queries => "queries",
        }
    }
}

/// The bare handlers of one stage, ready to answer.
pub struct Floor(Ready);

enum Ready {
    Echo(Answers),
    Answers(web::Data<Answers>),
    Queries(web::Data<Databases>),
}

impl Floor {
    /// Opens the databases, and takes from them what the stage answers.
    pub async fn open(stage: Stage, settings: &FloorSettings) -> io::Result<Self> {
        let FloorSettings { catalog_url, inventory_url, max_readers } = settings;
        let databases =
            Databases::open(catalog_url, inventory_url, *max_readers).await.map_err(io::Error::other)?;
        let ready = match stage {
            Stage::Echo => Ready::Echo(Answers::of(&databases).await?),
            Stage::Answers => Ready::Answers(web::Data::new(Answers::of(&databases).await?)),
            Stage::Queries => Ready::Queries(web::Data::new(databases)),
        };
        Ok(Self(ready))
    }

    /// Serves `GET /api/v1/products?limit=&category=&cursor=` and `GET /api/v1/products/{product_id}` with so many worker
    /// threads, the echo with one for each connection. They end with the process.
    pub async fn serve(self, listener: TcpListener, workers: usize) -> io::Result<()> {
        match self.0 {
            Ready::Echo(answers) => {
                echo::serve(&answers, listener)?;
                pending().await
            }
            Ready::Answers(answers) => {
                serve(listener, workers, move |config| answered(config.app_data(answers.clone()))).await
            }
            Ready::Queries(databases) => {
                serve(listener, workers, move |config| queried(config.app_data(databases.clone()))).await
            }
        }
    }
}

async fn serve(
    listener: TcpListener,
    workers: usize,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<()> {
    HttpServer::new(move || App::new().configure(&routes))
        .workers(workers)
        .worker_max_blocking_threads(1)
        .keep_alive(Duration::from_secs(75))
        .tcp_nodelay(true)
        .disable_signals()
        .listen(listener)?
        .run()
        .await
}

impl std::fmt::Debug for Floor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Floor").finish_non_exhaustive()
    }
}

const LIST: &str = "/api/v1/products";
const PRODUCT: &str = "/api/v1/products/{product_id}";

fn queried(config: &mut web::ServiceConfig) {
    config
        .route(LIST, web::get().to(queries::list_products))
        .route(PRODUCT, web::get().to(queries::get_product));
}

fn answered(config: &mut web::ServiceConfig) {
    config
        .route(LIST, web::get().to(answers::list_products))
        .route(PRODUCT, web::get().to(answers::get_product));
}

#[cfg(test)]
mod tests;
