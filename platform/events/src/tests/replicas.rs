//! Replicas that share the work, on the embedded log.

use std::rc::Rc;
use std::sync::Arc;

use cleave_core::SystemClock;
use cleave_db::testing::Scratch;

use crate::testing::replicas::Trial;
use crate::{EventLog, LOG_MIGRATIONS, TableLog};

#[tokio::test]
async fn three_replicas_that_are_killed_and_paused_give_each_event_its_effect_once() {
    let this = "tests::replicas::three_replicas_that_are_killed_and_paused_give_each_event_its_effect_once";
    let trial = Trial { events: 100_000, kills: (40, 10), pauses: 5 };
    trial
        .run(this, Scratch::new, String::new, async |scratch, _| {
            let database = scratch.open_with("events", &LOG_MIGRATIONS).await;
            let log: Rc<dyn EventLog> = Rc::new(TableLog::new(database, Arc::new(SystemClock)));
            log
        })
        .await;
}
