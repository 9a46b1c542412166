//! What `Registry` promises. A monolith has none, so it is asked in its own process and from others. What leases do is in the tests of
//! `cleave-discovery`, which turn the clock.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;

use cleave::topology::Link;
use cleave_core::Context;
use cleave_discovery::{
    Deregistration, Instance, Lease, Registration, Registry, RegistryError, Seen, Snapshot, Watch,
};

use super::twice::Twice;
use super::{Bench, Suited, Way, keep};
use crate::support::store::Store;
use crate::support::topologies;
use crate::support::world::World;

#[test]
fn over_direct() {
    every_promise(Way::Over(Link::Direct));
}

#[test]
fn over_unix() {
    every_promise(Way::Over(Link::Unix));
}

#[test]
fn over_tcp() {
    every_promise(Way::Over(Link::Tcp));
}

#[test]
fn twice_over_direct() {
    every_promise(Way::TwiceOver(Link::Direct));
}

#[test]
fn twice_over_tcp() {
    every_promise(Way::TwiceOver(Link::Tcp));
}

#[test]
fn a_registry_that_begins_anew_has_forgotten_all_and_says_so() {
    for way in [Way::Over(Link::Direct), Way::Over(Link::Tcp)] {
        let world = world(way);
        let before = Cell::new(Seen::default());
        let registers = async |registry: Rc<dyn Registry>, bench: &Bench| {
            let arrival = registration(bench, "catalog", "1", port(7001));
            registry.register(&bench.system(), arrival).await.expect("it is registered");
            before.set(look(&registry, bench).await.seen);
        };
        keep(&world, way, "somebody registers", &registers);
        let mut world = Rc::into_inner(world).expect("nobody else has it any more");
        world.restart_service("registry");
        let begins_anew = async |registry: Rc<dyn Registry>, bench: &Bench| {
            // Who has seen another life of it does not wait.
            let watch = Watch { follower: None, seen: before.get(), wait_ms: 4_000 };
            let told = registry.watch(&bench.system(), watch).await.expect("it answers");
            assert_ne!(told.seen.epoch, before.get().epoch);
            assert!(!told.seen.settled, "who is not in this answer is merely unheard of");
            assert_eq!(addresses(&told, "catalog"), []);
            let again = registration(bench, "catalog", "1", port(7001));
            registry.register(&bench.system(), again).await.expect("it is registered");
            assert_eq!(addresses(&look(&registry, bench).await, "catalog"), [port(7001)]);
        };
        keep(&Rc::new(world), way, "it begins anew", &begins_anew);
    }
}

fn world(way: Way) -> Rc<World> {
    let between = if way.link() == Link::Unix { Link::Unix } else { Link::Tcp };
    let topology = topologies::relinked(&topologies::named("microservices"), between, Link::Direct);
    Rc::new(World::on(Store::empty(), topology))
}

fn every_promise(way: Way) {
    let world = world(way);
    macro_rules! keep_each {
        ($($promise:ident),+ $(,)?) => { $(keep(&world, way, stringify!($promise), &$promise);)+ };
    }
    // Those first that must not be disturbed by what others have registered.
    keep_each![
        who_has_seen_all_waits_no_longer_than_it_was_asked_to,
        who_watches_is_told_at_once,
        an_instance_is_told_from_its_registration_to_its_farewell,
        an_instance_that_comes_again_elsewhere_is_there_and_nowhere_else,
        a_farewell_waits_until_who_follows_has_taken_it_over,
        a_service_speaks_for_itself_alone,
        the_registry_is_for_the_store_itself_only,
    ];
}

