//! What there is in the log, and who reads it.

use cleave_events::{ConsumerProgress, TopicStatus};
use serde::Serialize;

use super::super::print::{self, say};
use super::super::{Outcome, failed};
use super::{Form, context, log};
use crate::compose::Cell;

/// A consumer, as it and the log know it.
#[derive(Debug, Serialize)]
struct ConsumerStatus {
    consumer: String,
    topic: String,
    /// How far it has come, by its own database; none where this binary has no such consumer.
    position: Option<i64>,
    left: Option<i64>,
    dead_letters: Option<i64>,
    /// What it has told the log, if anything.
    registered_at: Option<i64>,
}

/// What waits in an outbox.
#[derive(Debug, Serialize)]
struct OutboxStatus {
    topic: String,
    unlogged: i64,
}

#[derive(Debug, Serialize)]
struct Status {
    topics: Vec<TopicStatus>,
    outboxes: Vec<OutboxStatus>,
    consumers: Vec<ConsumerStatus>,
}

pub(super) async fn list(cell: &Cell, form: Form) -> Outcome {
    let status = status(cell).await.map_err(failed)?;
    if form.json {
        return print::json(&status);
    }
    say!("{:<16} {:>10} {:>10} {:>12} {:>14}", "TOPIC", "FIRST", "LAST", "BYTES", "YET TO LOG")?;
    for TopicStatus { topic, first_offset, last_offset, bytes } in &status.topics {
        let unlogged = status.outboxes.iter().find(|outbox| outbox.topic == *topic);
        let unlogged = or_dash(unlogged.map(|outbox| outbox.unlogged));
        say!("{topic:<16} {first_offset:>10} {last_offset:>10} {bytes:>12} {unlogged:>14}")?;
    }
    for OutboxStatus { topic, unlogged } in &status.outboxes {
        if *unlogged > 0 && status.topics.iter().all(|it| it.topic != *topic) {
            say!("{topic:<16} {:>10} {:>10} {:>12} {unlogged:>14}", "-", "-", "-")?;
        }
    }
    say!(
        "\n{:<16} {:<16} {:>10} {:>10} {:>12} {:>12}",
        "CONSUMER",
        "TOPIC",
        "POSITION",
        "TO DO",
        "DEAD LETTERS",
        "REGISTERED"
    )?;
    for it in &status.consumers {
        say!(
            "{:<16} {:<16} {:>10} {:>10} {:>12} {:>12}",
            it.consumer,
            it.topic,
            or_dash(it.position),
            or_dash(it.left),
            or_dash(it.dead_letters),
            or_dash(it.registered_at)
        )?;
    }
    Ok(())
}

async fn status(cell: &Cell) -> Result<Status, cleave_events::EventLogError> {
    let log = log(cell);
    let topics = log.topics(&context(cell)).await?;
    let mut outboxes = Vec::new();
    for relay in cell.relays() {
        let unlogged = relay.left(&context(cell)).await?;
        outboxes.push(OutboxStatus { topic: relay.topic().to_owned(), unlogged });
    }
    let mut registered = log.consumers(&context(cell)).await?;
    let mut consumers = Vec::new();
    for consumer in cell.consumers() {
        let is_own = |it: &ConsumerProgress| it.consumer == consumer.name() && it.topic == consumer.topic();
        let registered_at = registered.iter().find(|it| is_own(it)).map(|it| it.position);
        registered.retain(|it| !is_own(it));
        let position = consumer.stored_position().await?;
        consumers.push(ConsumerStatus {
            consumer: consumer.name().to_owned(),
            topic: consumer.topic().to_owned(),
            position: Some(position),
            left: Some(consumer.left_after(&context(cell), position).await?),
            dead_letters: Some(consumer.count_dead_letters().await?),
            registered_at,
        });
    }
    // Those of another binary, which retention keeps events for nevertheless.
    consumers.extend(registered.into_iter().map(|ConsumerProgress { consumer, topic, position }| {
        let (left, dead_letters) = (None, None);
        ConsumerStatus { consumer, topic, position: None, left, dead_letters, registered_at: Some(position) }
    }));
    Ok(Status { topics, outboxes, consumers })
}

fn or_dash(number: Option<i64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}
