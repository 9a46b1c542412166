//! The REST adapter: what carries the contract from one process to another, and to the public.

mod body;
mod client;
pub mod paths;
mod server;

use std::rc::Rc;

use actix_web::web::ServiceConfig;
use cleave_rest::server::Exposure;
use cleave_rest::{Adapter, Calls, Operation, Peer};
use utoipa::openapi::OpenApi as Document;

use crate::{ObservedPayments, Payments};

pub use client::RemotePayments;
pub use server::{InternalApi, mount};

/// The adapter as the composition root handles it.
#[derive(Debug)]
pub struct PaymentsAdapter;

impl Adapter for PaymentsAdapter {
    type Contract = dyn Payments;
    const MODULE: &'static str = "payments";
    const PREFIXES: &'static [&'static str] = paths::PREFIXES;
    const PUBLISHED: &'static [Operation] = paths::PUBLISHED;
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn Payments> {
        Rc::new(RemotePayments(peer))
    }

    fn observed(inner: Rc<dyn Payments>, calls: Calls) -> Rc<dyn Payments> {
        Rc::new(ObservedPayments::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn Payments>, exposure: Exposure) {
        server::mount(config, contract, exposure);
    }

    fn public_api() -> Document {
        Document::default()
    }
}
