//! The registry with a clock at its door.

use std::rc::Rc;

use async_trait::async_trait;
use cleave_core::Context;
use cleave_rest::Calls;

use crate::registry::{Deregistration, Lease, Registration, Registry, RegistryError, Snapshot, Watch};

/// Hands every call to [`Calls`] on its way to another [`Registry`], whichever link that one stands for.
pub struct ObservedRegistry {
    inner: Rc<dyn Registry>,
    calls: Calls,
}

impl ObservedRegistry {
    /// Observes the calls that go to `inner`.
    pub fn new(inner: Rc<dyn Registry>, calls: Calls) -> Self {
        Self { inner, calls }
    }
}

#[async_trait(?Send)]
impl Registry for ObservedRegistry {
    async fn register(&self, context: &Context, registration: Registration) -> Result<Lease, RegistryError> {
        self.calls.observe("register", context, self.inner.register(context, registration)).await
    }

    async fn deregister(&self, context: &Context, request: Deregistration) -> Result<(), RegistryError> {
        self.calls.observe("deregister", context, self.inner.deregister(context, request)).await
    }

    async fn watch(&self, context: &Context, request: Watch) -> Result<Snapshot, RegistryError> {
        self.calls.observe("watch", context, self.inner.watch(context, request)).await
    }
}
