//! Every contract over every link: the same promises, whoever keeps them and wherever.
//!
//! A suite is a list of plain async functions, one a promise, that take the contract and a [`Bench`]. The macro
//! [`over_every_way`] makes tests of them for each [`Way`]: one for all promises, in one world, where each promise has
//! people and things of its own; or one for each promise, where a promise speaks of all that there is.

mod accounts;
mod bench;
mod cart;
mod catalog;
mod errors;
mod events;
mod goods;
mod inventory;
mod notifications;
mod orders;
mod payments;
mod registry;
mod twice;

use std::rc::Rc;

use cleave::topology::Link;

use self::bench::{Bench, to_its_end};
use crate::support::store::Store;
use crate::support::topologies;
use crate::support::world::World;

/// How the calls of a suite travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Over(Link),
    /// Every call is sent twice, as a caller does that has not heard the first answer.
    TwiceOver(Link),
}

impl Way {
    fn link(self) -> Link {
        let (Self::Over(link) | Self::TwiceOver(link)) = self;
        link
    }

    /// A world in which everybody reaches everybody over the link.
    fn world(self) -> Rc<World> {
        let monolith = || topologies::named("monolith");
        let topology = match self.link() {
            Link::Direct => monolith(),
            link @ (Link::Memory | Link::Thread) => topologies::relinked(&monolith(), Link::Tcp, link),
            link @ (Link::Unix | Link::Tcp) => {
                topologies::relinked(&topologies::named("microservices"), link, Link::Direct)
            }
        };
        Rc::new(World::on(Store::empty(), topology))
    }
}

/// A contract that has a suite.
trait Suited {
    /// The contract as one of its callers reaches it.
    fn reached(bench: &Bench) -> Rc<Self>;

    /// The same contract, to which every call is sent twice.
    fn sent_twice(once: Rc<Self>) -> Rc<Self>;
}

/// Runs a promise of a contract. What a failing test has printed last is the promise that was broken.
fn keep<C: Suited + ?Sized>(
    world: &Rc<World>,
    way: Way,
    promise_name: &str,
    promise: &impl AsyncFn(Rc<C>, &Bench),
) {
    println!("{way:?}: {promise_name}");
    let bench = Bench::new(world.clone(), way.link());
    to_its_end(async {
        let once = C::reached(&bench);
        let contract = if let Way::TwiceOver(_) = way { C::sent_twice(once) } else { once };
        promise(contract, &bench).await;
    });
}

/// Makes tests of promises for each way.
macro_rules! over_every_way {
    ($how:ident: $($promise:ident),+ $(,)?) => {
        over_every_way!(@$how over_direct Way::Over(Link::Direct), $($promise),+);
        over_every_way!(@$how over_memory Way::Over(Link::Memory), $($promise),+);
        over_every_way!(@$how over_thread Way::Over(Link::Thread), $($promise),+);
        over_every_way!(@$how over_unix Way::Over(Link::Unix), $($promise),+);
        over_every_way!(@$how over_tcp Way::Over(Link::Tcp), $($promise),+);
        over_every_way!(@$how twice_over_direct Way::TwiceOver(Link::Direct), $($promise),+);
        over_every_way!(@$how twice_over_tcp Way::TwiceOver(Link::Tcp), $($promise),+);
    };
    (@in_one_world $test:ident $way:expr, $($promise:ident),+) => {
        #[test]
        fn $test() {
            use cleave::topology::Link;

            use crate::contracts::{Way, keep};

            let world = $way.world();
            $(keep(&world, $way, stringify!($promise), &$promise);)+
        }
    };
    (@in_worlds_of_their_own $module:ident $way:expr, $($promise:ident),+) => {
        mod $module {
            use cleave::topology::Link;

            use crate::contracts::{Way, keep};

            $(
                #[test]
                fn $promise() {
                    keep(&$way.world(), $way, stringify!($promise), &super::$promise);
                }
            )+
        }
    };
}
use over_every_way;
