//! The registry, and those who follow it, without processes.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cleave_auth::{RegistrationKeys, load_secret, registration_key_file};
use cleave_core::{Caller, Clock as _, Context, Ids, ManualClock, Timestamp};
use futures_util::FutureExt as _;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use tokio::sync::watch;

use crate::{
    Deregistration, Instance, Joined, Lease, LocalRegistry, Member, Registration, Registry, RegistryError,
    Seen, Settings, Snapshot, Watch,
};

const LEASE: Duration = Duration::from_secs(5);

struct World {
    clock: Arc<ManualClock>,
    ids: Arc<Ids>,
    registry: LocalRegistry,
    keys: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(0)));
        let ids = Arc::new(Ids::from_seed(clock.clone(), 1));
        let keys = tempfile::tempdir().expect("a folder for keys");
        let registry = Self::registry(&keys, &clock, 1);
        Self { clock, ids, registry, keys }
    }

    fn registry(keys: &tempfile::TempDir, clock: &Arc<ManualClock>, epoch: u64) -> LocalRegistry {
        let secret = RegistrationKeys::load_or_create(&keys.path().join("secret"), &mut UnwrapErr(SysRng));
        let secret = secret.expect("a secret");
        let services = ["goods", "edge"].map(str::to_owned);
        for service in &services {
            secret.store_key_of(service, &registration_key_file(keys.path(), service)).expect("a key");
        }
        LocalRegistry::new(services, secret, epoch, clock.clone(), &Settings::default())
    }

    /// The registry after its end and another beginning.
    fn restarted(&self) -> LocalRegistry {
        Self::registry(&self.keys, &self.clock, 2)
    }

    fn key(&self, service: &str) -> String {
        load_secret(&registration_key_file(self.keys.path(), service)).expect("it has a key")
    }

    fn system(&self) -> Context {
        Context::background(&self.ids, self.clock.instant() + Duration::from_mins(1))
    }

    fn registration(&self, service: &str, name: &str, port: u16) -> Registration {
        let instance = Instance { name: name.to_owned(), tcp: ([127, 0, 0, 1], port).into(), unix: None };
        Registration { service: service.to_owned(), instance, key: self.key(service) }
    }

    async fn register(&self, service: &str, name: &str, port: u16) {
        let registration = self.registration(service, name, port);
        let lease = self.registry.register(&self.system(), registration).await;
        assert_eq!(lease, Ok(Lease { lease_ms: 5_000 }));
    }

    async fn look(&self) -> Snapshot {
        self.registry.watch(&self.system(), Watch::default()).await.expect("it answers")
    }

    async fn ports(&self, service: &str) -> Vec<u16> {
        ports(&self.look().await, service)
    }
}

fn ports(snapshot: &Snapshot, service: &str) -> Vec<u16> {
    snapshot.services.get(service).into_iter().flatten().map(|instance| instance.tcp.port()).collect()
}

#[tokio::test]
async fn an_instance_is_there_for_its_lease_and_longer_with_every_heartbeat() {
    let world = World::new();
    world.register("goods", "1", 7001).await;
    world.register("goods", "2", 7002).await;
    for _ in 0..5 {
        world.clock.advance(LEASE / 3);
        world.register("goods", "1", 7001).await;
    }
    assert_eq!(world.ports("goods").await, [7001]);
}

#[tokio::test]
async fn an_instance_that_comes_again_elsewhere_is_where_it_was_no_longer() {
    let world = World::new();
    world.register("goods", "1", 7001).await;
    let before = world.look().await.seen;
    world.register("goods", "1", 7009).await;
    let after = world.look().await;
    assert_eq!(ports(&after, "goods"), [7009]);
    assert!(after.seen.revision > before.revision);
}

#[tokio::test]
async fn a_heartbeat_is_no_change_and_wakes_nobody() {
    let world = World::new();
    world.register("goods", "1", 7001).await;
    let seen = world.look().await.seen;
    world.register("goods", "1", 7001).await;
    assert_eq!(world.look().await.seen, seen);
}

#[tokio::test]
async fn a_registry_that_was_asleep_lets_no_lease_run_out_for_that() {
    let world = World::new();
    world.register("goods", "1", 7001).await;
    world.clock.advance(LEASE * 100);
    assert_eq!(world.ports("goods").await, [7001], "nobody could have been heard meanwhile");
    for _ in 0..4 {
        world.clock.advance(LEASE / 3);
        world.look().await;
    }
    assert_eq!(world.ports("goods").await, [0_u16; 0], "awake, it hears that nothing comes");
}

