//! How far events have come.

use std::sync::atomic::AtomicI64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

type Gauges<Labels> = Family<Labels, Gauge<i64, AtomicI64>>;

/// A topic of the event log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TopicLabels {
    topic: String,
}

/// Who consumes which topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConsumerLabels {
    consumer: String,
    topic: String,
}

/// Gauges of the event log, of what waits for it, and of who reads it. Each process shows what it hosts.
#[derive(Debug, Default)]
pub struct EventGauges {
    lag: Gauges<ConsumerLabels>,
    dead_letters: Gauges<ConsumerLabels>,
    applied_here: Gauges<ConsumerLabels>,
    unlogged: Gauges<TopicLabels>,
    held: Gauges<TopicLabels>,
    first_offset: Gauges<TopicLabels>,
    last_offset: Gauges<TopicLabels>,
    log_size: Gauges<TopicLabels>,
}

impl EventGauges {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("events");
        registry.register("consumer_lag", "Events that a consumer has yet to apply", self.lag.clone());
        registry.register(
            "dead_letters",
            "Events that a consumer has put aside, which wait for a person",
            self.dead_letters.clone(),
        );
        registry.register(
            "applied_here",
            "1 where it is this process of a service with several that applies the events",
            self.applied_here.clone(),
        );
        registry.register(
            "unlogged",
            "Events of the outbox that the log has yet to get",
            self.unlogged.clone(),
        );
        registry.register(
            "held",
            "1 where the log keeps more than its limits want, because a consumer has yet to read it",
            self.held.clone(),
        );
        registry.register("first_offset", "The oldest event that the log keeps", self.first_offset.clone());
        registry.register("last_offset", "The last event of the log", self.last_offset.clone());
        registry.register_with_unit(
            "log_size",
            "About how many bytes the kept events have",
            Unit::Bytes,
            self.log_size.clone(),
        );
    }

    /// How many events a consumer has yet to apply.
    pub fn set_lag(&self, consumer: &str, topic: &str, events: i64) {
        self.lag.get_or_create(&consumer_of(consumer, topic)).set(events);
    }

    /// How many events a consumer has put aside.
    pub fn set_dead_letters(&self, consumer: &str, topic: &str, events: i64) {
        self.dead_letters.get_or_create(&consumer_of(consumer, topic)).set(events);
    }

    /// Whether it is this process, and no other one of its service, that applies the events.
    pub fn set_applied_here(&self, consumer: &str, topic: &str, is_applied_here: bool) {
        self.applied_here.get_or_create(&consumer_of(consumer, topic)).set(i64::from(is_applied_here));
    }

    /// How many events of a topic the log has yet to get.
    pub fn set_unlogged(&self, topic: &str, events: i64) {
        self.unlogged.get_or_create(&of(topic)).set(events);
    }

    /// Whether a consumer keeps more of a topic in the log than its limits want.
    pub fn set_held(&self, topic: &str, is_held: bool) {
        self.held.get_or_create(&of(topic)).set(i64::from(is_held));
    }

    /// What the log keeps of a topic: the numbers of its first and last event, and how many bytes.
    pub fn set_kept(&self, topic: &str, first_offset: i64, last_offset: i64, bytes: i64) {
        self.first_offset.get_or_create(&of(topic)).set(first_offset);
        self.last_offset.get_or_create(&of(topic)).set(last_offset);
        self.log_size.get_or_create(&of(topic)).set(bytes);
    }
}

fn of(topic: &str) -> TopicLabels {
    TopicLabels { topic: topic.to_owned() }
}

fn consumer_of(consumer: &str, topic: &str) -> ConsumerLabels {
    ConsumerLabels { consumer: consumer.to_owned(), topic: topic.to_owned() }
}
