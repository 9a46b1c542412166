//! How a server ends: its connections are told, and it learns when they and its threads have gone.

use std::sync::Arc;

use actix_service::{Service as _, ServiceFactory, apply_fn_factory};
use futures_util::future::LocalBoxFuture;
use tokio::sync::watch;

/// How connections learn that the server stops, and how it learns that they are closed and that its threads have ended: each has a
/// receiver until then.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopping {
    connections: Arc<watch::Sender<bool>>,
    workers: Arc<watch::Sender<()>>,
}

/// What a worker thread holds for as long as it serves.
#[derive(Debug, Clone)]
pub(super) struct AtWork(#[expect(dead_code, reason = "it is there to be dropped")] watch::Receiver<()>);

impl Stopping {
    /// The same service of connections, which counts those that are open.
    pub(super) fn counts<F, Stream>(
        &self,
        service: F,
    ) -> impl ServiceFactory<
        Stream,
        Config = F::Config,
        Response = F::Response,
        Error = F::Error,
        InitError = F::InitError,
    > + use<F, Stream>
    where
        F: ServiceFactory<Stream>,
    {
        let stopping = self.clone();
        apply_fn_factory(service, move |stream: Stream, service: &F::Service| {
            let (open, served) = (stopping.connections.subscribe(), service.call(stream));
            async move {
                let served = served.await;
                drop(open);
                served
            }
        })
    }

    /// What each connection waits for until it is told.
    pub(super) fn told(&self) -> impl Fn() -> LocalBoxFuture<'static, ()> + use<> {
        let stopping = self.clone();
        move || {
            let mut stopping = stopping.connections.subscribe();
            Box::pin(async move {
                // An error means that there is no server any more.
                let _told_or_gone = stopping.wait_for(|is_stopping| *is_stopping).await;
            })
        }
    }

    /// Has every connection end after what is under way, and waits until all are closed.
    pub(super) async fn close_all(&self) {
        self.connections.send_replace(true);
        self.connections.closed().await;
    }

    /// What a worker thread has to hold while it serves.
    pub(super) fn at_work(&self) -> AtWork {
        AtWork(self.workers.subscribe())
    }

    /// Waits until all worker threads have dropped what they served with.
    pub(super) async fn workers_ended(&self) {
        self.workers.closed().await;
    }
}
