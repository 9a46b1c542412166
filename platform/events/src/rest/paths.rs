//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::{Operation, query_string};

use super::body::{After, Through};
use crate::log::{ConsumerId, FollowEvents, ReadRange, Trim};

/// The operations, all of them for peers.
pub const INTERNAL: &[Operation] = &[
    Operation::get("last_offset", TOPIC),
    Operation::put("append", EVENTS),
    Operation::get("read", EVENTS),
    Operation::get("follow", STREAM),
    Operation::get("topics", TOPICS),
    Operation::put("report", CONSUMER),
    Operation::get("consumers", CONSUMERS),
    Operation::delete("forget", CONSUMER),
    Operation::delete("trim", EVENTS),
];

pub(super) const TOPICS: &str = "/internal/v1/events/topics";
pub(super) const TOPIC: &str = "/internal/v1/events/topics/{topic}";
pub(super) const EVENTS: &str = "/internal/v1/events/topics/{topic}/events";
pub(super) const STREAM: &str = "/internal/v1/events/topics/{topic}/stream";
pub(super) const CONSUMERS: &str = "/internal/v1/events/consumers";
pub(super) const CONSUMER: &str = "/internal/v1/events/consumers/{consumer}/topics/{topic}";

pub(super) fn topic(topic: &str) -> String {
    format!("{TOPICS}/{topic}")
}

pub(super) fn events(topic: &str) -> String {
    format!("{TOPICS}/{topic}/events")
}

pub(super) fn events_in(topic: &str, range: &ReadRange) -> String {
    format!("{}?{}", events(topic), query_string(range))
}

pub(super) fn stream(request: &FollowEvents) -> String {
    format!("{TOPICS}/{}/stream?{}", request.topic, query_string(&After { after: request.after }))
}

pub(super) fn events_to_trim(request: &Trim) -> String {
    format!("{}?{}", events(&request.topic), query_string(&Through { through: request.through }))
}

pub(super) fn consumer(ConsumerId { consumer, topic }: &ConsumerId) -> String {
    format!("{CONSUMERS}/{consumer}/topics/{topic}")
}
