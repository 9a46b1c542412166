//! From commit to effect: how long it takes until what a module told has happened in another one, beside what one fdatasync
//! takes on the same disk (`just bench commit`). And appends: how long the log as a service takes to make events durable, alone, in
//! batches and with many producers at once (`just bench append`). Beside it NATS does the same, where this machine has one: it
//! syncs its disk before it acknowledges, as the log does.
//!
//! The way is the real one: the outbox is woken by the commit, the relay appends to the event log, the consumer applies. With
//! the log in the same process that is one commit of the log and one of the listener; as a service there are two calls
//! over TCP besides.

#[path = "support/running.rs"]
mod running;
#[path = "support/turns.rs"]
mod turns;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cleave_core::{Clock as _, Context, Event, Ids, SystemClock, UnreadableEvent};
use cleave_db::{Database, DatabaseSettings, Migration, Migrations, Transaction, WriteError};
use cleave_events::rest::EventLogAdapter;
use cleave_events::{
    Append, CONSUMER_HOLDER_SQL, CONSUMER_SQL, Consumer, EventLog, OUTBOX_SQL, Outbox, Reaction,
    ReactionError, RecordedEvent, Relay, Settings, TableLog,
};
use cleave_events_nats::testing::{NatsServer, is_installed};
use futures_util::future::join_all;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::LocalSet;

use self::running::RunningStore;
use self::turns::{Contender, Turns, is_measuring, take_turns};

const TELLER: Migrations = Migrations(&[Migration { version: 1, name: "outbox", sql: OUTBOX_SQL }]);

const LISTENER: Migrations = Migrations(&[
    Migration { version: 1, name: "consumer", sql: CONSUMER_SQL },
    Migration { version: 2, name: "consumer_holder", sql: CONSUMER_HOLDER_SQL },
    Migration { version: 3, name: "effects", sql: "CREATE TABLE effects (number BIGINT NOT NULL)" },
]);

/// The bytes of an append whose fdatasync is timed: a page of a database, as its log gets it.
const PAGE: usize = 4096;

/// Longer than any effect takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    let folder = tempfile::Builder::new().prefix("events-").tempdir_in(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.expect("a folder on the disk of the build");
    let turns = if is_measuring() {
        Turns { warm_up: 100, rounds: 20, times_a_round: 100 }
    } else {
        Turns { warm_up: 1, rounds: 1, times_a_round: 1 }
    };
    let mut file = File::create(folder.path().join("synced")).expect("a file");
    let sync = move || {
        file.write_all(&[7; PAGE]).expect("room for a page");
        timed(|| file.sync_data().expect("the disk takes it"))
    };
    let together = Way::open(&folder.path().join("together"), "monolith", "");
    let apart = Way::open(&folder.path().join("apart"), "microservices", "");
    // On the same disk as the others.
    let server = is_installed().then(|| NatsServer::in_folder(folder.path()));
    let nats = server.as_ref().map(|it| Way::open(&folder.path().join("nats"), "microservices", &it.url()));
    let sync = RefCell::new(sync);
    let mut contenders = vec![
        Contender::new("fdatasync of a page", || sync.borrow_mut()()),
        Contender::new("log in the same process", || together.tell()),
        Contender::new("log as a service", || apart.tell()),
    ];
    contenders.extend(nats.as_ref().map(|nats| Contender::new("log in NATS", || nats.tell())));
    take_turns("commit to effect", turns, contenders);
    let table = apart.store.cell_of("events").process().event_log.clone();
    let producers = Producers::of(&apart.store, table);
    let producers_on_nats = nats.as_ref().map(|nats| Producers::of(&nats.store, None));
    let engines = [("", Some(&producers)), ("NATS: ", producers_on_nats.as_ref())];
    let mut contenders = vec![Contender::new("fdatasync of a page", || sync.borrow_mut()())];
    for (engine, producers) in engines {
        let Some(producers) = producers else { continue };
        for (events, at_once) in [(1, 1), (500, 1), (1, 16), (100, 16)] {
            let name = format!("{engine}{at_once} producers, {events} events each");
            contenders.push(Contender::new(name, move || producers.append(at_once, events)));
        }
    }
    take_turns("append", turns, contenders);
    for (engine, producers) in engines {
        if let Some(producers) = producers {
            producers.tell_totals(engine);
        }
    }
    drop((producers, producers_on_nats));
    for way in [Some(together), Some(apart), nats].into_iter().flatten() {
        way.close();
    }
}

