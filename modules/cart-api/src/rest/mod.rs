//! The REST adapter: what carries the contract from one process to another, and to the public.

mod body;
mod client;
pub mod paths;
mod server;

use std::rc::Rc;

use actix_web::web::ServiceConfig;
use cleave_rest::server::Exposure;
use cleave_rest::{Adapter, Calls, Operation, Peer};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi as Document;

use crate::{Cart, ObservedCart};

pub use client::RemoteCart;
pub use server::{InternalApi, PublicApi, mount};

/// The adapter as the composition root handles it.
#[derive(Debug)]
pub struct CartAdapter;

impl Adapter for CartAdapter {
    type Contract = dyn Cart;
    const MODULE: &'static str = "cart";
    const PREFIXES: &'static [&'static str] = paths::PREFIXES;
    const PUBLISHED: &'static [Operation] = paths::PUBLISHED;
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn Cart> {
        Rc::new(RemoteCart(peer))
    }

    fn observed(inner: Rc<dyn Cart>, calls: Calls) -> Rc<dyn Cart> {
        Rc::new(ObservedCart::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn Cart>, exposure: Exposure) {
        server::mount(config, contract, exposure);
    }

    fn public_api() -> Document {
        PublicApi::openapi()
    }
}
