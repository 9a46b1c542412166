//! What a process tells about itself: logs for people and machines, metrics for Prometheus.
//!
//! Logs go to standard error through `tracing`; [`logs::install`] is the only global of the house and is
//! called by `main` alone. Metrics are an object ([`Metrics`]) that is handed to whoever measures, so that
//! many services can live in one test process.

mod events;
pub mod logs;
mod metrics;

pub use events::EventGauges;
pub use metrics::{CallLabels, Ejections, Metrics, Resolutions, Timer};
