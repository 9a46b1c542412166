//! What every contract's adapter looks like from outside.

use std::rc::Rc;

use actix_web::web::ServiceConfig;

use crate::server::Exposure;
use crate::{Calls, Operation, Peer};

/// The REST adapter of one contract, as the composition root and the gateway handle it: all of them alike.
pub trait Adapter: 'static {
    /// The contract's trait object, for example `dyn Inventory`.
    type Contract: ?Sized + 'static;

    /// The module that keeps the contract.
    const MODULE: &'static str;

    /// The public paths that are the module's own; the gateway routes by them.
    const PREFIXES: &'static [&'static str];

    /// The published operations.
    const PUBLISHED: &'static [Operation];

    /// The operations for peers.
    const INTERNAL: &'static [Operation];

    /// The client half: the contract somewhere else.
    fn remote(peer: Peer) -> Rc<Self::Contract>;

    /// The contract with a clock at its door.
    fn observed(inner: Rc<Self::Contract>, calls: Calls) -> Rc<Self::Contract>;

    /// Mounts the server half: the published routes, and those for peers where only peers can reach them.
    fn mount(config: &mut ServiceConfig, contract: Rc<Self::Contract>, exposure: Exposure);

    /// The published operations as OpenAPI tells of them.
    fn public_api() -> utoipa::openapi::OpenApi;
}
