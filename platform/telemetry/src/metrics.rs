//! Metrics in the Prometheus text format.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::EventGauges;

/// The metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Histogram, Buckets>,
    served: Family<ServedLabels, Histogram, Buckets>,
    ejections: Family<PeerLabels, Counter>,
    ejected: Family<PeerLabels, Gauge>,
    resolution_failures: Family<PeerLabels, Counter>,
    resolved: Family<PeerLabels, Gauge>,
    round_trip_overshoot: Family<PeerLabels, Histogram, FineBuckets>,
    events: EventGauges,
}

/// Which call it was: from whom to whom, which operation, over which link.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CallLabels {
    /// The module or role that calls.
    pub caller: String,
    /// The module that is called.
    pub callee: String,
    /// The operation, `verb_noun`.
    pub operation: String,
    /// `direct`, `memory`, `unix` or `tcp`.
    pub link: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServedLabels {
    module: String,
    operation: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PeerLabels {
    service: String,
}

/// Counts the replicas of one service that callers avoid.
#[derive(Debug, Clone, Default)]
pub struct Ejections {
    total: Counter,
    now: Gauge,
}

impl Ejections {
    /// One more is avoided.
    pub fn begin(&self) {
        self.total.inc();
        self.now.inc();
    }

    /// One less is.
    pub fn end(&self) {
        self.now.dec();
    }
}

/// Counts what name servers say of one service.
#[derive(Debug, Clone, Default)]
pub struct Resolutions {
    failures: Counter,
    last: Gauge,
}

impl Resolutions {
    /// There was an answer with an address, so many microseconds after the beginning of 1970.
    pub fn answered(&self, micros: i64) {
        self.last.set(micros / 1_000_000);
    }

    /// There was none.
    pub fn failed(&self) {
        self.failures.inc();
    }
}

/// Takes the time of one kind of call. Cheap to keep, a few dozen nanoseconds to use.
#[derive(Debug, Clone)]
pub struct Timer(Histogram);

#[derive(Debug, Clone)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    /// From 1 µs (a method call) in steps of 2 to 33 s (longer than any deadline).
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(1e-6, 2.0, 26))
    }
}

#[derive(Debug, Clone)]
struct FineBuckets;

impl MetricConstructor<Histogram> for FineBuckets {
    /// From 1 µs in 60 steps, four of which double it, to 28 ms: a median between two of them is known to a tenth.
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(1e-6, 2_f64.powf(0.25), 60))
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let calls = Family::new_with_constructor(Buckets);
        let served = Family::new_with_constructor(Buckets);
        let mut registry = Registry::with_prefix("cleave");
        registry.register_with_unit(
            "call_duration",
            "How long a caller waited for an operation",
            Unit::Seconds,
            calls.clone(),
        );
        registry.register_with_unit(
            "served_duration",
            "How long a module worked on an operation that a peer asked for",
            Unit::Seconds,
            served.clone(),
        );
        let (ejections, ejected) = (Family::default(), Family::default());
        registry.register(
            "replica_ejections",
            "How often a replica of a service was ejected, because it did not answer",
            ejections.clone(),
        );
        registry.register(
            "replicas_ejected",
            "How many replicas of a service are ejected now",
            ejected.clone(),
        );
        let (resolution_failures, resolved) = (Family::default(), Family::default());
        registry.register(
            "name_resolution_failures",
            "How often the name servers told no address of a service",
            resolution_failures.clone(),
        );
        registry.register_with_unit(
            "name_resolved_timestamp",
            "When the name servers last told an address of a service, since 1970",
            Unit::Seconds,
            resolved.clone(),
        );
        let round_trip_overshoot = Family::new_with_constructor(FineBuckets);
        registry.register_with_unit(
            "round_trip_overshoot",
            "By how much longer than links.round_trip_ms calls to a service were delayed",
            Unit::Seconds,
            round_trip_overshoot.clone(),
        );
        let events = EventGauges::default();
        events.register(&mut registry);
        Self {
            registry,
            calls,
            served,
            ejections,
            ejected,
            resolution_failures,
            resolved,
            round_trip_overshoot,
            events,
        }
    }
}

impl Metrics {
    /// The timer of calls with these labels, as the caller sees them.
    pub fn call_timer(&self, labels: &CallLabels) -> Timer {
        Timer(self.calls.get_or_create_owned(labels))
    }

    /// The timer of an operation as the module sees it that serves a peer.
    pub fn served_timer(&self, module: &str, operation: &str) -> Timer {
        let labels = ServedLabels { module: module.to_owned(), operation: operation.to_owned() };
        Timer(self.served.get_or_create_owned(&labels))
    }

    /// The counters of a service's replicas that this process avoids.
    pub fn ejections(&self, service: &str) -> Ejections {
        let labels = PeerLabels { service: service.to_owned() };
        Ejections {
            total: self.ejections.get_or_create_owned(&labels),
            now: self.ejected.get_or_create_owned(&labels),
        }
    }

    /// The counters of what name servers say of a service.
    pub fn resolutions(&self, service: &str) -> Resolutions {
        let labels = PeerLabels { service: service.to_owned() };
        Resolutions {
            failures: self.resolution_failures.get_or_create_owned(&labels),
            last: self.resolved.get_or_create_owned(&labels),
        }
    }

    /// By how much longer than asked calls to a service are delayed, where they are.
    pub fn round_trip_overshoot(&self, service: &str) -> Timer {
        Timer(self.round_trip_overshoot.get_or_create_owned(&PeerLabels { service: service.to_owned() }))
    }

    /// How far events have come.
    pub fn events(&self) -> &EventGauges {
        &self.events
    }

    /// All metrics in the OpenMetrics text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Timer {
    /// Counts one call that took `elapsed`.
    pub fn record(&self, elapsed: Duration) {
        self.0.observe(elapsed.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_call_is_rendered_with_its_labels() {
        let metrics = Metrics::default();
        let labels = CallLabels {
            caller: "catalog".into(),
            callee: "inventory".into(),
            operation: "get_stock".into(),
            link: "tcp".into(),
        };
        metrics.call_timer(&labels).record(Duration::from_micros(70));
        let text = metrics.render();
        let expected = r#"cleave_call_duration_seconds_count{caller="catalog",callee="inventory",operation="get_stock",link="tcp"} 1"#;
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn what_name_servers_say_is_rendered_by_service() {
        let metrics = Metrics::default();
        let resolutions = metrics.resolutions("inventory");
        resolutions.failed();
        resolutions.answered(7_900_000);
        let text = metrics.render();
        for expected in [
            r#"cleave_name_resolution_failures_total{service="inventory"} 1"#,
            r#"cleave_name_resolved_timestamp_seconds{service="inventory"} 7"#,
        ] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }

    #[test]
    fn gauges_of_events_are_rendered_with_their_labels() {
        let metrics = Metrics::default();
        metrics.events().set_lag("catalog", "inventory", 7);
        metrics.events().set_kept("inventory", 3, 9, 700);
        let text = metrics.render();
        for expected in [
            r#"cleave_events_consumer_lag{consumer="catalog",topic="inventory"} 7"#,
            r#"cleave_events_first_offset{topic="inventory"} 3"#,
            r#"cleave_events_last_offset{topic="inventory"} 9"#,
            r#"cleave_events_log_size_bytes{topic="inventory"} 700"#,
        ] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }
}
