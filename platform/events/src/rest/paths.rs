//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::{Operation, query_string};

use crate::log::ReadRange;

/// The operations, all of them for peers.
pub const INTERNAL: &[Operation] = &[
    Operation::get("last_offset", TOPIC),
    Operation::put("append", EVENTS),
    Operation::get("read", EVENTS),
    Operation::get("topics", TOPICS),
];

pub(super) const TOPICS: &str = "/internal/v1/events/topics";
pub(super) const TOPIC: &str = "/internal/v1/events/topics/{topic}";
pub(super) const EVENTS: &str = "/internal/v1/events/topics/{topic}/events";

pub(super) fn topic(topic: &str) -> String {
    format!("{TOPICS}/{topic}")
}

pub(super) fn events(topic: &str) -> String {
    format!("{TOPICS}/{topic}/events")
}

pub(super) fn events_in(topic: &str, range: &ReadRange) -> String {
    format!("{}?{}", events(topic), query_string(range))
}
