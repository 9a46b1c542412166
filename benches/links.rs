//! What a link costs: the same call of a contract over each of them, beside what a store's own work costs.
//!
//! The callee answers from memory, so that nothing but the way there and back is measured; *store* shows a read
//! and a durable write of the inventory for comparison. `just bench` runs it.

#[path = "support/linked.rs"]
mod linked;

use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use catalog_api::ProductId;
use cleave_auth::{Claims, TokenIssuer};
use cleave_core::{Caller, IdempotencyKey};
use cleave_db::{Database, DatabaseSettings};
use cleave_events::Outbox;
use cleave_rest::{Endpoint, MemoryServer, Peer, PeerAddress, PipeAddress, PipeListener};
use cleave_telemetry::Ejections;
use criterion::async_executor::AsyncExecutor;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use inventory::LocalInventory;
use inventory_api::{Inventory, OpenStock, ReceiveStock};
use tokio::sync::watch;
use tokio::task::LocalSet;

use self::linked::{Bench, Constant, clock, serve};

criterion_group!(benches, links, store, discovery, identity);
criterion_main!(benches);

fn links(criterion: &mut Criterion) {
    let bench = Bench::new();
    let product_id = ProductId::from(bench.ids.next());
    let routes = bench.routes();
    let (tcp, unix) = serve(&bench, bench.folder.path().join("bench.sock").as_path());
    let memory = MemoryServer::new(move |config| routes(config), None);
    let thread = serve_pipes(&bench);
    let ways: [(&str, Rc<dyn Inventory>); 6] = [
        ("bare trait call", Rc::new(Constant)),
        ("direct", bench.observed(Rc::new(Constant), "direct")),
        ("memory", bench.remote(Peer::memory("inventory", Rc::new(memory), clock(), &bench.credential))),
        ("thread", bench.remote(Peer::thread("inventory", thread, clock(), &bench.credential))),
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
    let inventory = bench.block_on(open_inventory(bench.folder.path()));
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

/// Serves the constant inventory on a thread of its own, over pipes in memory.
fn serve_pipes(bench: &Bench) -> PipeAddress {
    let (address, listener) = PipeListener::bind();
    let routes = bench.routes();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let server = MemoryServer::new(routes, None);
        LocalSet::new().block_on(&runtime, listener.serve(server));
    });
    address
}

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

/// What a call pays for proof: of a peer by the service credential, and of a user by the access token, which each process that needs it
/// checks itself.
fn identity(criterion: &mut Criterion) {
    let bench = Bench::new();
    let issuer =
        TokenIssuer::load(&bench.folder.path().join("keys/tokens.key")).expect("the bench's own key");
    let now_s = clock().now().as_unix_seconds();
    let issue = || {
        let account_id = bench.ids.next();
        issuer.issue(&Claims { account_id, admin: false, issued_at_s: now_s, expires_at_s: now_s + 900 })
    };
    let verify = |token: &str| bench.tokens.verify(token, now_s).expect("it was just issued");
    let presented = bench.credential.header_value().to_owned();
    let mut group = criterion.benchmark_group("identity");
    group.bench_function("a peer's credential", |bencher| {
        bencher.iter(|| bench.credential.matches(black_box(presented.as_bytes())));
    });
    let known = issue();
    group.bench_function("a token that was seen before", |bencher| {
        bencher.iter(|| verify(black_box(&known)));
    });
    group.bench_function("a new token", |bencher| {
        bencher.iter_batched(issue, |token| verify(&token), BatchSize::SmallInput);
    });
    group.finish();
}

/// An inventory of its own database.
async fn open_inventory(folder: &Path) -> Rc<LocalInventory> {
    let settings = DatabaseSettings {
        url: format!("sqlite:{}", folder.join("inventory.db").display()),
        password: None,
        max_readers: 1,
        acquire_timeout: Duration::from_secs(2),
    };
    let database = Database::open("inventory", &settings).await.expect("a database");
    database.migrate(&inventory::MIGRATIONS).await.expect("its tables");
    Rc::new(LocalInventory::new(database, Outbox::new(), clock()))
}

impl AsyncExecutor for &Bench {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        Bench::block_on(self, future)
    }
}
