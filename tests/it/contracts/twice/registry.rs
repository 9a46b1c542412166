//! The registry.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_discovery::{Deregistration, Lease, Registration, Registry, RegistryError, Snapshot, Watch};

use super::{Twice, same};

#[async_trait(?Send)]
impl Registry for Twice<dyn Registry> {
    async fn register(&self, context: &Context, request: Registration) -> Result<Lease, RegistryError> {
        same(async || self.0.register(context, request.clone()).await).await
    }

    async fn deregister(&self, context: &Context, request: Deregistration) -> Result<(), RegistryError> {
        same(async || self.0.deregister(context, request.clone()).await).await
    }

    /// What others do between the two is in the second answer alone.
    async fn watch(&self, context: &Context, request: Watch) -> Result<Snapshot, RegistryError> {
        let first = self.0.watch(context, request.clone()).await?;
        let second = self.0.watch(context, Watch { wait_ms: 0, ..request }).await?;
        assert!(second.seen.revision >= first.seen.revision, "it does not go back");
        Ok(second)
    }
}
