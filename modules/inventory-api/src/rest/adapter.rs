//! Both halves as the composition root takes them.

use std::rc::Rc;

use actix_web::web::ServiceConfig;
use cleave_rest::server::Exposure;
use cleave_rest::{Adapter, Calls, Operation, Peer};
use utoipa::OpenApi as _;

use super::{PublicApi, RemoteInventory, mount, paths};
use crate::{Inventory, ObservedInventory};

/// The adapter of [`Inventory`].
#[derive(Debug)]
pub struct InventoryAdapter;

impl Adapter for InventoryAdapter {
    type Contract = dyn Inventory;

    const MODULE: &'static str = "inventory";
    const PREFIXES: &'static [&'static str] = paths::PREFIXES;
    const PUBLISHED: &'static [Operation] = paths::PUBLISHED;
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn Inventory> {
        Rc::new(RemoteInventory(peer))
    }

    fn observed(inner: Rc<dyn Inventory>, calls: Calls) -> Rc<dyn Inventory> {
        Rc::new(ObservedInventory::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn Inventory>, exposure: Exposure) {
        mount(config, contract, exposure);
    }

    fn public_api() -> utoipa::openapi::OpenApi {
        PublicApi::openapi()
    }
}
