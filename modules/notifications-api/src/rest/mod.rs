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

use crate::{Notifications, ObservedNotifications};

pub use client::RemoteNotifications;
pub use server::{InternalApi, PublicApi, mount};

/// The adapter as the composition root handles it.
#[derive(Debug)]
pub struct NotificationsAdapter;

impl Adapter for NotificationsAdapter {
    type Contract = dyn Notifications;
    const MODULE: &'static str = "notifications";
    const PREFIXES: &'static [&'static str] = paths::PREFIXES;
    const PUBLISHED: &'static [Operation] = paths::PUBLISHED;
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn Notifications> {
        Rc::new(RemoteNotifications(peer))
    }

    fn observed(inner: Rc<dyn Notifications>, calls: Calls) -> Rc<dyn Notifications> {
        Rc::new(ObservedNotifications::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn Notifications>, exposure: Exposure) {
        server::mount(config, contract, exposure);
    }

    fn public_api() -> Document {
        PublicApi::openapi()
    }
}
