//! The REST adapter of the event log: what makes it a service.

mod body;
mod client;
pub mod paths;
mod server;
mod stream;

use std::rc::Rc;
use std::time::Duration;

use actix_web::web::ServiceConfig;
use cleave_rest::server::Exposure;
use cleave_rest::{Adapter, Calls, Operation, Peer};
use utoipa::openapi::OpenApi;

use crate::{EventLog, ObservedEventLog};

pub use client::RemoteEventLog;
pub use server::mount;

/// How often a stream of events shows that it lives while there is nothing to tell.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// A stream that shows no life for longer is taken for broken.
const LONGEST_SILENCE: Duration = KEEP_ALIVE.saturating_mul(3);

/// The adapter as the composition root handles it.
#[derive(Debug)]
pub struct EventLogAdapter;

impl Adapter for EventLogAdapter {
    type Contract = dyn EventLog;
    const MODULE: &'static str = "events";
    const PREFIXES: &'static [&'static str] = &[];
    const PUBLISHED: &'static [Operation] = &[];
    const INTERNAL: &'static [Operation] = paths::INTERNAL;

    fn remote(peer: Peer) -> Rc<dyn EventLog> {
        Rc::new(RemoteEventLog(peer))
    }

    fn observed(inner: Rc<dyn EventLog>, calls: Calls) -> Rc<dyn EventLog> {
        Rc::new(ObservedEventLog::new(inner, calls))
    }

    fn mount(config: &mut ServiceConfig, contract: Rc<dyn EventLog>, exposure: Exposure) {
        server::mount(config, contract, exposure);
    }

    fn public_api() -> OpenApi {
        OpenApi::default()
    }
}
