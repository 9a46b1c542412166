//! Tellers, listeners and a log on databases of their own.

mod consuming;
mod damage;
mod keeping;
mod logging;
mod rebuilding;
mod replaying;
mod replicas;
mod sharing;
mod telling;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Clock as _, Context, Event, Ids, ManualClock, SystemClock, Timestamp, UnreadableEvent};
use cleave_db::testing::Scratch;
use cleave_db::{Database, Migration, Migrations, WriteError};

use crate::{
    CONSUMER_HOLDER_SQL, CONSUMER_SQL, LOG_MIGRATIONS, OUTBOX_SQL, Outbox, RecordedEvent, Relay, Settings,
    TableLog,
};

const TELLER: Migrations = Migrations(&[Migration { version: 1, name: "outbox", sql: OUTBOX_SQL }]);

const LISTENER: Migrations = Migrations(&[
    Migration { version: 1, name: "consumer", sql: CONSUMER_SQL },
    Migration { version: 2, name: "consumer_holder", sql: CONSUMER_HOLDER_SQL },
    Migration {
        version: 3,
        name: "effects",
        sql: "CREATE TABLE effects (place BIGINT NOT NULL, number BIGINT NOT NULL, entity TEXT NOT NULL)",
    },
]);

/// Something that happened to one of a few things.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Happened {
    name: &'static str,
    entity: String,
}

impl Event for Happened {
    const TOPIC: &'static str = "teller";

    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        1
    }

    fn entity(&self) -> String {
        self.entity.clone()
    }

    fn payload(&self) -> String {
        "{\"text\":\"with \\\"quotes\\\"\"}".to_owned()
    }

    fn read(name: &str, _version: u32, _payload: &str) -> Result<Self, UnreadableEvent> {
        Err(UnreadableEvent::UnknownName { topic: Self::TOPIC, name: name.to_owned() })
    }
}

fn happened(entity: &str) -> Happened {
    Happened { name: "happened", entity: entity.to_owned() }
}

struct World {
    scratch: Scratch,
    clock: Arc<SystemClock>,
    ids: Arc<Ids>,
    teller: Database,
    listener: Database,
    logged: Database,
    log: TableLog,
    outbox: Outbox,
}

impl World {
    async fn new() -> Self {
        let scratch = Scratch::new();
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(Ids::from_seed(Arc::new(ManualClock::new(Timestamp::from_micros(0))), 1));
        let teller = scratch.open("teller").await;
        teller.migrate(&TELLER).await.expect("tables");
        let listener = scratch.open("listener").await;
        listener.migrate(&LISTENER).await.expect("tables");
        let logged = scratch.open("events").await;
        logged.migrate(&LOG_MIGRATIONS).await.expect("tables");
        let log = TableLog::new(logged.clone(), clock.clone());
        Self { scratch, clock, ids, teller, listener, logged, log, outbox: Outbox::new() }
    }

    fn system(&self) -> Context {
        Context::background(&self.ids, self.clock.instant() + Duration::from_secs(30))
    }

    /// Tells of what happened to these, in one transaction.
    async fn tell(&self, entities: &[&str]) {
        let events = entities.iter().map(|entity| happened(entity)).collect::<Vec<_>>();
        self.tell_all(&self.teller, &events).await;
    }

    async fn tell_all(&self, teller: &Database, events: &[Happened]) {
        let (context, at) = (self.system(), self.clock.now());
        let told = teller.write(async |transaction| {
            self.outbox.record(transaction, &context, at, events).await?;
            Ok::<_, WriteError<()>>(())
        });
        told.await.expect("it is written down");
        self.outbox.wake();
    }

    /// The log as another process sees it, which remembers nothing.
    fn other_log(&self) -> TableLog {
        TableLog::new(self.logged.clone(), self.clock.clone())
    }

    /// Does what nobody should to the log's tables.
    async fn tamper(&self, sql: &'static str) {
        let done = sqlx::query(sql).execute(self.logged.writer()).await.expect("the statement is right");
        assert!(done.rows_affected() > 0, "nothing was changed by {sql}");
    }

    /// Carries what was told to the log.
    async fn relay(&self) {
        let (teller, outbox, log) = (self.teller.clone(), self.outbox.clone(), Rc::new(self.log.clone()));
        let (clock, ids) = (self.clock.clone(), self.ids.clone());
        let relay = Relay::new(teller, outbox, log, clock, ids, Settings::default());
        relay.step(&self.system()).await.expect("it is relayed");
    }

    /// The listener's effects: the number of each event, in order.
    async fn effects(&self) -> Vec<(i64, String)> {
        sqlx::query_as("SELECT number, entity FROM effects ORDER BY place")
            .fetch_all(self.listener.readers())
            .await
            .expect("the query is right")
    }
}

fn offsets(events: &[RecordedEvent]) -> Vec<i64> {
    events.iter().map(|event| event.offset).collect()
}

#[test]
fn all_tests_pass_again_on_postgres() {
    cleave_db::testing::all_again_on_postgres("all_tests_pass_again_on_postgres");
}
