//! The same session gets the same answers wherever the modules are.

use std::time::Duration;

use cleave::house::HOUSE;
use cleave::journeys::ScriptedSession;
use cleave::topology::{Link, Topology, partitions};
use cleave_compare::{Client, Script as _, Step};

use crate::support::audit::Records;
use crate::support::store::Store;
use crate::support::topologies::{named, presets, relinked};
use crate::support::world::World;

#[test]
fn parity_of_every_partition_of_the_modules() {
    let partitions = partitions(&HOUSE).collect::<Vec<_>>();
    assert!(partitions.len() >= 4, "two modules, together and apart, with the gateway inside and outside");
    Replay::new().agrees_in(partitions);
}

#[test]
fn parity_over_unix_sockets() {
    let partitions = partitions(&HOUSE).filter(|topology| topology.services().len() > 1);
    Replay::new().agrees_in(partitions.map(|topology| relinked(&topology, Link::Unix, false)).collect());
}

#[test]
fn parity_over_links_in_memory() {
    let has_calls_within =
        |topology: &Topology| topology.edges().any(|edge| edge.caller_service == edge.callee_service);
    let partitions = partitions(&HOUSE).filter(has_calls_within);
    Replay::new().agrees_in(partitions.map(|topology| relinked(&topology, Link::Tcp, true)).collect());
}

#[test]
fn parity_of_the_presets() {
    Replay::new().agrees_in(presets());
}

/// One session on copies of one store.
struct Replay {
    store: Store,
    admin_token: String,
}

impl Replay {
    fn new() -> Self {
        let store = Store::stocked();
        let admin_token = store.access_token(true);
        Self { store, admin_token }
    }

    fn agrees_in(&self, topologies: Vec<Topology>) {
        assert!(!topologies.is_empty(), "there is something to compare");
        let (steps, records) = self.play(named("monolith"));
        assert!(steps.len() > 50, "the session is long enough to mean something: {} steps", steps.len());
        for topology in topologies {
            let name = topology.name().to_owned();
            let (others, other_records) = self.play(topology);
            for (number, (step, other)) in steps.iter().zip(&others).enumerate() {
                assert_eq!(step, other, "step {} differs between monolith and {name}", number + 1);
            }
            assert_eq!(steps.len(), others.len(), "the session has as many steps in {name}");
            assert_eq!(records, other_records, "the tables say something else after the session in {name}");
        }
    }

    fn play(&self, topology: Topology) -> (Vec<Step>, Records) {
        let shelf = self.store.shelf();
        let world = World::on(self.store.copy(), topology);
        let session = ScriptedSession { shelf: &shelf, admin_token: &self.admin_token };
        let mut client = Client::new(world.public(), Duration::from_secs(30));
        let steps = session
            .replay(&mut client)
            .unwrap_or_else(|error| panic!("the session breaks off in {}: {error:?}", world.topology.name()));
        (steps, world.records())
    }
}
