//! The same call of a contract, whose callee answers from memory, over every kind of link.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::Protocol;
use actix_rt::net::{TcpStream, UnixStream};
use actix_service::{ServiceFactoryExt as _, fn_service};
use actix_web::web::ServiceConfig;
use async_trait::async_trait;
use catalog_api::ProductId;
use cleave_auth::{ServiceCredential, TokenIssuer, TokenVerifier};
use cleave_core::{Caller, Clock, Context, Ids, SystemClock};
use cleave_rest::server::{Edge, Exposure, Limits, http_service};
use cleave_rest::{Calls, Endpoint, Peer, PeerAddress};
use cleave_telemetry::{Ejections, Metrics};
use inventory_api::rest::{RemoteInventory, mount};
use inventory_api::{
    Inventory, InventoryError, ObservedInventory, OpenStock, Receipt, ReceiveStock, Reservation,
    ReservationId, ReserveStock, Stock,
};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::LocalSet;

/// What every way to the inventory stands on.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) runtime: Runtime,
    pub(crate) local: LocalSet,
    pub(crate) ids: Arc<Ids>,
    pub(crate) tokens: Arc<TokenVerifier>,
    pub(crate) credential: Arc<ServiceCredential>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut random = UnwrapErr(SysRng);
        let keys = folder.path().join("keys");
        TokenIssuer::load_or_create(&keys.join("tokens.key"), &mut random).expect("a signing key");
        let credential = ServiceCredential::load_or_create(&keys.join("service.credential"), &mut random);
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            local: LocalSet::new(),
            ids: Arc::new(Ids::from_seed(Arc::new(SystemClock), 1)),
            tokens: Arc::new(TokenVerifier::from_dir(&keys).expect("public keys")),
            credential: Arc::new(credential.expect("a credential")),
            metrics: Arc::new(Metrics::default()),
            folder,
        }
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.local.block_on(&self.runtime, future)
    }

    pub(crate) fn context(&self, caller: Caller) -> Context {
        let deadline = SystemClock.instant() + Duration::from_secs(10);
        Context { caller, ..Context::background(&self.ids, deadline) }
    }

    pub(crate) fn observed(&self, inventory: Rc<dyn Inventory>, link: &str) -> Rc<dyn Inventory> {
        let calls = Calls::from_caller(clock(), self.metrics.clone(), "bench", "inventory", link);
        Rc::new(ObservedInventory::new(inventory, calls))
    }

    pub(crate) fn remote(&self, peer: Peer) -> Rc<dyn Inventory> {
        self.observed(Rc::new(RemoteInventory(peer)), "remote")
    }

    pub(crate) fn peer(&self, address: PeerAddress) -> Peer {
        let (_sender, addresses) =
            watch::channel(vec![Arc::new(Endpoint::new(address, Ejections::default()))]);
        Peer::remote("inventory", addresses, clock(), &self.credential)
    }

    pub(crate) fn routes(&self) -> impl Fn(&mut ServiceConfig) + Send + Clone + 'static {
        let (ids, tokens, credential) = (self.ids.clone(), self.tokens.clone(), self.credential.clone());
        move |config| {
            config.app_data(Rc::new(Edge {
                exposure: Exposure::Internal,
                limits: Limits::default(),
                clock: Arc::new(SystemClock),
                ids: ids.clone(),
                tokens: tokens.clone(),
                credential: credential.clone(),
            }));
            mount(config, Rc::new(Constant), Exposure::Internal);
        }
    }
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Serves the constant inventory on a thread of its own, over both kinds of sockets.
pub(crate) fn serve(bench: &Bench, socket: &Path) -> (PeerAddress, PeerAddress) {
    let tcp = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let unix = UnixListener::bind(socket).expect("a socket file");
    let addresses =
        (PeerAddress::Tcp(tcp.local_addr().expect("its port")), PeerAddress::Unix(socket.to_owned()));
    let (over_tcp, over_unix) = (bench.routes(), bench.routes());
    std::thread::spawn(move || {
        let server = actix_server::Server::build().workers(1).disable_signals();
        let server = server.listen("tcp", tcp, move || {
            let accept = |stream: TcpStream| async move {
                stream.set_nodelay(true).expect("a stream takes the option");
                Ok((stream, Protocol::Http1, None))
            };
            fn_service(accept).and_then(http_service::<TcpStream, _>(
                over_tcp.clone(),
                std::future::pending,
                None,
            ))
        });
        let server = server.expect("it listens").listen_uds("unix", unix, move || {
            let accept = |stream: UnixStream| async move { Ok((stream, Protocol::Http1, None)) };
            fn_service(accept).and_then(http_service::<UnixStream, _>(
                over_unix.clone(),
                std::future::pending,
                None,
            ))
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async { server.expect("it listens").run().await }).expect("it serves");
    });
    addresses
}

/// An inventory that always has one of everything.
pub(crate) struct Constant;

#[async_trait(?Send)]
impl Inventory for Constant {
    async fn get_stock(&self, _context: &Context, product_id: ProductId) -> Result<Stock, InventoryError> {
        Ok(Stock { product_id, available: 1 })
    }

    async fn receive_stock(&self, _: &Context, _: ReceiveStock) -> Result<Receipt, InventoryError> {
        Err(InventoryError::Internal)
    }

    async fn open_stock(&self, _: &Context, _: OpenStock) -> Result<Stock, InventoryError> {
        Err(InventoryError::Internal)
    }

    async fn reserve_stock(&self, _: &Context, _: ReserveStock) -> Result<Reservation, InventoryError> {
        Err(InventoryError::Internal)
    }

    async fn get_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        Err(InventoryError::Internal)
    }

    async fn commit_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        Err(InventoryError::Internal)
    }

    async fn release_reservation(
        &self,
        _: &Context,
        _: ReservationId,
    ) -> Result<Reservation, InventoryError> {
        Err(InventoryError::Internal)
    }

    async fn return_reservation(&self, _: &Context, _: ReservationId) -> Result<Reservation, InventoryError> {
        Err(InventoryError::Internal)
    }
}
