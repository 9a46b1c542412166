//! Whether a process has anything left to do that nobody waits for.

use std::collections::BTreeMap;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use cleave_core::Context;
use serde::{Deserialize, Serialize};

use crate::compose::Cell;

/// What `GET /settled` says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settled {
    /// What is left, in words, and how much of it. What cannot be counted, because the event log is away, counts once.
    pub left: BTreeMap<String, i64>,
    /// Events that were put aside: they wait for a person (`cleave events dead-letters`), and nothing goes on by itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dead_letters: BTreeMap<String, i64>,
}

/// Mounts `/settled`.
pub fn mount(cell: &Rc<Cell>, config: &mut ServiceConfig) {
    let cell = Rc::downgrade(cell);
    config.route(
        "/settled",
        web::get().to(move || {
            let cell = cell.upgrade();
            async move {
                let Some(cell) = cell else { return HttpResponse::ServiceUnavailable().finish() };
                let settled = settled(&cell).await;
                let status =
                    if settled.left.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                HttpResponse::build(status).json(settled)
            }
        }),
    );
}

/// Counts what the relays, the consumers and the sagas of this process have left to do.
pub async fn settled(cell: &Cell) -> Settled {
    let process = cell.process();
    let deadline = process.clock.instant() + process.settings.requests.limits().deadline;
    let context = Context::background(&process.ids, deadline);
    let mut settled = Settled::default();
    let mut note = |what: String, count: Option<i64>| {
        let count = count.unwrap_or(1);
        if count > 0 {
            settled.left.insert(what, count);
        }
    };
    for relay in cell.relays() {
        let left = relay.left(&context).await;
        note(format!("events of {} to be logged", relay.topic()), left.ok());
    }
    for consumer in cell.consumers() {
        let left = consumer.left(&context).await;
        note(format!("events of {} for {}", consumer.topic(), consumer.name()), left.ok());
    }
    if let Some(orders) = &cell.orders {
        note("orders under way".to_owned(), orders.left().await.ok());
    }
    for consumer in cell.consumers() {
        let count = consumer.dead_letters().await.map_or(0, |letters| letters.len());
        if count > 0 {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            settled.dead_letters.insert(format!("{} of {}", consumer.name(), consumer.topic()), count);
        }
    }
    settled
}
