//! Every contract over every link: the same promises, whoever keeps them and wherever.
//!
//! A suite is a list of plain async functions, one a promise, that take the contract and a [`Bench`]. The macro
//! [`over_every_way`] makes a test of each function and [`Way`].

mod catalog;
mod errors;
mod inventory;
mod twice;

use std::rc::Rc;
use std::time::Duration;

use catalog_api::Catalog;
use catalog_api::rest::CatalogAdapter;
use cleave::compose::Cell;
use cleave::topology::Link;
use cleave_core::{AccountId, Caller, Context, IdempotencyKey, RequestId, User};
use inventory_api::Inventory;
use inventory_api::rest::InventoryAdapter;
use tokio::task::LocalSet;
use uuid::Uuid;

use self::twice::Twice;
use crate::support::store::{self, Store};
use crate::support::topologies;
use crate::support::world::World;

/// How the calls of a suite travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Over(Link),
    /// Every call is sent twice, as a caller does that has not heard the first answer.
    TwiceOver(Link),
}

/// Makes a module of tests a way, with a test a promise.
macro_rules! over_every_way {
    ($run:ident: $($promise:ident),+ $(,)?) => {
        over_every_way!(@over_direct Way::Over(Link::Direct), $run: $($promise),+);
        over_every_way!(@over_memory Way::Over(Link::Memory), $run: $($promise),+);
        over_every_way!(@over_unix Way::Over(Link::Unix), $run: $($promise),+);
        over_every_way!(@over_tcp Way::Over(Link::Tcp), $run: $($promise),+);
        over_every_way!(@twice_over_direct Way::TwiceOver(Link::Direct), $run: $($promise),+);
        over_every_way!(@twice_over_tcp Way::TwiceOver(Link::Tcp), $run: $($promise),+);
    };
    (@$module:ident $way:expr, $run:ident: $($promise:ident),+) => {
        mod $module {
            use cleave::topology::Link;

            use crate::contracts::Way;

            $(
                #[test]
                fn $promise() {
                    super::$run($way, &super::$promise);
                }
            )+
        }
    };
}
use over_every_way;

/// What a promise needs beside the contract.
struct Bench {
    cell: Rc<Cell>,
    /// Who asks over a direct link; over the others the access token says it.
    account_id: AccountId,
    admin_token: Rc<str>,
    user_token: Rc<str>,
}

impl Bench {
    /// Runs a promise in a world in which the gateway reaches the modules over this link.
    fn run(link: Link, promise: impl AsyncFnOnce(Bench)) {
        let topology = match link {
            Link::Direct => topologies::named("monolith"),
            Link::Memory => topologies::relinked(&topologies::named("monolith"), Link::Tcp, true),
            Link::Unix | Link::Tcp => topologies::relinked(&topologies::named("microservices"), link, false),
        };
        let world = World::on(Store::empty(), topology);
        for module in ["catalog", "inventory"] {
            assert_eq!(world.topology.link("gateway", module), link, "this is the link that is to be tested");
        }
        let runtime = store::runtime();
        LocalSet::new().block_on(&runtime, async {
            let admin_token = Rc::from(world.store().access_token(true));
            let user_token = Rc::from(world.store().access_token(false));
            let account_id = AccountId::from(world.store().ids.next());
            promise(Bench { cell: world.cell_of("gateway"), account_id, admin_token, user_token }).await;
        });
    }

    fn inventory(&self) -> Rc<dyn Inventory> {
        self.cell.reach::<InventoryAdapter>("gateway")
    }

    fn catalog(&self) -> Rc<dyn Catalog> {
        self.cell.reach::<CatalogAdapter>("gateway")
    }

    fn new_id(&self) -> Uuid {
        self.cell.process().ids.next()
    }

    /// The context of a call that this caller makes now.
    fn call(&self, caller: Caller) -> Context {
        let process = self.cell.process();
        Context {
            request_id: RequestId::from_uuid(process.ids.next()),
            deadline: process.clock.instant() + Duration::from_secs(10),
            caller,
            idempotency_key: None,
        }
    }

    fn anybody(&self) -> Context {
        self.call(Caller::Anonymous)
    }

    fn user(&self) -> Context {
        self.call(Caller::User(User {
            account_id: self.account_id,
            admin: false,
            access_token: (*self.user_token).into(),
        }))
    }

    fn admin(&self) -> Context {
        self.call(Caller::User(User {
            account_id: self.account_id,
            admin: true,
            access_token: (*self.admin_token).into(),
        }))
    }

    /// The store itself.
    fn system(&self) -> Context {
        Context { caller: Caller::System, ..self.admin() }
    }

    /// An admin's command with this key.
    fn command(&self, key: &str) -> Context {
        self.admin().with_key(IdempotencyKey::parse(key).expect("the test's own key is fit"))
    }

    /// A call for which nobody waits any more.
    fn overdue(&self) -> Context {
        Context { deadline: self.cell.process().clock.instant(), ..self.admin() }
    }
}
