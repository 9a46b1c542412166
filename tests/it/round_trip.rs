//! Calls between processes that take a round trip longer: as many round trips longer as there are calls in a row.

use std::time::{Duration, Instant};

use cleave::topology::{Link, Topology};

use crate::support::store::Store;
use crate::support::topologies::{named, relinked};
use crate::support::world::World;

/// So long that the noise of a busy machine does not matter beside them.
const SHORT_MS: u32 = 5;
const LONG_MS: u32 = 25;

/// Enough that one of them meets nobody else on the processors.
const ASKED: usize = 25;

fn at_distance(topology: Topology, round_trip_ms: u32) -> World {
    World::on(Store::with_settings(&[("links.round_trip_ms", &round_trip_ms.to_string())]), topology)
}

/// The quickest of some, which is the one that nothing else has held up.
#[expect(clippy::disallowed_methods, reason = "how long something takes is what is tested")]
fn quickest(mut ask: impl FnMut()) -> Duration {
    let took = |_| {
        let begun = Instant::now();
        ask();
        begun.elapsed()
    };
    (0..ASKED).map(took).min().expect("some were asked")
}

/// By how much an answer takes longer where the round trip is a millisecond longer, in milliseconds.
fn slope(topology: &str, ask: impl Fn(&World, &str)) -> f64 {
    let took = [SHORT_MS, LONG_MS].map(|round_trip_ms| {
        let world = at_distance(named(topology), round_trip_ms);
        let id = world.admin().bring_in("LAMP-1", 5);
        world.settle();
        quickest(|| ask(&world, &id))
    });
    (took[1].as_secs_f64() - took[0].as_secs_f64()) * 1_000.0 / f64::from(LONG_MS - SHORT_MS)
}

#[test]
fn an_answer_takes_as_many_round_trips_longer_as_there_are_calls_in_a_row() {
    let product = |world: &World, id: &str| assert_eq!(world.visitor().get_product(id).ok()["available"], 5);
    let list = |world: &World, _: &str| drop(world.visitor().list_products("").ok());
    // The gateway asks the catalogue, which asks the inventory; a list is the catalogue's alone.
    for (topology, calls, measured) in [
        ("microservices", 2.0, slope("microservices", product)),
        ("microservices", 1.0, slope("microservices", list)),
        ("catalog+inventory | *", 1.0, slope("catalog+inventory | *", product)),
        ("monolith", 0.0, slope("monolith", product)),
    ] {
        assert!((measured - calls).abs() < 0.2, "{topology}: {measured} round trips instead of {calls}");
    }
}

#[test]
fn links_of_both_kinds_between_processes_are_delayed_and_none_within_one() {
    let together = |within| relinked(&named("monolith"), Link::Tcp, within);
    let apart = |link| relinked(&named("microservices"), link, Link::Direct);
    let both_within = [(together(Link::Memory), 0), (together(Link::Thread), 0)];
    for (topology, calls) in [(apart(Link::Unix), 2), (apart(Link::Tcp), 2)].into_iter().chain(both_within) {
        let name = topology.name().to_owned();
        let world = at_distance(topology, LONG_MS);
        let id = world.admin().bring_in("LAMP-1", 5);
        world.settle();
        let took = quickest(|| drop(world.visitor().get_product(&id).ok()));
        assert_eq!(took.as_millis() / u128::from(LONG_MS), calls, "{name}: {took:?}");
    }
}

#[test]
fn by_how_much_calls_were_longer_is_told_where_they_are_and_nowhere_else() {
    let counted = |world: &World, service: &str| {
        world.ask(service, "/metrics").response.text().contains("cleave_round_trip_overshoot_seconds_count")
    };
    let apart = at_distance(named("microservices"), SHORT_MS);
    let id = apart.admin().bring_in("LAMP-1", 5);
    apart.visitor().get_product(&id).ok();
    assert!(counted(&apart, "gateway") && counted(&apart, "catalog"));
    assert!(!counted(&World::start("microservices"), "gateway"), "nothing was asked for");
    assert!(!counted(&at_distance(named("monolith"), SHORT_MS), "monolith"), "nothing is called");
}
