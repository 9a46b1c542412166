//! One of the processes.

use std::io::{Read as _, Write as _};
use std::num::{NonZeroU32, NonZeroU64};
use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use cleave_core::{Ids, SystemClock, UnreadableEvent};
use cleave_db::Transaction;
use cleave_db::testing::Scratch;
use sqlx::AssertSqlSafe;
use tokio::sync::watch;

use super::{LEASE, TOPIC, UNKNOWN_VERSION};
use crate::log::EventLog;
use crate::{Consumer, Reaction, ReactionError, RecordedEvent, Settings};

/// The variables that tell a process that it is one of these, where its databases are and where the log is.
pub(super) const SCRATCH: &str = "CLEAVE_TEST_REPLICA";
pub(super) const LOG: &str = "CLEAVE_TEST_REPLICA_LOG";

/// What a process says when it stands by after it was the one that applied events.
pub(super) const STANDS_BY: &str = "stands by";

pub(super) struct Place {
    pub(super) scratch: String,
    pub(super) log: String,
}

/// Where this process finds what it needs, if it is one of these.
#[expect(clippy::disallowed_methods, reason = "the process that started this one tells it so")]
pub(super) fn place() -> Option<Place> {
    let (scratch, log) = (std::env::var(SCRATCH).ok()?, std::env::var(LOG).ok()?);
    Some(Place { scratch, log })
}

/// Applies events until the standard input ends.
pub(super) async fn apply(scratch: &Scratch, log: Rc<dyn EventLog>) {
    let clock = Arc::new(SystemClock);
    let settings = Settings {
        batch: const { NonZeroU32::new(50).expect("not zero") },
        lease_ms: NonZeroU64::new(u64::try_from(LEASE.as_millis()).expect("short")).expect("not zero"),
        ..Settings::default()
    };
    let (ids, listener) = (Arc::new(Ids::from_system(clock.clone())), scratch.open("listener").await);
    let consumer = Consumer::new(listener, log, Rc::new(Count), clock, ids, settings);
    say(consumer.lease_name());

    let (stop, stopped) = watch::channel(false);
    std::thread::spawn(move || {
        let _end = std::io::stdin().read_to_end(&mut Vec::new());
        stop.send_replace(true);
    });
    let tell = async {
        let mut was_holder = false;
        loop {
            let is_holder = consumer.is_holder();
            if was_holder && !is_holder {
                say(STANDS_BY);
            }
            was_holder = is_holder;
            tokio::time::sleep(LEASE / 10).await;
        }
    };
    tokio::select! {
        () = consumer.run(stopped) => {}
        () = tell => {}
    }
}

/// Not by a macro, which the harness of the tests may keep to itself.
fn say(what: &str) {
    let mut stdout = std::io::stdout();
    let said = writeln!(stdout, "\n{what}").and_then(|()| stdout.flush());
    said.expect("the parent reads");
}

/// Writes a row for each event that it can read, whether or not there is one.
struct Count;

#[async_trait(?Send)]
impl Reaction for Count {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), ReactionError> {
        if let Some(event) = events.iter().find(|event| event.version == UNKNOWN_VERSION) {
            let (name, version) = (event.name.clone(), event.version);
            return Err(UnreadableEvent::UnknownVersion { name, version }.into());
        }
        let rows = events.iter().map(|event| format!("({})", event.offset)).collect::<Vec<_>>().join(", ");
        let insert = format!("INSERT INTO effects (number) VALUES {rows}");
        sqlx::query(AssertSqlSafe(insert)).execute(transaction).await?;
        Ok(())
    }
}
