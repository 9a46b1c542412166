//! Every error of every contract through the wire: the caller gets the very variant that the module gave.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::ServiceConfig;
use catalog_api::rest::RemoteCatalog;
use catalog_api::{Catalog, CatalogError, ListProducts, MockCatalog, ProductId};
use cleave_auth::{ServiceCredential, TokenVerifier};
use cleave_core::{Caller, Clock, Context, ContractError, Ids, RequestId, SystemClock};
use cleave_rest::server::{Edge, Exposure, Limits};
use cleave_rest::{MemoryServer, Outgoing, Peer, Problem, headers, status_of};
use inventory_api::rest::RemoteInventory;
use inventory_api::{Inventory, InventoryError, MockInventory, ReservationId};
use serde_json::Value;
use tokio::task::LocalSet;
use uuid::Uuid;

use crate::support::store::{Store, runtime};

/// An example of each of these variants. A variant that is missing here does not compile.
macro_rules! one_of_each {
    ($error:ident { $($variant:ident $({ $($field:ident: $value:expr),+ })?),+ $(,)? }) => {{
        let _complete = |error: $error| match error { $($error::$variant { .. } => {})+ };
        vec![$($error::$variant $({ $($field: $value),+ })?),+]
    }};
}

#[test]
fn every_error_of_the_inventory_survives_the_wire() {
    let product_id = ProductId::from(Uuid::from_u128(1));
    let reservation_id = ReservationId::from(Uuid::from_u128(2));
    let errors = one_of_each!(InventoryError {
        StockNotFound { product_id: product_id },
        InvalidQuantity { quantity: i64::MIN },
        InvalidReservation { reason: "0 lines".to_owned() },
        OutOfStock { product_ids: vec![product_id, Uuid::from_u128(3).into()] },
        ReservationNotFound { reservation_id: reservation_id },
        ReservationReleased { reservation_id: reservation_id },
        ReservationCommitted { reservation_id: reservation_id },
        ReservationNotCommitted { reservation_id: reservation_id },
        IdempotencyKeyRequired,
        IdempotencyKeyReused,
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "the warehouse".to_owned() },
        Internal,
    });
    let wire = Wire::new();
    for error in errors {
        let given = error.clone();
        let mount = move |config: &mut ServiceConfig| {
            let mut inventory = MockInventory::new();
            let (by_get, by_put) = (given.clone(), given.clone());
            inventory.expect_get_stock().returning(move |_, _| Err(by_get.clone()));
            inventory.expect_commit_reservation().returning(move |_, _| Err(by_put.clone()));
            inventory_api::rest::mount(config, Rc::new(inventory), Exposure::Internal);
        };
        wire.carry(mount, async |wire, peer| {
            wire.shows(&peer, &format!("/api/v1/stock/{product_id}"), &error).await;
            let remote = RemoteInventory(peer);
            assert_eq!(remote.get_stock(&wire.context(), product_id).await, Err(error.clone()));
            assert_eq!(remote.commit_reservation(&wire.context(), reservation_id).await, Err(error.clone()));
        });
    }
}

#[test]
fn every_error_of_the_catalogue_survives_the_wire() {
    let product_id = ProductId::from(Uuid::from_u128(1));
    let errors = one_of_each!(CatalogError {
        ProductNotFound { product_id: product_id },
        InvalidProduct { field: "name".to_owned(), reason: "it is \"long\"\n".to_owned() },
        InvalidParameter { parameter: "limit".to_owned(), reason: "1 to 100".to_owned() },
        SkuTaken { sku: "LÄMP-1".to_owned() },
        IdempotencyKeyReused,
        Unauthenticated,
        Forbidden,
        Timeout,
        Unavailable { what: "inventory".to_owned() },
        Internal,
    });
    let wire = Wire::new();
    for error in errors {
        let given = error.clone();
        let mount = move |config: &mut ServiceConfig| {
            let mut catalog = MockCatalog::new();
            let (by_get, by_list) = (given.clone(), given.clone());
            catalog.expect_get_product().returning(move |_, _| Err(by_get.clone()));
            catalog.expect_list_products().returning(move |_, _| Err(by_list.clone()));
            catalog_api::rest::mount(config, Rc::new(catalog), Exposure::Internal);
        };
        wire.carry(mount, async |wire, peer| {
            wire.shows(&peer, &format!("/api/v1/products/{product_id}"), &error).await;
            let remote = RemoteCatalog(peer);
            assert_eq!(remote.get_product(&wire.context(), product_id).await, Err(error.clone()));
            let listed = remote.list_products(&wire.context(), ListProducts::default()).await;
            assert_eq!(listed, Err(error.clone()));
        });
    }
}

/// A link in memory to a server half, without a store behind it.
struct Wire {
    clock: Arc<SystemClock>,
    ids: Arc<Ids>,
    tokens: Arc<TokenVerifier>,
    credential: Arc<ServiceCredential>,
}

impl Wire {
    fn new() -> Self {
        let store = Store::empty();
        let tokens = TokenVerifier::from_dir(&store.settings.keys_dir()).expect("there is a key");
        let credential = ServiceCredential::load(&store.settings.credential_file()).expect("there is one");
        let (clock, ids) = (store.clock.clone(), store.ids.clone());
        Self { clock, ids, tokens: Arc::new(tokens), credential: Arc::new(credential) }
    }

    /// Runs `check` against the routes that `mount` mounts.
    fn carry(&self, mount: impl Fn(&mut ServiceConfig) + 'static, check: impl AsyncFnOnce(&Self, Peer)) {
        let edge = Rc::new(Edge {
            exposure: Exposure::Internal,
            limits: Limits::default(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            tokens: self.tokens.clone(),
            credential: self.credential.clone(),
        });
        let server = Rc::new(MemoryServer::new(move |config| {
            config.app_data(edge.clone());
            mount(config);
        }));
        let peer = Peer::memory("module", server, self.clock.clone(), &self.credential);
        LocalSet::new().block_on(&runtime(), check(self, peer));
    }

    fn context(&self) -> Context {
        Context {
            request_id: RequestId::from_uuid(self.ids.next()),
            deadline: self.clock.instant() + Duration::from_secs(30),
            caller: Caller::Anonymous,
            idempotency_key: None,
        }
    }

    /// What a person sees of the error, and what a peer sees of it.
    async fn shows<E: ContractError>(&self, peer: &Peer, path: &str, error: &E) {
        let serialised = serde_json::to_value(error).expect("a contract's error serialises");
        assert_eq!(serialised["code"], error.code(), "the tag of the variant is its code");
        for typed in [false, true] {
            let mut request = http::Request::get(path).body(Outgoing::empty()).expect("a request");
            if typed {
                request.headers_mut().insert(headers::ERRORS, http::HeaderValue::from_static("typed"));
            }
            let context = self.context();
            let answer = peer.forward(&context, None, request).await.expect("an answer");
            assert_eq!(answer.status().as_u16(), status_of(error.kind()).as_u16(), "{error:?}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{error:?}");
            let mut body = answer.into_body();
            let mut bytes = Vec::new();
            while let Some(piece) = std::future::poll_fn(|waker| body.poll_data(waker)).await {
                bytes.extend_from_slice(&piece.expect("the answer does not break off"));
            }
            let problem: Problem = serde_json::from_slice(&bytes).expect("a problem");
            assert_eq!((problem.code.as_str(), problem.detail), (error.code(), error.to_string()));
            assert_eq!(problem.request_id, context.request_id.as_str());
            assert_eq!(problem.error, typed.then(|| serialised.clone()).or(None::<Value>));
        }
    }
}
