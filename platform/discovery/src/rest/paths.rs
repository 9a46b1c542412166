//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::{Operation, query_string};

use super::body::WatchQuery;

/// The operations, all of them for peers.
pub const INTERNAL: &[Operation] = &[
    Operation::put("register", SERVICE),
    Operation::post("deregister", DEPARTURES).repeatable(),
    Operation::get("watch", SERVICES),
];

pub(super) const SERVICES: &str = "/internal/v1/registry/services";
pub(super) const SERVICE: &str = "/internal/v1/registry/services/{service}";
pub(super) const DEPARTURES: &str = "/internal/v1/registry/services/{service}/departures";

pub(super) fn service(service: &str) -> String {
    format!("{SERVICES}/{service}")
}

pub(super) fn departures(service: &str) -> String {
    format!("{SERVICES}/{service}/departures")
}

pub(super) fn services_since(query: &WatchQuery) -> String {
    format!("{SERVICES}?{}", query_string(query))
}