#[tokio::test]
async fn who_follows_is_told_at_once() {
    let world = World::new();
    let seen = world.look().await.seen;
    let context = world.system();
    let (told, ()) = tokio::join!(
        world.registry.watch(&context, Watch { follower: None, seen, wait_ms: 25_000 }),
        async {
            tokio::task::yield_now().await;
            world.register("goods", "1", 7001).await;
        }
    );
    assert_eq!(ports(&told.expect("it answers"), "goods"), [7001]);
}

#[tokio::test]
async fn a_farewell_waits_until_all_who_follow_have_taken_it_over() {
    let world = World::new();
    world.register("goods", "1", 7001).await;
    world.register("goods", "2", 7002).await;
    let follow = async |seen, wait_ms| {
        let watch = Watch { follower: Some("edge/1".to_owned()), seen, wait_ms };
        world.registry.watch(&world.system(), watch).await.expect("it answers").seen
    };
    let seen = follow(Seen::default(), 0).await;
    let request = Deregistration {
        service: "goods".into(),
        instance: "2".into(),
        key: world.key("goods"),
        wait_ms: 20_000,
    };
    let context = world.system();
    let mut farewell = world.registry.deregister(&context, request);
    assert!(farewell.as_mut().now_or_never().is_none(), "edge has not heard of it");
    let told = follow(seen, 0).await;
    assert!(told.revision > seen.revision);
    assert!(
        farewell.as_mut().now_or_never().is_none(),
        "edge has got it, and has not said that it has taken it over"
    );
    let (left, _) = tokio::join!(farewell, follow(told, 0));
    assert_eq!(left, Ok(()));
    assert_eq!(world.ports("goods").await, [7001]);
}

#[tokio::test]
async fn a_service_speaks_for_itself_alone() {
    let world = World::new();
    let context = world.system();
    let stranger = Registration { key: world.key("edge"), ..world.registration("goods", "1", 7001) };
    let refused = world.registry.register(&context, stranger).await;
    assert_eq!(refused, Err(RegistryError::WrongKey { service: "goods".to_owned() }));
    let unknown = Registration { service: "gods".to_owned(), ..world.registration("goods", "1", 7001) };
    let refused = world.registry.register(&context, unknown).await;
    let known = "edge, goods".to_owned();
    assert_eq!(refused, Err(RegistryError::UnknownService { service: "gods".to_owned(), known }));
    let nowhere = world.registration("goods", "1", 0);
    let address = nowhere.instance.tcp;
    let refused = world.registry.register(&context, nowhere).await;
    assert_eq!(refused, Err(RegistryError::Unreachable { address }));
    let anonymous = Context { caller: Caller::Anonymous, ..world.system() };
    let refused = world.registry.register(&anonymous, world.registration("goods", "1", 7001)).await;
    assert_eq!(refused, Err(RegistryError::Unauthenticated));
    world.register("goods", "1", 7001).await;
    let key = world.key("edge");
    let request = Deregistration { service: "goods".into(), instance: "1".into(), key, wait_ms: 0 };
    let refused = world.registry.deregister(&context, request).await;
    assert_eq!(refused, Err(RegistryError::WrongKey { service: "goods".to_owned() }));
    assert_eq!(world.ports("goods").await, [7001]);
}

/// A registry that can be away, or say anything.
struct Scripted {
    world: World,
    says: std::cell::RefCell<Option<Result<Snapshot, RegistryError>>>,
}

#[async_trait(?Send)]
impl Registry for Scripted {
    async fn register(&self, context: &Context, registration: Registration) -> Result<Lease, RegistryError> {
        self.world.registry.register(context, registration).await
    }

    async fn deregister(&self, context: &Context, request: Deregistration) -> Result<(), RegistryError> {
        self.world.registry.deregister(context, request).await
    }

    async fn watch(&self, context: &Context, request: Watch) -> Result<Snapshot, RegistryError> {
        let said = self.says.borrow_mut().take();
        match said {
            Some(said) => said,
            None => self.world.registry.watch(context, request).await,
        }
    }
}

/// A member of the service `edge` that follows a registry; what it knows of `goods`.
struct Follower {
    registry: Rc<Scripted>,
    member: Member,
    joined: watch::Receiver<Joined>,
}

impl Follower {
    fn new(world: World) -> Self {
        let (joined, hears) = watch::channel(Joined::default());
        let (clock, ids) = (world.clock.clone(), world.ids.clone());
        let registration = world.registration("edge", "1", 7100);
        let registry = Rc::new(Scripted { world, says: std::cell::RefCell::default() });
        let member = Member::new(registry.clone(), registration, clock, ids, Settings::default(), joined);
        Self { registry, member, joined: hears }
    }

