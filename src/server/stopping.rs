//! How a server ends: its connections are told, and it learns when they and its threads have gone.

use std::sync::Arc;
use std::time::Duration;

use actix_service::{Service as _, ServiceFactory, apply_fn_factory};
use futures_util::future::LocalBoxFuture;
use tokio::sync::watch;

/// How old a connection is at least when it is told: time for the request for whose sake it was made.
const FIRST_REQUEST: Duration = Duration::from_millis(200);

/// In this time the thread that accepts has noticed that it is to pause, which it does not tell.
const LAST_ACCEPTED: Duration = Duration::from_millis(20);

/// How connections learn that the server stops, and how it learns that they are closed and that its threads have ended: each has a
/// receiver until then. Likewise `queues` is closed when no thread has a connection waiting that was accepted before `paused`.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopping {
    connections: Arc<watch::Sender<bool>>,
    workers: Arc<watch::Sender<()>>,
    paused: Arc<watch::Sender<bool>>,
    queues: Arc<watch::Sender<()>>,
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
            let first_request = tokio::time::sleep(FIRST_REQUEST);
            Box::pin(async move {
                // An error means that there is no server any more.
                let _told_or_gone = stopping.wait_for(|is_stopping| *is_stopping).await;
                first_request.await;
            })
        }
    }

    /// Has every connection end after what is under way, and waits until all are closed. Nobody is to be accepted any more.
    pub(super) async fn close_all(&self) {
        self.connections.send_replace(true);
        tokio::time::sleep(LAST_ACCEPTED).await;
        self.paused.send_replace(true);
        self.queues.closed().await;
        self.connections.closed().await;
    }

    /// What a worker thread has to hold while it serves. To be called by that thread.
    pub(super) fn at_work(&self) -> AtWork {
        let (mut paused, queue) = (self.paused.subscribe(), self.queues.subscribe());
        // It has its turn after the connections that were sent to this thread before.
        actix_rt::spawn(async move {
            let _paused_or_gone = paused.wait_for(|is_paused| *is_paused).await;
            drop(queue);
        });
        AtWork(self.workers.subscribe())
    }

    /// Waits until all worker threads have dropped what they served with.
    pub(super) async fn workers_ended(&self) {
        self.workers.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn a_connection_that_was_just_accepted_has_time_for_its_request() {
        let stopping = Stopping::default();
        let told_soon = stopping.told()();
        stopping.connections.send_replace(true);
        let mut told_soon = std::pin::pin!(told_soon);
        assert!(told_soon.as_mut().now_or_never().is_none(), "it is not told at once");
        tokio::time::timeout(Duration::from_secs(20), told_soon).await.expect("it is told");
    }

    #[tokio::test]
    async fn a_thread_is_waited_for_that_has_yet_to_look_who_was_accepted() {
        let (stopping, thread) = (Stopping::default(), LocalSet::new());
        let inside = thread.enter();
        let at_work = stopping.at_work();
        drop(inside);
        let closing = stopping.clone();
        let mut closed = tokio::spawn(async move { closing.close_all().await });
        let too_early = tokio::time::timeout(2 * LAST_ACCEPTED, &mut closed).await;
        assert!(too_early.is_err(), "the thread has not had its turn");
        thread.await;
        tokio::time::timeout(Duration::from_secs(20), closed).await.expect("it has").expect("no panic");
        drop(at_work);
    }
}
