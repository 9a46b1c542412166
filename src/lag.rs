//! How far events have come, for `/metrics`.

use std::rc::Rc;
use std::time::Duration;

use cleave_core::Context;
use cleave_events::{EventLog as _, EventLogError};
use tokio::sync::watch;

use crate::compose::Cell;

/// How old a gauge may be: it is looked at as often, and not with each event.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long one look may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// Keeps the gauges of what this process hosts up to date until told to stop. While the log is away they stay as they were.
pub(crate) async fn watch(cell: &Rc<Cell>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = look(cell).await {
            tracing::debug!(%error, "how far events have come is not known");
        }
        let _stopped_or_time_to_go_on = tokio::time::timeout(INTERVAL, stopped.changed()).await;
    }
}

async fn look(cell: &Cell) -> Result<(), EventLogError> {
    let process = cell.process();
    let gauges = process.metrics.events();
    let context = || Context::background(&process.ids, process.clock.instant() + DEADLINE);
    if let Some(log) = &process.event_log {
        for status in log.topics(&context()).await? {
            gauges.set_kept(&status.topic, status.first_offset, status.last_offset, status.bytes);
        }
    }
    if let Some(log) = &process.nats {
        let is_told_here = |topic: &str| cell.relays().iter().any(|relay| relay.topic() == topic);
        let topics = log.topics(&context()).await?.into_iter();
        for status in topics.filter(|status| is_told_here(&status.topic)) {
            gauges.set_kept(&status.topic, status.first_offset, status.last_offset, status.bytes);
        }
    }
    for retention in cell.retentions() {
        gauges.set_held(retention.topic(), retention.held_by().is_some());
    }
    for consumer in cell.consumers() {
        gauges.set_applied_here(consumer.name(), consumer.topic(), consumer.is_holder());
        // This one needs no log either.
        let dead_letters = consumer.count_dead_letters().await?;
        gauges.set_dead_letters(consumer.name(), consumer.topic(), dead_letters);
    }
    for relay in cell.relays() {
        gauges.set_unlogged(relay.topic(), relay.left(&context()).await?);
    }
    for consumer in cell.consumers() {
        gauges.set_lag(consumer.name(), consumer.topic(), consumer.left(&context()).await?);
    }
    Ok(())
}