    fn world(&self) -> &World {
        &self.registry.world
    }

    async fn look(&self) -> Result<(), RegistryError> {
        self.member.look(Duration::ZERO).await
    }

    fn goods(&self) -> Vec<u16> {
        let joined = self.joined.borrow();
        let services = joined.known.iter().flat_map(|known| known.services().collect::<Vec<_>>());
        services
            .filter(|(name, _)| *name == "goods")
            .flat_map(|(_, all)| all.map(|it| it.tcp.port()).collect::<Vec<_>>())
            .collect()
    }

    /// Passes the time in which the registry comes to know everybody, with heartbeats of `goods`.
    async fn settle(&self) {
        for _ in 0..4 {
            self.world().clock.advance(LEASE / 3);
            self.world().register("goods", "1", 7001).await;
        }
        assert!(self.world().look().await.seen.settled);
    }
}

#[tokio::test]
async fn an_answer_that_is_away_garbage_or_empty_takes_nothing_away() {
    let follower = Follower::new(World::new());
    follower.settle().await;
    follower.look().await.expect("it answers");
    assert_eq!(follower.goods(), [7001]);
    for failure in [RegistryError::Unavailable { what: "registry".to_owned() }, RegistryError::Internal] {
        follower.registry.says.replace(Some(Err(failure.clone())));
        assert_eq!(follower.look().await, Err(failure));
        assert_eq!(follower.goods(), [7001]);
    }
    let seen = Seen { epoch: 9, revision: 9, settled: true };
    let empty = Snapshot { seen, services: [("goods".to_owned(), Vec::new())].into(), departed: [].into() };
    for nothing in [empty.clone(), Snapshot { services: [].into(), ..empty }] {
        follower.registry.says.replace(Some(Ok(nothing)));
        follower.look().await.expect("it answers");
        assert_eq!(follower.goods(), [7001], "an empty answer never takes everything away");
    }
}

#[tokio::test]
async fn a_registry_that_has_begun_anew_takes_away_those_alone_who_say_farewell() {
    let follower = Follower::new(World::new());
    follower.settle().await;
    follower.world().register("goods", "2", 7002).await;
    follower.world().register("goods", "3", 7003).await;
    follower.look().await.expect("it answers");
    assert_eq!(follower.goods(), [7001, 7002, 7003]);

    let begun_anew = follower.world().restarted();
    let registration = follower.world().registration("goods", "3", 7003);
    let context = follower.world().system();
    begun_anew.register(&context, registration).await.expect("it is registered");
    let key = follower.world().key("goods");
    let request = Deregistration { service: "goods".into(), instance: "3".into(), key, wait_ms: 0 };
    begun_anew.deregister(&context, request).await.expect("it says farewell");
    begun_anew
        .register(&context, follower.world().registration("goods", "1", 7011))
        .await
        .expect("it is registered");
    let told = begun_anew.watch(&context, Watch::default()).await.expect("it answers");
    assert!(!told.seen.settled);
    follower.registry.says.replace(Some(Ok(told)));
    follower.look().await.expect("it answers");
    assert_eq!(follower.goods(), [7011, 7002], "one has moved, one is unheard of yet, one has said farewell");
}

#[tokio::test]
async fn a_registry_that_forgot_learns_again_by_the_next_heartbeat() {
    let follower = Follower::new(World::new());
    follower.member.register().await.expect("it is registered");
    assert!(follower.joined.borrow().is_registered);
    for _ in 0..6 {
        follower.world().clock.advance(LEASE / 3);
        follower.world().look().await;
    }
    assert_eq!(follower.world().ports("edge").await, [0_u16; 0]);
    follower.member.register().await.expect("it is registered");
    assert_eq!(follower.world().ports("edge").await, [7100]);
}

#[tokio::test]
async fn a_member_that_stops_says_farewell() {
    let follower = Follower::new(World::new());
    let (stop, stopped) = watch::channel(false);
    let mut joined = follower.joined.clone();
    let stopping = async {
        joined
            .wait_for(|joined| joined.is_registered && joined.known.is_some())
            .await
            .expect("it is a member");
        assert_eq!(follower.world().ports("edge").await, [7100]);
        stop.send_replace(true);
    };
    tokio::join!(follower.member.run(stopped), stopping);
    assert_eq!(follower.world().ports("edge").await, [0_u16; 0]);
}