/// A module that tells, one that listens, and the event log as the modules of a topology reach it.
struct Way {
    runtime: Runtime,
    teller: Database,
    outbox: Outbox,
    ids: Arc<Ids>,
    applied: mpsc::Receiver<u64>,
    stop: watch::Sender<bool>,
    background: JoinHandle<()>,
    store: Arc<RunningStore>,
}

impl Way {
    /// The log is in the NATS of this URL, or in the topology where it is empty.
    fn open(folder: &Path, topology: &str, nats: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut settings = running::settings(&folder.join("store"));
        nats.clone_into(&mut settings.events.url);
        let (store, _public) = RunningStore::start(&settings, topology);
        let store = Arc::new(store);
        let teller = runtime.block_on(open(folder, "teller", &TELLER));
        let listener = runtime.block_on(open(folder, "listener", &LISTENER));
        let (outbox, ids) = (Outbox::new(), Arc::new(Ids::from_system(Arc::new(SystemClock))));
        let (stop, stopped) = watch::channel(false);
        let (applying, applied) = mpsc::channel();
        let background = {
            let (store, teller, outbox, ids) = (store.clone(), teller.clone(), outbox.clone(), ids.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                LocalSet::new().block_on(&runtime.expect("a runtime"), async move {
                    let log = || store.cell_of("orders").reach::<EventLogAdapter>("orders");
                    let clock = Arc::new(SystemClock);
                    let pace = Settings::default;
                    let relay = Relay::new(teller, outbox, log(), clock.clone(), ids.clone(), pace());
                    let consumer = Consumer::new(listener, log(), Rc::new(Note), clock, ids.clone(), pace());
                    tokio::join!(relay.run(stopped.clone()), apply(&consumer, &ids, stopped, applying));
                });
            })
        };
        let way = Self { runtime, teller, outbox, ids, applied, stop, background, store };
        way.tell();
        way
    }

    /// Tells one thing, and waits until the listener has committed what it does on it: the time since the teller's commit.
    fn tell(&self) -> Duration {
        self.runtime.block_on(async {
            let context = Context::background(&self.ids, SystemClock.instant() + PATIENCE);
            let told = self.teller.write(async |transaction| {
                self.outbox.record(transaction, &context, SystemClock.now(), &[Happened]).await?;
                Ok::<_, WriteError<()>>(())
            });
            told.await.expect("it is written down");
        });
        timed(|| {
            self.outbox.wake();
            self.applied.recv_timeout(PATIENCE).expect("it is applied");
        })
    }

    fn close(self) {
        self.stop.send_replace(true);
        self.background.join().expect("the background ends in peace");
    }
}

/// Producers that append to a log, each to a topic of its own.
struct Producers {
    runtime: Runtime,
    log: Rc<dyn EventLog>,
    /// The log as a service, which counts its commits; NATS does not.
    table: Option<TableLog>,
    ids: Ids,
    /// Where each topic ends.
    ends: RefCell<Vec<i64>>,
    /// By how many there were at once: appends, commits, events and the time that they took.
    totals: RefCell<BTreeMap<(usize, usize), Totals>>,
}

#[derive(Default)]
struct Totals {
    appends: u64,
    commits: u64,
    took: Duration,
}

impl Producers {
    fn of(store: &RunningStore, table: Option<TableLog>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let log = store.cell_of("orders").reach::<EventLogAdapter>("orders");
        let ids = Ids::from_system(Arc::new(SystemClock));
        Self { runtime, log, table, ids, ends: RefCell::default(), totals: RefCell::default() }
    }

