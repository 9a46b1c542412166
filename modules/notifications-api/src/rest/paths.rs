//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::Operation;

use crate::ListNotifications;

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/notifications"];

/// The published operations.
pub const PUBLISHED: &[Operation] = &[Operation::get("list_notifications", NOTIFICATIONS)];

/// The operations for peers: there are none.
pub const INTERNAL: &[Operation] = &[];

pub(super) const NOTIFICATIONS: &str = "/api/v1/notifications";

pub(super) fn notifications(request: &ListNotifications) -> String {
    let query = cleave_rest::query_string(request);
    if query.is_empty() { NOTIFICATIONS.to_owned() } else { format!("{NOTIFICATIONS}?{query}") }
}
