//! A registry that refuses everything.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_discovery::{Deregistration, Lease, Registration, Registry, RegistryError, Snapshot, Watch};

/// Answers every call with this error.
pub(super) struct RefusingRegistry(pub(super) RegistryError);

#[async_trait(?Send)]
impl Registry for RefusingRegistry {
    async fn register(&self, _context: &Context, _request: Registration) -> Result<Lease, RegistryError> {
        Err(self.0.clone())
    }

    async fn deregister(&self, _context: &Context, _request: Deregistration) -> Result<(), RegistryError> {
        Err(self.0.clone())
    }

    async fn watch(&self, _context: &Context, _request: Watch) -> Result<Snapshot, RegistryError> {
        Err(self.0.clone())
    }
}
