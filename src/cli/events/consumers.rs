//! What a person does about a consumer.

use cleave_events::{ConsumerId, DeadLetter, Replayed};
use serde_json::{Value, json};

use super::super::print::{self, say};
use super::super::{Outcome, failed};
use super::{Form, Whose, context, find, log};
use crate::compose::Cell;

pub(super) async fn replay(cell: &Cell, whose: &Whose, from: i64, form: Form) -> Outcome {
    let consumer = find(cell, whose)?;
    let Replayed { position_before, position, dead_letters } =
        consumer.replay(&context(cell), from).await.map_err(failed)?;
    let left = consumer.left(&context(cell)).await.map_err(failed)?;
    if form.json {
        return print::json(&json!({
            "position_before": position_before, "position": position, "left": left, "dead_letters_dropped": dead_letters,
        }));
    }
    let Whose { consumer, topic } = whose;
    say!("{consumer} had come to the event {position_before} of {topic}; it goes on with the event {from}")?;
    say!(
        "{left} events come again or for the first time; {dead_letters} dead letters among them were dropped"
    )
}

pub(super) async fn dead_letters(cell: &Cell, form: Form) -> Outcome {
    let mut all = Vec::new();
    for consumer in cell.consumers() {
        for letter in consumer.dead_letters().await.map_err(failed)? {
            all.push((consumer.name(), consumer.topic(), letter));
        }
    }
    if form.json {
        let letters = all.iter().map(|(consumer, topic, letter)| as_json(consumer, topic, letter));
        return print::json(&letters.collect::<Vec<_>>());
    }
    for (consumer, topic, DeadLetter { state, error, attempts, event }) in &all {
        let state = state.as_str();
        say!("{consumer} {topic} {} {state} after {attempts} attempts: {error}", event.offset)?;
        say!("    {}", serde_json::to_string(event).map_err(failed)?)?;
    }
    if all.is_empty() { say!("there are no dead letters") } else { Ok(()) }
}

fn as_json(consumer: &str, topic: &str, letter: &DeadLetter) -> Value {
    let DeadLetter { state, error, attempts, event } = letter;
    json!({
        "consumer": consumer, "topic": topic, "state": state.as_str(), "error": error, "attempts": attempts,
        "event": event,
    })
}

pub(super) async fn retry(cell: &Cell, whose: &Whose, offset: Option<i64>, form: Form) -> Outcome {
    let consumer = find(cell, whose)?;
    let applied = consumer.retry(offset).await.map_err(failed)?;
    let left = consumer.dead_letters().await.map_err(failed)?.len();
    if form.json {
        return print::json(&json!({"applied": applied, "left": left}));
    }
    say!("{applied} applied, {left} left")
}

/// Also one that this binary does not know: that is the one that will not come back.
pub(super) async fn forget(cell: &Cell, whose: &Whose, form: Form) -> Outcome {
    let Whose { consumer, topic } = whose;
    let log = log(cell);
    let consumers = log.consumers(&context(cell)).await.map_err(failed)?;
    let known = consumers.iter().find(|it| it.consumer == *consumer && it.topic == *topic);
    let id = ConsumerId { consumer: consumer.clone(), topic: topic.clone() };
    log.forget(&context(cell), id).await.map_err(failed)?;
    let position = known.map(|it| it.position);
    if form.json {
        return print::json(&json!({"forgotten": known.is_some(), "position": position}));
    }
    match position {
        Some(position) => say!("{consumer} is forgotten; it had told of the event {position} of {topic}"),
        None => say!("{consumer} was not registered for {topic}: nothing has changed"),
    }
}
