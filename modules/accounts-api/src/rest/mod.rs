//! The REST adapter: what carries the contract from one process to another, and to the public.

mod client;
pub mod paths;
mod server;

use std::rc::Rc;

use actix_web::web::ServiceConfig;
use cleave_rest::server::Exposure;
use cleave_rest::{Adapter, Calls, Operation, Peer};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi as Document;

use crate::{Accounts, ObservedAccounts};

pub use client::RemoteAccounts;
pub use server::{InternalApi, PublicApi, mount};

/// The adapter as the composition root handles it.
#[derive(Debug)]
pub struct AccountsAdapter;

impl Adapter for AccountsAdapter {
    type Contract = dyn Accounts;
    const MODULE: &'static str = "accounts";
    const PREFIXES: &'static [&'static str] = paths::PREFIXES;
    const PUBLISHED: &'static [Operation] = paths::PUBLISHED;
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn Accounts> {
        Rc::new(RemoteAccounts(peer))
    }

    fn observed(inner: Rc<dyn Accounts>, calls: Calls) -> Rc<dyn Accounts> {
        Rc::new(ObservedAccounts::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn Accounts>, exposure: Exposure) {
        server::mount(config, contract, exposure);
    }

    fn public_api() -> Document {
        PublicApi::openapi()
    }
}