impl Suited for dyn Registry {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.registry()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

fn registration(bench: &Bench, service: &str, name: &str, tcp: SocketAddr) -> Registration {
    let instance = Instance { name: name.to_owned(), tcp, unix: None };
    Registration { service: service.to_owned(), instance, key: bench.registration_key(service) }
}

fn farewell(bench: &Bench, service: &str, name: &str, wait_ms: u64) -> Deregistration {
    let (service, instance, key) = (service.to_owned(), name.to_owned(), bench.registration_key(service));
    Deregistration { service, instance, key, wait_ms }
}

fn port(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

async fn look(registry: &Rc<dyn Registry>, bench: &Bench) -> Snapshot {
    registry.watch(&bench.system(), Watch::default()).await.expect("it answers")
}

fn addresses(snapshot: &Snapshot, service: &str) -> Vec<SocketAddr> {
    snapshot.services.get(service).into_iter().flatten().map(|instance| instance.tcp).collect()
}

async fn an_instance_is_told_from_its_registration_to_its_farewell(
    registry: Rc<dyn Registry>,
    bench: &Bench,
) {
    for (name, at) in [("1", 7001), ("2", 7002)] {
        let lease = registry.register(&bench.system(), registration(bench, "catalog", name, port(at))).await;
        assert_eq!(lease, Ok(Lease { lease_ms: 5_000 }));
    }
    assert_eq!(addresses(&look(&registry, bench).await, "catalog"), [port(7001), port(7002)]);
    for _ in 0..2 {
        let left = registry.deregister(&bench.system(), farewell(bench, "catalog", "1", 0)).await;
        assert_eq!(left, Ok(()), "who is gone may go");
    }
    assert_eq!(addresses(&look(&registry, bench).await, "catalog"), [port(7002)]);
}

async fn an_instance_that_comes_again_elsewhere_is_there_and_nowhere_else(
    registry: Rc<dyn Registry>,
    bench: &Bench,
) {
    let first = registration(bench, "inventory", "1", port(7001));
    registry.register(&bench.system(), first.clone()).await.expect("it is registered");
    let tcp = "[::1]:7009".parse().expect("an address");
    let moved = Instance { tcp, unix: Some("/run/a place/1.sock".into()), ..first.instance.clone() };
    let request = Registration { instance: moved.clone(), ..first };
    registry.register(&bench.system(), request).await.expect("it is registered");
    assert_eq!(look(&registry, bench).await.services["inventory"], [moved]);
}

async fn who_watches_is_told_at_once(registry: Rc<dyn Registry>, bench: &Bench) {
    let seen = settled(&registry, bench).await;
    let context = bench.system();
    let watching = registry.watch(&context, Watch { follower: None, seen, wait_ms: 4_000 });
    let registering = async {
        tokio::task::yield_now().await;
        registry.register(&bench.system(), registration(bench, "cart", "1", port(7001))).await
    };
    let (told, registered) = tokio::join!(watching, registering);
    assert!(registered.is_ok(), "{registered:?}");
    assert_eq!(addresses(&told.expect("it answers"), "cart"), [port(7001)]);
}

async fn who_has_seen_all_waits_no_longer_than_it_was_asked_to(registry: Rc<dyn Registry>, bench: &Bench) {
    let seen = settled(&registry, bench).await;
    let told = registry.watch(&bench.system(), Watch { follower: None, seen, wait_ms: 20 }).await;
    assert_eq!(told.expect("it answers").seen, seen);
}

/// The registry's state, once it has heard for a whole lease, which is a change too.
async fn settled(registry: &Rc<dyn Registry>, bench: &Bench) -> Seen {
    let is_settled = |snapshot: &Snapshot| snapshot.seen.settled;
    bench.eventually(async || look(registry, bench).await, is_settled).await.seen
}

async fn a_farewell_waits_until_who_follows_has_taken_it_over(registry: Rc<dyn Registry>, bench: &Bench) {
    let follow = async |seen, wait_ms| {
        let watch = Watch { follower: Some("gateway/1".to_owned()), seen, wait_ms };
        registry.watch(&bench.system(), watch).await.expect("it answers")
    };
    let arrival = registration(bench, "orders", "1", port(7001));
    registry.register(&bench.system(), arrival).await.expect("it is registered");
    let seen = follow(Seen::default(), 0).await.seen;
    let has_left = Cell::new(false);
    let leaving = async {
        let left = registry.deregister(&bench.system(), farewell(bench, "orders", "1", 5_000)).await;
        has_left.set(true);
        left
    };
    let following = async {
        let mut told = follow(seen, 4_000).await;
        while !addresses(&told, "orders").is_empty() {
            told = follow(told.seen, 4_000).await;
        }
        assert!(!has_left.get(), "who follows has heard of it, and has not said that it has taken it over");
        follow(told.seen, 0).await;
    };
    let (left, ()) = tokio::join!(leaving, following);
    assert_eq!(left, Ok(()));
}

async fn a_service_speaks_for_itself_alone(registry: Rc<dyn Registry>, bench: &Bench) {
    let honest = registration(bench, "payments", "1", port(7001));
    let register = async |registration| registry.register(&bench.system(), registration).await;
    let wrong_key = Err(RegistryError::WrongKey { service: "payments".to_owned() });
    for key in [bench.registration_key("orders"), String::new(), "x".repeat(1_000)] {
        assert_eq!(register(Registration { key, ..honest.clone() }).await, wrong_key);
    }
    let refused = register(Registration { service: "payment".to_owned(), ..honest.clone() }).await;
    let Err(RegistryError::UnknownService { service, known }) = refused else { panic!("{refused:?}") };
    assert_eq!(service, "payment");
    assert!(known.contains("payments"), "{known}");
    for address in [port(0), ([0, 0, 0, 0], 7001).into()] {
        let instance = Instance { tcp: address, ..honest.instance.clone() };
        let refused = register(Registration { instance, ..honest.clone() }).await;
        assert_eq!(refused, Err(RegistryError::Unreachable { address }));
    }
    register(honest).await.expect("it is registered");
    let key = bench.registration_key("orders");
    let stranger = Deregistration { key, ..farewell(bench, "payments", "1", 0) };
    let refused = registry.deregister(&bench.system(), stranger).await;
    assert_eq!(refused, Err(RegistryError::WrongKey { service: "payments".to_owned() }));
    assert_eq!(addresses(&look(&registry, bench).await, "payments"), [port(7001)]);
}

async fn the_registry_is_for_the_store_itself_only(registry: Rc<dyn Registry>, bench: &Bench) {
    let every_call = async |context: Context| {
        let arrival = registration(bench, "accounts", "1", port(7001));
        [
            registry.register(&context, arrival).await.err(),
            registry.deregister(&context, farewell(bench, "accounts", "1", 0)).await.err(),
            registry.watch(&context, Watch::default()).await.err(),
        ]
    };
    for (context, refusal) in [
        (bench.anybody(), RegistryError::Unauthenticated),
        (bench.user(), RegistryError::Forbidden),
        (bench.admin(), RegistryError::Forbidden),
    ] {
        assert_eq!(every_call(context).await, [const { None }; 3].map(|_: Option<()>| Some(refusal.clone())));
    }
    assert_eq!(addresses(&look(&registry, bench).await, "accounts"), []);
}
