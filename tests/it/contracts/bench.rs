//! What a promise needs beside the contract.

use std::rc::Rc;
use std::time::Duration;

use accounts_api::Accounts;
use accounts_api::rest::AccountsAdapter;
use cart_api::Cart;
use cart_api::rest::CartAdapter;
use catalog_api::Catalog;
use catalog_api::rest::CatalogAdapter;
use cleave::membership::registration_key;
use cleave::topology::Link;
use cleave_core::{AccountId, Caller, Clock as _, Context, IdempotencyKey, RequestId, User};
use cleave_discovery::Registry;
use cleave_discovery::rest::RegistryAdapter;
use cleave_events::EventLog;
use cleave_events::rest::EventLogAdapter;
use cleave_rest::Adapter;
use inventory_api::Inventory;
use inventory_api::rest::InventoryAdapter;
use notifications_api::Notifications;
use notifications_api::rest::NotificationsAdapter;
use orders_api::Orders;
use orders_api::rest::OrdersAdapter;
use payments_api::Payments;
use payments_api::rest::PaymentsAdapter;
use tokio::task::LocalSet;
use uuid::Uuid;

use crate::support::store;
use crate::support::world::World;

/// Nothing takes this long.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A running store, and people who ask it.
pub(super) struct Bench {
    world: Rc<World>,
    link: Link,
    user: User,
    admin: User,
}

impl Bench {
    /// New people in a world in which callers reach the modules over this link.
    pub(super) fn new(world: Rc<World>, link: Link) -> Self {
        let (user, admin) = (world.store().identity(false), world.store().identity(true));
        Self { world, link, user, admin }
    }

    /// The contract of `A` as `caller` reaches it.
    fn reach<A: Adapter>(&self, caller: &str) -> Rc<A::Contract> {
        let link = self.world.topology.link(caller, A::MODULE);
        assert_eq!(link, self.link, "this is the link that is to be tested");
        self.world.cell_of(caller).reach::<A>(caller)
    }

    pub(super) fn accounts(&self) -> Rc<dyn Accounts> {
        self.reach::<AccountsAdapter>("gateway")
    }

    pub(super) fn cart(&self) -> Rc<dyn Cart> {
        self.reach::<CartAdapter>("gateway")
    }

    pub(super) fn catalog(&self) -> Rc<dyn Catalog> {
        self.reach::<CatalogAdapter>("gateway")
    }

    pub(super) fn inventory(&self) -> Rc<dyn Inventory> {
        self.reach::<InventoryAdapter>("gateway")
    }

    pub(super) fn notifications(&self) -> Rc<dyn Notifications> {
        self.reach::<NotificationsAdapter>("gateway")
    }

    pub(super) fn orders(&self) -> Rc<dyn Orders> {
        self.reach::<OrdersAdapter>("gateway")
    }

    /// The gateway does not know them.
    pub(super) fn payments(&self) -> Rc<dyn Payments> {
        self.reach::<PaymentsAdapter>("orders")
    }

    /// Nor the log.
    pub(super) fn event_log(&self) -> Rc<dyn EventLog> {
        self.reach::<EventLogAdapter>("notifications")
    }

    /// Only its own process, and those of other services, reach the registry.
    pub(super) fn registry(&self) -> Rc<dyn Registry> {
        let caller = if self.link == Link::Direct { "registry" } else { "gateway" };
        self.reach::<RegistryAdapter>(caller)
    }

    /// By which a service registers its processes.
    pub(super) fn registration_key(&self, service: &str) -> String {
        registration_key(&self.world.store().settings, service).expect("it follows from the secret")
    }

    pub(super) fn new_id(&self) -> Uuid {
        self.world.store().ids.next()
    }

    /// Whose account [`Bench::user`] speaks of.
    pub(super) fn account_id(&self) -> AccountId {
        self.user.account_id
    }

    /// The context of a call that this caller makes now.
    pub(super) fn call(&self, caller: Caller) -> Context {
        Context {
            request_id: RequestId::from_uuid(self.new_id()),
            deadline: self.world.store().clock.instant() + Duration::from_secs(10),
            caller,
            idempotency_key: None,
        }
    }

    pub(super) fn anybody(&self) -> Context {
        self.call(Caller::Anonymous)
    }

    pub(super) fn user(&self) -> Context {
        self.call(Caller::User(self.user.clone()))
    }

    /// Another user, each time another one.
    pub(super) fn stranger(&self) -> Context {
        self.call(Caller::User(self.world.store().identity(false)))
    }

    pub(super) fn admin(&self) -> Context {
        self.call(Caller::User(self.admin.clone()))
    }

    /// The store itself.
    pub(super) fn system(&self) -> Context {
        self.call(Caller::System)
    }

    /// An admin's command with this key.
    pub(super) fn command(&self, key: &str) -> Context {
        keyed(&self.admin(), key)
    }

    /// A call for which nobody waits any more.
    pub(super) fn overdue(&self) -> Context {
        Context { deadline: self.world.store().clock.instant(), ..self.admin() }
    }

    /// Looks until `look` gives what `settled` accepts, and gives it. Meanwhile, what the calls have begun on this thread
    /// goes on.
    pub(super) async fn eventually<T>(&self, look: impl AsyncFn() -> T, settled: impl Fn(&T) -> bool) -> T {
        let looking = async {
            loop {
                let seen = look().await;
                if settled(&seen) {
                    return seen;
                }
                // Between two looks; no test relies on how long it takes.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.expect("it becomes true in time")
    }
}

/// Runs a promise, and what its calls have begun on this thread, to the end.
pub(super) fn to_its_end(promise: impl Future<Output = ()>) {
    let runtime = store::runtime();
    // What a broken promise leaves unfinished gives its connections back to the databases within the runtime.
    let _within = runtime.enter();
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, promise);
    let ended = runtime.block_on(async { tokio::time::timeout(PATIENCE, tasks).await });
    assert!(ended.is_ok(), "something that a call has begun has no end");
}

/// The same call under this key.
pub(super) fn keyed(context: &Context, key: &str) -> Context {
    context.with_key(IdempotencyKey::parse(key).expect("the test's own key is fit"))
}
