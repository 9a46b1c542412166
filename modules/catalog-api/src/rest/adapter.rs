//! Both halves as the composition root takes them.

use std::rc::Rc;

use actix_web::web::ServiceConfig;
use cleave_rest::server::Exposure;
use cleave_rest::{Adapter, Calls, Operation, Peer};
use utoipa::OpenApi as _;

use super::{PublicApi, RemoteCatalog, mount, paths};
use crate::{Catalog, ObservedCatalog};

/// The adapter of [`Catalog`].
#[derive(Debug)]
pub struct CatalogAdapter;

impl Adapter for CatalogAdapter {
    type Contract = dyn Catalog;

    const MODULE: &'static str = "catalog";
    const PREFIXES: &'static [&'static str] = paths::PREFIXES;
    const PUBLISHED: &'static [Operation] = paths::PUBLISHED;
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn Catalog> {
        Rc::new(RemoteCatalog(peer))
    }

    fn observed(inner: Rc<dyn Catalog>, calls: Calls) -> Rc<dyn Catalog> {
        Rc::new(ObservedCatalog::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn Catalog>, exposure: Exposure) {
        mount(config, contract, exposure);
    }

    fn public_api() -> utoipa::openapi::OpenApi {
        PublicApi::openapi()
    }
}
