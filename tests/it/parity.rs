//! The same session gets the same answers wherever the modules are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use cleave::house::HOUSE;
use cleave::journeys::{RandomSession, ScriptedSession, Shelf};
use cleave::provision;
use cleave::topology::{Link, Topology, partitions};
use cleave_compare::{Client, Dice, Script, Step};
use cleave_core::{Clock as _, SystemClock};
use cleave_db::testing::is_installed;
use cleave_events_nats::testing;
use tokio::task::LocalSet;

use crate::support::audit::Records;
use crate::support::store::{Store, runtime};
use crate::support::topologies::{named, presets, relinked};
use crate::support::world::World;

/// Operations of the customers in the seeded session.
const OPERATIONS: usize = 200;

/// How many partitions of the modules each run of the tests draws.
const DRAWN: usize = 20;

/// How many sessions are played at the same time: each waits for more than it computes.
const AT_ONCE: usize = 3;

/// Each begins with an empty server, which takes longer than a copy of files.
const DRAWN_FOR_POSTGRES: usize = 3;

/// The fifth part of the drawn ones is enough for other links.
const DRAWN_FOR_OTHER_LINKS: usize = 4;

#[test]
fn parity_of_partitions_that_a_seed_draws() {
    Replay::new().agrees_in(&drawn(DRAWN));
}

#[test]
#[ignore = "all 877 partitions take most of an hour: `just parity-all`"]
fn parity_of_all_partitions() {
    let all = partitions(&HOUSE).step_by(2).collect::<Vec<_>>();
    assert_eq!(all.len(), 877, "the seventh Bell number, with the roles apart");
    Replay::new().agrees_in(&all);
}

#[test]
fn parity_over_unix_sockets() {
    let apart = drawn(DRAWN).into_iter().filter(|topology| topology.services().len() > 1);
    let apart = apart.take(DRAWN_FOR_OTHER_LINKS);
    let apart = apart.map(|topology| relinked(&topology, Link::Unix, Link::Direct)).collect::<Vec<_>>();
    Replay::new().agrees_in(&apart);
}

#[test]
fn parity_over_links_in_memory() {
    agrees_within(Link::Memory);
}

#[test]
fn parity_over_links_across_threads() {
    agrees_within(Link::Thread);
}

/// In some topologies with calls within a process, which take this link, and in that of one process.
fn agrees_within(link: Link) {
    let has_calls_within =
        |topology: &Topology| topology.edges().any(|edge| edge.caller_service == edge.callee_service);
    let together = drawn(DRAWN).into_iter().filter(has_calls_within).take(DRAWN_FOR_OTHER_LINKS);
    let together = together.map(|topology| relinked(&topology, Link::Tcp, link));
    let together = together.chain([relinked(&named("monolith"), Link::Tcp, link)]).collect::<Vec<_>>();
    Replay::new().agrees_in(&together);
}

#[test]
fn parity_of_the_presets() {
    Replay::new().agrees_in(&presets());
}

#[test]
fn parity_on_postgres() {
    if is_installed() {
        let replay = Replay { engine: Engine::Postgres, ..Replay::new() };
        replay.agrees_in(&presets().into_iter().chain(drawn(DRAWN_FOR_POSTGRES)).collect::<Vec<_>>());
    }
}

#[test]
fn parity_on_nats() {
    if testing::is_installed() {
        let replay = Replay { engine: Engine::Nats, ..Replay::new() };
        replay.agrees_in(&[named("monolith"), named("microservices")]);
    }
}

/// Some partitions of the modules, in either form, each run others; the seed is printed.
fn drawn(count: usize) -> Vec<Topology> {
    let seed = seed();
    let mut all = partitions(&HOUSE).collect::<Vec<_>>();
    assert_eq!(all.len(), 2 * 877, "seven modules, with the roles apart and with the first group");
    Dice::new(seed, &[]).shuffle(&mut all);
    all.truncate(count);
    all
}

