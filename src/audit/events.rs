//! I10 and I11: what was told, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use cleave_core::Context;
use cleave_events::rest::EventLogAdapter;
use cleave_events::{ReadEvents, ReadRange, RecordedEvent, outbox_events};
use orders_api::OrderStatus;

use super::{AuditError, Facts, Finding, failed, find};
use crate::compose::Cell;
use crate::house::TOPICS;

/// How many events are read at once.
const BATCH: u32 = 1_000;

/// A consumer and how far it has come.
pub(super) struct ConsumerFacts {
    name: String,
    left: i64,
    dead_letters: usize,
}

/// What a topic has told.
pub(super) struct Told {
    outbox: Vec<RecordedEvent>,
    /// What the log keeps.
    logged: Vec<RecordedEvent>,
    /// How many events the log had before, and has cut.
    cut: usize,
}

/// By topic: what stands in the outbox, and what in the log.
pub(super) async fn told(cell: &Cell) -> Result<BTreeMap<&'static str, Told>, AuditError> {
    let log = cell.reach::<EventLogAdapter>("orders");
    let topics = log.topics(&context(cell)).await?;
    let mut told = BTreeMap::new();
    for &topic in TOPICS {
        let first_offset = topics.iter().find(|it| it.topic == topic).map_or(1, |status| status.first_offset);
        let mut after = first_offset - 1;
        let cut = usize::try_from(after).unwrap_or(0);
        let database = cell.process().database(topic).expect("the whole store is here");
        let (mut outbox, mut logged) = (Vec::new(), Vec::new());
        loop {
            let after = i64::try_from(outbox.len()).unwrap_or(i64::MAX);
            let events = outbox_events(&database, after, BATCH).await.map_err(failed(topic))?;
            if events.is_empty() {
                break;
            }
            outbox.extend(events);
        }
        loop {
            let range = ReadRange { after, limit: BATCH, wait_ms: 0 };
            let events = log.read(&context(cell), ReadEvents { topic: topic.to_owned(), range }).await?;
            let Some(last) = events.last() else { break };
            after = last.offset;
            logged.extend(events);
        }
        told.insert(topic, Told { outbox, logged, cut });
    }
    Ok(told)
}

/// How far the consumers have come.
pub(super) async fn consumers(cell: &Cell) -> Result<Vec<ConsumerFacts>, AuditError> {
    let mut consumers = Vec::new();
    for consumer in cell.consumers() {
        let name = format!("{} of {}", consumer.name(), consumer.topic());
        let left = consumer.left(&context(cell)).await?;
        let dead_letters = consumer.dead_letters().await?.len();
        consumers.push(ConsumerFacts { name, left, dead_letters });
    }
    Ok(consumers)
}

fn context(cell: &Cell) -> Context {
    let process = cell.process();
    let deadline = process.clock.instant() + process.settings.requests.limits().deadline;
    Context::background(&process.ids, deadline)
}

/// I10: each change has its event, in the outbox and in the log, and no event is without its change.
pub(super) fn every_change_is_told(facts: &Facts) -> Finding {
    let says = "each change has its event in the outbox and, under the same number, in the log; none is without its change";
    let mut objections = Vec::new();
    for (topic, Told { outbox, logged, cut }) in &facts.told {
        for (index, (number, event)) in (1_i64..).zip(outbox).enumerate() {
            let is_logged = index < *cut || logged.get(index - cut) == Some(event);
            let is_right = event.offset == number && is_logged;
            objections.push(
                (!is_right)
                    .then(|| format!("event {number} of {topic} is not in the log as it is in the outbox")),
            );
        }
        let count = cut + logged.len();
        objections.push(
            (count > outbox.len())
                .then(|| format!("the log has had {count} events of {topic}, the outbox {}", outbox.len())),
        );
    }
    let entities = |topic: &str, name: &str| {
        let outbox = facts.told.get(topic).map(|told| told.outbox.as_slice()).unwrap_or_default();
        let named = outbox.iter().filter(|event| event.name == name);
        let all = named.map(|event| event.entity.clone()).collect::<Vec<_>>();
        let distinct = all.iter().cloned().collect::<BTreeSet<_>>();
        (all.len(), distinct)
    };
    let with_status = |statuses: &[OrderStatus]| {
        let orders = facts.orders.iter().filter(|order| statuses.contains(&order.status));
        orders.map(|order| order.order_id.to_string()).collect::<BTreeSet<_>>()
    };
    let bought = with_status(&[OrderStatus::Confirmed, OrderStatus::Cancelled]);
    for (topic, name, changed) in [
        ("orders", "order_confirmed", &bought),
        ("orders", "order_cancelled", &with_status(&[OrderStatus::Cancelled])),
        ("accounts", "account_registered", &facts.accounts),
    ] {
        let (count, told) = entities(topic, name);
        let odd = told.symmetric_difference(changed).next();
        objections.push(odd.map(|entity| {
            format!("{name}: {entity} has changed and is not told of, or the other way round")
        }));
        let is_doubled = count != told.len();
        objections.push(is_doubled.then(|| format!("{name}: {count} events of {} changes", told.len())));
    }
    find("I10", says, objections, Clone::clone)
}

/// I11: each event has its effect once for each consumer.
pub(super) fn every_event_has_its_effect_once(facts: &Facts, consumers: &[ConsumerFacts]) -> Finding {
    let says = "each event has had its effect once for each consumer, or waits among the dead letters";
    let mut objections = Vec::new();
    let mut dead = 0;
    for ConsumerFacts { name, left, dead_letters } in consumers {
        objections
            .push((*left != 0).then(|| format!("{name}: {left} events are left: wait with `cleave settle`")));
        dead += dead_letters;
    }
    for topic in ["accounts", "orders"] {
        let logged = facts.told.get(topic).map_or(0, |told| told.cut + told.logged.len());
        let told = facts.notifications.get(topic).copied().unwrap_or_default();
        let is_right = usize::try_from(told).is_ok_and(|told| told <= logged && logged <= told + dead);
        objections.push((!is_right).then(|| {
            format!("{logged} events of {topic} have led to {told} notifications, and {dead} wait")
        }));
    }
    for level in &facts.inventory.levels {
        let Some(shown) = facts.in_stock.get(&level.product_id) else { continue };
        let is_right = *shown == (level.level.available > 0) || dead > 0;
        objections.push((!is_right).then(|| {
            format!(
                "product {}: {} available, and in_stock says {shown}",
                level.product_id, level.level.available
            )
        }));
    }
    find("I11", says, objections, Clone::clone)
}
