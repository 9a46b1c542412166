//! Requests that are wrong: each gets a 4xx problem that says what is wrong, the same in every placement, and none
//! changes anything.

mod accounts;
mod bodies;
mod cart;
mod orders;
mod paths;
mod rights;

use cleave_compare::Request;

use crate::support::world::World;

/// Where every request is tried: over method calls and over the wire.
const PLACEMENTS: [&str; 2] = ["monolith", "microservices"];

/// Runs `refuse` on a store with one product, whose id it is given, in one process and in many; afterwards the tables
/// have to say what they said before.
fn in_both_placements(refuse: impl Fn(&World, &str)) {
    in_both_placements_with(|_, id| id.to_owned(), |world, id| refuse(world, id));
}

/// The same with what `prepare` has done in the store and has to tell of it.
fn in_both_placements_with<T>(prepare: impl Fn(&World, &str) -> T, refuse: impl Fn(&World, &T)) {
    for topology in PLACEMENTS {
        let world = World::start(topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        let prepared = prepare(&world, &id);
        world.settle();
        let before = world.records();
        refuse(&world, &prepared);
        assert_eq!(world.records(), before, "a refused request has changed something in {topology}");
    }
}

/// A receipt without a body.
fn receipt(product_id: &str) -> Request {
    Request::new("POST", format!("/api/v1/stock/{product_id}/receipts")).header("idempotency-key", "wrong")
}
