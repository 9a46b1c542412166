//! The server half without a socket, on the caller's own thread or on another one.

use std::rc::Rc;
use std::sync::Arc;

use actix_http::Protocol;
use actix_service::{Service as _, ServiceFactory as _};
use actix_web::web::ServiceConfig;
use cleave_core::Clock;
use tokio::io::DuplexStream;
use tokio::sync::OnceCell;

use crate::pipe::pipe;
use crate::server::http_service;

type Serve = dyn Fn(DuplexStream) -> futures_util::future::LocalBoxFuture<'static, ()>;

/// A server half without a socket: it speaks the same HTTP/1 over pipes in memory, as tasks of the thread that has it. That is the
/// thread that calls it, or one that serves the pipes which come in at a [`PipeListener`](crate::PipeListener).
pub struct MemoryServer {
    configure: Rc<dyn Fn(&mut ServiceConfig)>,
    timed: Option<Arc<dyn Clock>>,
    serve: Rc<OnceCell<Box<Serve>>>,
}

impl MemoryServer {
    /// A server of the routes that `configure` mounts. Where there is a clock in `timed`, its answers say where the time went.
    pub fn new(configure: impl Fn(&mut ServiceConfig) + 'static, timed: Option<Arc<dyn Clock>>) -> Self {
        Self { configure: Rc::new(configure), timed, serve: Rc::default() }
    }

    /// Opens a connection to it from its own thread.
    pub(crate) fn connect(&self) -> DuplexStream {
        let (client_end, server_end) = pipe();
        self.serve(server_end);
        client_end
    }

    /// Answers what comes at this end of a pipe.
    pub(crate) fn serve(&self, server_end: DuplexStream) {
        let serve = self.serve.clone();
        let (configure, timed) = (self.configure.clone(), self.timed.clone());
        tokio::task::spawn_local(async move {
            let serve = serve.get_or_init(|| start(configure, timed)).await;
            serve(server_end).await;
        });
    }
}

async fn start(configure: Rc<dyn Fn(&mut ServiceConfig)>, timed: Option<Arc<dyn Clock>>) -> Box<Serve> {
    // It ends with the thread that it serves.
    let never = std::future::pending;
    let service =
        http_service::<DuplexStream, _>(move |config| configure(config), never, timed).new_service(()).await;
    let service = service.ok().map(Rc::new);
    Box::new(move |connection| {
        let service = service.clone();
        Box::pin(async move {
            let Some(service) = service else { return };
            if let Err(error) = service.call((connection, Protocol::Http1, None)).await {
                tracing::debug!(?error, "a connection in memory ended");
            }
        })
    })
}
