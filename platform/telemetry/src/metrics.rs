//! Metrics in the Prometheus text format.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// The metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: Family<CallLabels, Histogram, Buckets>,
    served: Family<ServedLabels, Histogram, Buckets>,
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
        Self { registry, calls, served }
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
}
