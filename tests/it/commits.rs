//! How many durable commits a checkout takes, counted where they are made durable: in the write-ahead logs.

use std::fs;
use std::path::Path;

use crate::support::store::Store;
use crate::support::topologies::named;
use crate::support::world::World;

/// What the design allows over all modules, the event log and the notifications included.
const MOST_PER_CHECKOUT: usize = 10;

/// Few enough that no log is folded into its database meanwhile, and begun anew.
const CHECKOUTS: usize = 8;

#[test]
fn a_checkout_takes_at_most_ten_durable_commits_over_all_modules() {
    for topology in ["monolith", "microservices"] {
        let world = World::on(Store::empty(), named(topology));
        let id = world.admin().bring_in("LAMP-1", 50);
        let customers = (0..CHECKOUTS).map(|_| world.user()).collect::<Vec<_>>();
        for customer in &customers {
            customer.put_item(&id, 2).ok();
        }
        world.settle();
        let folder = &world.store().settings.data_dir;
        let before = Logs::read(folder);
        for customer in &customers {
            assert_eq!(customer.place_order("tok_visa", "key").created()["status"], "confirmed");
            // One at a time: what is still on its way would share its commits with the next one.
            world.settle();
        }
        let after = Logs::read(folder);
        let counts = after.since(&before);
        let sum = counts.iter().map(|(_, count)| count).sum::<usize>();
        println!("{topology}: {sum} commits for {CHECKOUTS} checkouts: {counts:?}");
        // Each of these has something to write down: a count of nothing would be a fault of the counting.
        for module in ["orders", "cart", "inventory", "payments", "events", "notifications"] {
            let count = counts.iter().find(|(name, _)| name == module).map_or(0, |(_, count)| *count);
            assert!(count >= CHECKOUTS, "{module} wrote {count} times for {CHECKOUTS} checkouts");
        }
        assert!(sum <= MOST_PER_CHECKOUT * CHECKOUTS, "{topology}: {sum} commits: {counts:?}");
    }
}

/// The write-ahead log of each database: the salt that it was begun with, and its commits.
struct Logs(Vec<(String, Log)>);

struct Log {
    salt: [u8; 8],
    commits: usize,
}

impl Logs {
    fn read(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).expect("the data can be listed");
        let mut logs = entries
            .filter_map(|entry| {
                let path = entry.expect("the data can be listed").path();
                let name = path.file_name()?.to_str()?.strip_suffix(".db-wal")?.to_owned();
                Some((name, Log::parse(&fs::read(path).expect("a log can be read"))?))
            })
            .collect::<Vec<_>>();
        logs.sort_by(|one, other| one.0.cmp(&other.0));
        Self(logs)
    }

    fn since(&self, before: &Self) -> Vec<(String, usize)> {
        let count = |(name, log): &(String, Log)| {
            let earlier = before.0.iter().find(|(earlier, _)| earlier == name);
            let earlier = earlier.map_or(0, |(_, earlier)| {
                assert_eq!(
                    earlier.salt, log.salt,
                    "the log of {name} was begun anew: what it had is not counted"
                );
                earlier.commits
            });
            (name.clone(), log.commits - earlier)
        };
        self.0.iter().map(count).collect()
    }
}

impl Log {
    /// A commit is the frame that says how large the database is after it: <https://sqlite.org/fileformat2.html#walformat>.
    fn parse(bytes: &[u8]) -> Option<Self> {
        const HEADER: usize = 32;
        const FRAME_HEADER: usize = 24;
        let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let page_size = usize::try_from(number(8)?).ok()?;
        let salt: [u8; 8] = bytes.get(16..24)?.try_into().ok()?;
        let frames = bytes[HEADER..].chunks_exact(FRAME_HEADER + page_size);
        // Behind the last frame may stand those of an earlier log, which had another salt.
        let own = frames.take_while(|frame| frame[8..16] == salt);
        Some(Self { salt, commits: own.filter(|frame| frame[4..8] != [0; 4]).count() })
    }
}
