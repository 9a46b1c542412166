//! One process's listeners: bound first, then served by one set of worker threads, stopped in order.

mod cells;
pub mod health;
mod stopping;
mod threads;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Protocol;
use actix_rt::net::{TcpStream, UnixStream};
use actix_server::{Server, ServerBuilder, ServerHandle};
use actix_service::{ServiceFactoryExt as _, fn_service};
use actix_web::web::{self, ServiceConfig};
use cleave_core::Clock;
use cleave_db::Database;
use cleave_rest::server::{Exposure, http_service, not_found};
use futures_util::future::join_all;

use crate::background::Background;
use crate::compose::Cell;
use crate::gateway;
use crate::listeners::{Listeners, Places};
use crate::membership::{Discovery, Membership};
use crate::process::Process;
use crate::settings::Settings;
use crate::settled;
use crate::topology::{Link, Service, Topology};

use stopping::Stopping;
use threads::Threads;

/// Where the processes of `service` listen: at an internal address always, at socket files where somebody calls them over `unix`, and
/// at the public address where they are the gateway.
pub fn places(settings: &Settings, topology: &Topology, service: &Service) -> Places {
    Places {
        internal: settings.internal.address(),
        unix: is_called_over_unix(topology, service).then(|| settings.socket_files(&service.name)),
        public: service.hosts("gateway").then(|| settings.public.address()),
    }
}

/// Whether anybody reaches this service by its socket file.
pub fn is_called_over_unix(topology: &Topology, service: &Service) -> bool {
    let is_called =
        topology.edges().any(|edge| edge.link == Link::Unix && edge.callee_service == service.name);
    // Every process calls the registry, whatever it hosts.
    let keeps_registry = service.hosts("registry") && topology.services().len() > 1;
    is_called || (keeps_registry && topology.link_between_processes() == Link::Unix)
}

/// A process that has begun to look for the others and to work in the background. Nobody is served yet: who connects waits.
pub struct Starting {
    server: ServerBuilder,
    stopping: Stopping,
    background: Background,
    threads: Threads,
    process: Arc<Process>,
}

/// A process at work.
#[derive(Debug)]
pub struct Running {
    handle: ServerHandle,
    server: tokio::task::JoinHandle<io::Result<()>>,
    stopping: Stopping,
    background: Background,
    /// Behind those who call them: dropped, they end last.
    threads: Threads,
    process: Arc<Process>,
}

impl Starting {
    /// Takes the listeners and starts the background work. Needs a tokio runtime.
    pub fn begin(process: Arc<Process>, listeners: Listeners, discovery: Discovery) -> io::Result<Self> {
        Membership::begin(&process, &discovery);
        let settings = &process.settings.server;
        let workers = if settings.workers == 0 { share_of_the_cores(&process) } else { settings.workers };
        let mut server = Server::build().workers(workers).worker_max_blocking_threads(1).disable_signals();
        let stopping = Stopping::default();
        let internal =
            tcp(routes(&process, &stopping, mount_internal), stopping.clone(), process.request_clock());
        server = server.listen("internal", listeners.internal, internal)?;
        if let Some((listener, _)) = listeners.unix {
            let internal =
                unix(routes(&process, &stopping, mount_internal), stopping.clone(), process.request_clock());
            server = server.listen_uds("internal-unix", listener, internal)?;
        }
        if let Some(listener) = listeners.public {
            let public =
                tcp(routes(&process, &stopping, gateway::mount), stopping.clone(), process.request_clock());
            server = server.listen("public", listener, public)?;
        }
        let threads = Threads::start(&process)?;
        let background = Background::start(&process, discovery)?;
        Ok(Self { server, stopping, background, threads, process })
    }

    /// Serves the listeners.
    pub fn serve(self) -> Running {
        let Self { server, stopping, background, threads, process } = self;
        let server = server.run();
        let handle = server.handle();
        Running { handle, server: tokio::spawn(server), stopping, background, threads, process }
    }
}

impl Running {
    /// Serves the listeners and starts the background work; the process finds the others at fixed addresses. Needs a tokio
    /// runtime.
    pub fn start(process: Arc<Process>, listeners: Listeners) -> io::Result<Self> {
        Self::start_with(process, listeners, Discovery::Fixed)
    }

