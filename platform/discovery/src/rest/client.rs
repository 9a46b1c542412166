//! The client half: a [`Registry`] that is somewhere else.

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Peer;

use super::body::{Arrival, Departure};
use super::paths;
use crate::registry::{Deregistration, Lease, Registration, Registry, RegistryError, Snapshot, Watch};

/// The registry behind a [`Peer`].
#[derive(Debug)]
pub struct RemoteRegistry(
    /// The way to it.
    pub Peer,
);

#[async_trait(?Send)]
impl Registry for RemoteRegistry {
    async fn register(&self, context: &Context, registration: Registration) -> Result<Lease, RegistryError> {
        let Registration { service, instance, key } = registration;
        self.0.put(context, &paths::service(&service), &Arrival { instance, key }).await
    }

    async fn deregister(&self, context: &Context, request: Deregistration) -> Result<(), RegistryError> {
        let Deregistration { service, instance, key, wait_ms } = request;
        let departure = Departure { instance, key, wait_ms };
        self.0.post_repeatable(context, &paths::departures(&service), &departure).await
    }

    async fn watch(&self, context: &Context, request: Watch) -> Result<Snapshot, RegistryError> {
        self.0.get(context, &paths::services_since(&request.into())).await
    }
}
