//! Replicas that share the work, on NATS and PostgreSQL.

use std::rc::Rc;
use std::sync::Arc;

use cleave_core::SystemClock;
use cleave_db::testing::{Scratch, throwaway_server};
use cleave_events::EventLog;
use cleave_events::testing::replicas::Trial;

use crate::testing::{NatsServer, is_installed, log_at};

#[tokio::test]
async fn three_replicas_that_are_killed_and_paused_give_each_event_its_effect_once() {
    let this = "tests::replicas::three_replicas_that_are_killed_and_paused_give_each_event_its_effect_once";
    if !is_installed() || !cleave_db::testing::is_installed() {
        return;
    }
    // The processes of the trial run this test too, and have no server of their own.
    let mut server = None;
    let trial = Trial { events: 100_000, kills: (40, 10), pauses: 5 };
    trial
        .run(
            this,
            || Scratch::at(&throwaway_server().new_database()),
            || server.insert(NatsServer::new()).url(),
            async |_, place| {
                let log: Rc<dyn EventLog> = Rc::new(log_at(place, Arc::new(SystemClock)));
                log
            },
        )
        .await;
}
