//! The REST adapter of the registry: what makes it a service.

mod body;
mod client;
pub mod paths;
mod server;

use std::rc::Rc;

use actix_web::web::ServiceConfig;
use cleave_rest::server::Exposure;
use cleave_rest::{Adapter, Calls, Operation, Peer};
use utoipa::openapi::OpenApi;

use crate::{ObservedRegistry, Registry};

pub use client::RemoteRegistry;
pub use server::mount;

/// The adapter as the composition root handles it.
#[derive(Debug)]
pub struct RegistryAdapter;

impl Adapter for RegistryAdapter {
    type Contract = dyn Registry;
    const MODULE: &'static str = "registry";
    const PREFIXES: &'static [&'static str] = &[];
    const PUBLISHED: &'static [Operation] = &[];
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn Registry> {
        Rc::new(RemoteRegistry(peer))
    }

    fn observed(inner: Rc<dyn Registry>, calls: Calls) -> Rc<dyn Registry> {
        Rc::new(ObservedRegistry::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn Registry>, exposure: Exposure) {
        server::mount(config, contract, exposure);
    }

    fn public_api() -> OpenApi {
        OpenApi::default()
    }
}
