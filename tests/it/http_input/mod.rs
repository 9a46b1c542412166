//! Requests that are wrong: each gets a 4xx problem that says what is wrong, the same in every placement, and none
//! changes anything.

mod bodies;
mod paths;
mod rights;

use cleave_compare::Request;

use crate::support::world::World;

/// Runs `refuse` on a store with one product, whose id it is given, in one process and in many; afterwards the tables
/// have to say what they said before.
fn in_both_placements(refuse: impl Fn(&World, &str)) {
    for topology in ["monolith", "microservices"] {
        let world = World::start(topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        let before = world.records();
        refuse(&world, &id);
        assert_eq!(world.records(), before, "a refused request has changed something in {topology}");
    }
}

/// A receipt without a body.
fn receipt(product_id: &str) -> Request {
    Request::new("POST", format!("/api/v1/stock/{product_id}/receipts")).header("idempotency-key", "wrong")
}
