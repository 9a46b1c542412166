//! What a link costs: the same call of a contract over each of them, beside what a store's own work costs.
//!
//! The callee answers from memory, so that nothing but the way there and back is measured; *store* shows a read
//! and a durable write of the inventory for comparison. `just bench` runs it.

use std::hint::black_box;
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
use cleave_core::{Caller, Clock, Context, IdempotencyKey, Ids, SystemClock};
use cleave_db::{Database, DatabaseSettings};
use cleave_events::Outbox;
use cleave_rest::server::{Edge, Exposure, Limits, http_service};
use cleave_rest::{Calls, Endpoint, MemoryServer, Peer, PeerAddress};
use cleave_telemetry::{Ejections, Metrics};
use criterion::async_executor::AsyncExecutor;
use criterion::{Criterion, criterion_group, criterion_main};
use inventory::LocalInventory;
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

criterion_group!(benches, links, store, discovery);
criterion_main!(benches);

fn links(criterion: &mut Criterion) {
    let bench = Bench::new();
    let product_id = ProductId::from(bench.ids.next());
    let routes = bench.routes();
    let (tcp, unix) = serve(&bench, bench.folder.path().join("bench.sock").as_path());
    let memory = MemoryServer::new(move |config| routes(config), None);
    let ways: [(&str, Rc<dyn Inventory>); 5] = [
        ("bare trait call", Rc::new(Constant)),
        ("direct", bench.observed(Rc::new(Constant), "direct")),
        ("memory", bench.remote(Peer::memory("inventory", Rc::new(memory), clock(), &bench.credential))),
        ("unix", bench.remote(bench.peer(unix))),
        ("tcp", bench.remote(bench.peer(tcp))),
    ];
    let mut group = criterion.benchmark_group("get_stock");
    for (name, inventory) in ways {
        group.bench_function(name, |bencher| {
            bencher.to_async(&bench).iter(|| {
                let (inventory, context) = (inventory.clone(), bench.context(Caller::Anonymous));
                async move { black_box(inventory.get_stock(&context, product_id).await).is_ok() }
            });
        });
    }
    group.finish();
}

fn store(criterion: &mut Criterion) {
    let bench = Bench::new();
    let inventory = bench.block_on(bench.open_inventory());
    let product_id = ProductId::from(bench.ids.next());
    bench.block_on(async {
        let context = bench.context(Caller::System);
        inventory.open_stock(&context, OpenStock { product_id }).await.expect("a level opens");
    });
    let mut group = criterion.benchmark_group("store");
    group.bench_function("read", |bencher| {
        bencher.to_async(&bench).iter(|| {
            let (inventory, context) = (inventory.clone(), bench.context(Caller::Anonymous));
            async move { inventory.get_stock(&context, product_id).await.expect("the level is there") }
        });
    });
    group.bench_function("durable write", |bencher| {
        bencher.to_async(&bench).iter(|| {
            let (inventory, context) = (inventory.clone(), bench.context(Caller::System));
            let key = IdempotencyKey::parse(&bench.ids.next().to_string()).expect("an id is a key");
            let context = context.with_key(key);
            let request = ReceiveStock { product_id, quantity: 1 };
            async move { inventory.receive_stock(&context, request).await.expect("goods come in") }
        });
    });
    group.finish();
}

/// What every way to the inventory stands on.
/// What a call pays for discovery: follow the addresses, look who is ejected, take the less loaded of two.
fn discovery(criterion: &mut Criterion) {
    let bench = Bench::new();
    let mut group = criterion.benchmark_group("choose_replica");
    for count in [1, 3, 16_u16] {
        let address = |port: u16| PeerAddress::Tcp(([127, 0, 0, 1], 7_000 + port).into());
        let endpoint = |port: u16| Arc::new(Endpoint::new(address(port), Ejections::default()));
        let (_sender, addresses) = watch::channel((0..count).map(endpoint).collect());
        let peer = Peer::remote("inventory", addresses, clock(), &bench.credential);
        group.bench_function(format!("{count} replicas"), |bencher| {
            bencher.iter(|| black_box(peer.next_address()));
        });
    }
    group.finish();
}

struct Bench {
    folder: tempfile::TempDir,
    runtime: Runtime,
    local: LocalSet,
    ids: Arc<Ids>,
    tokens: Arc<TokenVerifier>,
    credential: Arc<ServiceCredential>,
    metrics: Arc<Metrics>,
}

impl AsyncExecutor for &Bench {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        Bench::block_on(self, future)
    }
}

impl Bench {
    fn new() -> Self {
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

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.local.block_on(&self.runtime, future)
    }

    fn context(&self, caller: Caller) -> Context {
        let deadline = SystemClock.instant() + Duration::from_secs(10);
        Context { caller, ..Context::background(&self.ids, deadline) }
    }

    fn observed(&self, inventory: Rc<dyn Inventory>, link: &str) -> Rc<dyn Inventory> {
        let calls = Calls::from_caller(clock(), self.metrics.clone(), "bench", "inventory", link);
        Rc::new(ObservedInventory::new(inventory, calls))
    }

    fn remote(&self, peer: Peer) -> Rc<dyn Inventory> {
        self.observed(Rc::new(RemoteInventory(peer)), "remote")
    }

    fn peer(&self, address: PeerAddress) -> Peer {
        let (_sender, addresses) =
            watch::channel(vec![Arc::new(Endpoint::new(address, Ejections::default()))]);
        Peer::remote("inventory", addresses, clock(), &self.credential)
    }

    fn routes(&self) -> impl Fn(&mut ServiceConfig) + Send + Clone + 'static {
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

    async fn open_inventory(&self) -> Rc<LocalInventory> {
        let settings = DatabaseSettings {
            url: format!("sqlite:{}", self.folder.path().join("inventory.db").display()),
            password: None,
            max_readers: 1,
            acquire_timeout: Duration::from_secs(2),
        };
        let database = Database::open("inventory", &settings).await.expect("a database");
        database.migrate(&inventory::MIGRATIONS).await.expect("its tables");
        Rc::new(LocalInventory::new(database, Outbox::new(), clock()))
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Serves the constant inventory on a thread of its own, over both kinds of sockets.
fn serve(bench: &Bench, socket: &Path) -> (PeerAddress, PeerAddress) {
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
struct Constant;

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