/// The variable `CLEAVE_PARITY_SEED`, or the time.
fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a developer repeats a run of the tests with it")]
    let given = std::env::var("CLEAVE_PARITY_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| SystemClock.now().as_unix_seconds());
    println!("partitions drawn with CLEAVE_PARITY_SEED={seed}");
    seed
}

/// Dropped in a panic, it leaves nothing to do for the others.
struct StopOthers<'run>(&'run AtomicUsize);

impl Drop for StopOthers<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(usize::MAX / 2, Ordering::Relaxed);
        }
    }
}

/// Where the topologies have their databases that are compared with the monolith on SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
    /// The databases on SQLite, and the event log in NATS.
    Nats,
}

/// One session on copies of one store.
struct Replay {
    engine: Engine,
    store: Store,
    shelf: Shelf,
    admin_token: String,
    seed: u64,
}

impl Replay {
    fn new() -> Self {
        let store = Store::stocked();
        // Nothing opens the store from here on: its files are copied while others copy them too.
        let (shelf, admin_token) = (store.shelf(), store.access_token(true));
        Self { engine: Engine::Sqlite, store, shelf, admin_token, seed: seed() }
    }

    fn agrees_in(&self, topologies: &[Topology]) {
        assert!(!topologies.is_empty(), "there is something to compare");
        let (steps, records) = self.play(self.store.copy(), named("monolith"));
        assert!(
            steps.len() > 50 + OPERATIONS,
            "the session is long enough to mean something: {} steps",
            steps.len()
        );
        let (count, next, done) = (topologies.len(), AtomicUsize::new(0), AtomicUsize::new(0));
        let compare = || {
            let _one_divergence_is_enough = StopOthers(&next);
            while let Some(topology) = topologies.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.agrees(topology, &steps, &records);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                if done.is_multiple_of(50) {
                    println!("{done} of {count} topologies");
                }
            }
        };
        std::thread::scope(|scope| {
            let comparing = (0..AT_ONCE).map(|_| scope.spawn(compare)).collect::<Vec<_>>();
            for one in comparing.into_iter().map(ScopedJoinHandle::join).collect::<Vec<_>>() {
                one.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
    }

    fn agrees(&self, topology: &Topology, steps: &[Step], records: &Records) {
        let name = topology.name();
        let store = match self.engine {
            Engine::Sqlite => self.store.copy(),
            Engine::Postgres => self.store.stocked_on_postgres(),
            Engine::Nats => self.store.stocked_on_nats(),
        };
        let (others, other_records) = self.play(store, topology.clone());
        for (number, (step, other)) in steps.iter().zip(&others).enumerate() {
            assert_eq!(step, other, "step {} differs between monolith and {name}", number + 1);
        }
        assert_eq!(steps.len(), others.len(), "the session has as many steps in {name}");
        assert_eq!(*records, other_records, "the tables say something else after the session in {name}");
    }

    fn play(&self, store: Store, topology: Topology) -> (Vec<Step>, Records) {
        let name = topology.name().to_owned();
        let world = World::on(store, topology);
        let mut client = Client::new(world.public(), Duration::from_secs(30));
        let script = ScriptedSession { shelf: &self.shelf, admin_token: &self.admin_token };
        let crowd = RandomSession {
            shelf: &self.shelf,
            admin_token: &self.admin_token,
            seed: self.seed,
            operations: OPERATIONS,
        };
        let mut play = |session: &dyn Script| {
            session.replay(&mut client).unwrap_or_else(|error| {
                panic!("the session breaks off in {}: {error:?}", world.topology.name())
            })
        };
        let steps = [play(&script), play(&crowd)].concat();
        world.settle();
        let records = world.records();
        let store = world.close();
        let (clock, ids) = (store.clock.clone(), store.ids.clone());
        let findings =
            runtime().block_on(LocalSet::new().run_until(provision::audit(&store.settings, clock, ids)));
        let findings = findings.expect("the store can be audited");
        let broken = findings.iter().filter(|finding| finding.counterexample.is_some());
        let broken = broken.map(ToString::to_string).collect::<Vec<_>>();
        assert!(broken.is_empty(), "after the session in {name}: {broken:#?}");
        (steps, records)
    }
}