    /// The same for a process that may have to find the others.
    pub fn start_with(process: Arc<Process>, listeners: Listeners, discovery: Discovery) -> io::Result<Self> {
        Starting::begin(process, listeners, discovery).map(Starting::serve)
    }

    /// Takes leave of the others, stops accepting, waits for what is under way, ends the background work, closes the databases.
    pub async fn stop(self) -> io::Result<()> {
        self.background.leave().await;
        if let Some(log) = &self.process.event_log {
            log.end_waiting();
        }
        if let Some(registry) = &self.process.registry {
            registry.end_waiting();
        }
        // Whoever comes from here on waits in the queue of the listener, for a successor if there is one.
        self.handle.pause().await;
        let patience = Duration::from_secs(self.process.settings.server.drain_seconds);
        let _all_closed_or_out_of_patience = tokio::time::timeout(patience, self.stopping.close_all()).await;
        // Nobody is waited for any longer. A graceful stop of the server would look once a second whether that is so.
        self.handle.stop(false).await;
        let served = self.server.await.map_err(io::Error::other)?;
        self.stopping.workers_ended().await;
        let (background, threads) = (self.background, self.threads);
        let ending = tokio::task::spawn_blocking(move || {
            background.stop();
            threads.stop();
        });
        ending.await.map_err(io::Error::other)?;
        join_all(self.process.databases().iter().map(Database::close)).await;
        served
    }
}

/// Workers of one process: its share of the cores, so that a topology of many processes has no more than it must.
fn share_of_the_cores(process: &Process) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let replicas = process.topology.services().iter().map(|service| service.replicas as usize);
    (cores / replicas.sum::<usize>().max(1)).max(1)
}

/// The routes of one listener, from the cell of whichever thread serves it.
fn routes(
    process: &Arc<Process>,
    stopping: &Stopping,
    mount: fn(&Rc<Cell>, &mut ServiceConfig),
) -> impl Fn() -> Box<dyn Fn(&mut ServiceConfig)> + Send + Clone + 'static {
    let (process, stopping) = (process.clone(), stopping.clone());
    move || {
        let (cell, at_work) = (cells::of_this_thread(&process), stopping.at_work());
        Box::new(move |config| {
            // The application holds both for as long as the thread serves it.
            config.app_data(cell.clone()).app_data(at_work.clone());
            mount(&cell, config);
        })
    }
}

fn mount_internal(cell: &Rc<Cell>, config: &mut ServiceConfig) {
    config.app_data(cell.process().edge(Exposure::Internal));
    cell.mount_hosted(config);
    health::mount(cell.process(), config);
    health::mount_internal(cell.process(), config);
    settled::mount(cell, config);
    config.default_service(web::to(not_found));
}

type Routes = Box<dyn Fn(&mut ServiceConfig)>;

fn tcp(
    routes: impl Fn() -> Routes + Send + Clone + 'static,
    stopping: Stopping,
    timed: Option<Arc<dyn Clock>>,
) -> impl actix_server::ServerServiceFactory<TcpStream> {
    move || {
        let accepted = fn_service(|stream: TcpStream| async move {
            // Without it a small answer waits 40 ms for the delayed acknowledgement of the one before.
            let _best_effort = stream.set_nodelay(true);
            let peer = stream.peer_addr().ok();
            Ok((stream, Protocol::Http1, peer))
        });
        stopping.counts(accepted.and_then(http_service::<TcpStream, _>(
            routes(),
            stopping.told(),
            timed.clone(),
        )))
    }
}

fn unix(
    routes: impl Fn() -> Routes + Send + Clone + 'static,
    stopping: Stopping,
    timed: Option<Arc<dyn Clock>>,
) -> impl actix_server::ServerServiceFactory<UnixStream> {
    move || {
        let accepted = fn_service(|stream: UnixStream| async move { Ok((stream, Protocol::Http1, None)) });
        stopping.counts(accepted.and_then(http_service::<UnixStream, _>(
            routes(),
            stopping.told(),
            timed.clone(),
        )))
    }
}
