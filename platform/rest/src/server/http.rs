//! HTTP/1 over any stream of bytes.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{
    IntoServiceFactory as _, Service as _, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::App;
use actix_web::dev::AppConfig;
use actix_web::web::ServiceConfig;
use cleave_core::Clock;
use tokio::io::{AsyncRead, AsyncWrite};

use super::timing;
use super::watched::Watched;

/// How long a server keeps an idle connection: longer than any client of ours keeps one (30 s), so that a
/// request never meets a connection that is just being closed.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The routes that `configure` mounts, served as HTTP/1 over streams of the type `Io`. When the future that
/// `stopping` makes completes, connections are closed after the answer that is under way. Where there is a clock in `timed`, answers say in
/// the header `Server-Timing` where the time went.
pub fn http_service<Io, Stopping>(
    configure: impl Fn(&mut ServiceConfig) + 'static,
    stopping: impl Fn() -> Stopping + 'static,
    timed: Option<Arc<dyn Clock>>,
) -> impl ServiceFactory<
    (Io, Protocol, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = actix_http::error::DispatchError,
    InitError = (),
>
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
    Stopping: Future<Output = ()> + 'static,
{
    let clock = timed.clone();
    let app = App::new()
        .configure(|config| configure(config))
        .wrap_fn(move |request, routes| match &clock {
            None => routes.call(request),
            Some(clock) => timing::take_time(clock, request, routes),
        })
        .into_factory()
        .map_err(|error: actix_web::Error| error.error_response());
    let http = HttpService::build()
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIMEOUT)
        .graceful_shutdown_signal(stopping)
        .on_connect_ext(Watched::<Io>::introduce)
        .finish(map_config(app, |()| AppConfig::default()));
    fn_service(move |(io, protocol, peer)| ready(Ok((Watched::new(io, timed.clone()), protocol, peer))))
        .and_then(http)
}