    /// So many producers append so many events each, at once; the time until all of them are durable.
    fn append(&self, producers: usize, events: usize) -> Duration {
        let mut ends = self.ends.borrow_mut();
        let known = ends.len();
        ends.resize(known.max(producers), 0);
        let context = Context::background(&self.ids, SystemClock.instant() + PATIENCE);
        let appends = ends.iter_mut().take(producers).enumerate().map(|(producer, end)| {
            let offsets = (*end + 1..).take(events);
            let events = offsets.map(event).collect::<Vec<_>>();
            *end = events.last().map_or(*end, |last| last.offset);
            Append { topic: format!("producer-{producer}"), events }
        });
        let appends = appends.collect::<Vec<_>>();
        let commits = || self.table.as_ref().map_or(0, TableLog::commits);
        let before = commits();
        let took = timed(|| {
            let all = join_all(appends.into_iter().map(|append| self.log.append(&context, append)));
            for appended in LocalSet::new().block_on(&self.runtime, all) {
                appended.expect("the log takes it");
            }
        });
        let mut totals = self.totals.borrow_mut();
        let totals = totals.entry((producers, events)).or_default();
        totals.appends += producers as u64;
        totals.commits += commits() - before;
        totals.took += took;
        took
    }

    fn tell_totals(&self, engine: &str) {
        for ((producers, events), Totals { appends, commits, took }) in &*self.totals.borrow() {
            #[expect(clippy::cast_precision_loss, reason = "far below what a float holds")]
            let (per_second, shared) = (
                *appends as f64 * *events as f64 / took.as_secs_f64(),
                *appends as f64 / (*commits).max(1) as f64,
            );
            let shared =
                self.table.as_ref().map_or(String::new(), |_| format!(", {shared:.1} appends a commit"));
            println!(
                "  {engine}{producers} producers, {events} events each: {per_second:.0} durable events/s{shared}"
            );
        }
    }
}

fn event(offset: i64) -> RecordedEvent {
    RecordedEvent {
        offset,
        name: "order_confirmed".to_owned(),
        version: 1,
        entity: "018f0000-0000-7000-8000-000000000000".to_owned(),
        payload: "{\"text\":\"about as much as an order with two lines has to tell to those who listen\"}"
            .repeat(4),
        actor: "018f0000-0000-7000-8000-000000000001".to_owned(),
        request_id: "018f0000-0000-7000-8000-000000000002".to_owned(),
        recorded_at: SystemClock.now(),
    }
}

/// What `Consumer::run` does, and a word after each effect.
async fn apply(
    consumer: &Consumer,
    ids: &Ids,
    mut stopped: watch::Receiver<bool>,
    applying: mpsc::Sender<u64>,
) {
    loop {
        let context = Context::background(ids, SystemClock.instant() + PATIENCE);
        let applied = tokio::select! {
            step = consumer.step(&context, Duration::from_secs(5)) => step.expect("the log is there"),
            _ = stopped.changed() => return,
        };
        if applied > 0 {
            applying.send(applied).expect("somebody waits for it");
        }
    }
}

async fn open(folder: &Path, module: &'static str, migrations: &Migrations) -> Database {
    let settings = DatabaseSettings {
        url: format!("sqlite:{}", folder.join(format!("{module}.db")).display()),
        password: None,
        max_readers: 1,
        acquire_timeout: Duration::from_secs(2),
    };
    let database = Database::open(module, &settings).await.expect("a database");
    database.migrate(migrations).await.expect("its tables");
    database
}

#[expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
fn timed(act: impl FnOnce()) -> Duration {
    let began = Instant::now();
    act();
    began.elapsed()
}

/// Something that happened.
#[derive(Debug)]
struct Happened;

impl Event for Happened {
    const TOPIC: &'static str = "teller";

    fn name(&self) -> &'static str {
        "happened"
    }

    fn version(&self) -> u32 {
        1
    }

    fn entity(&self) -> String {
        "thing".to_owned()
    }

    fn payload(&self) -> String {
        "{}".to_owned()
    }

    fn read(_name: &str, _version: u32, _payload: &str) -> Result<Self, UnreadableEvent> {
        Ok(Self)
    }
}

/// Notes the number of each event.
#[derive(Debug)]
struct Note;

#[async_trait(?Send)]
impl Reaction for Note {
    fn topic(&self) -> &'static str {
        Happened::TOPIC
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), ReactionError> {
        for event in events {
            sqlx::query("INSERT INTO effects (number) VALUES ($1)")
                .bind(event.offset)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(())
    }
}
