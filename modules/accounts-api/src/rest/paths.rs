//! Where the operations are; both halves of the adapter stand on it.

use cleave_rest::Operation;

/// The public paths of this module; the gateway routes by them.
pub const PREFIXES: &[&str] = &["/api/v1/accounts", "/api/v1/sessions"];

/// The published operations.
pub const PUBLISHED: &[Operation] = &[
    Operation::post("register", ACCOUNTS),
    Operation::post("create_session", SESSIONS),
    Operation::get("get_own_account", OWN_ACCOUNT),
];

/// The operations for peers: there are none.
pub const INTERNAL: &[Operation] = &[];

pub(super) const ACCOUNTS: &str = "/api/v1/accounts";
pub(super) const SESSIONS: &str = "/api/v1/sessions";
pub(super) const OWN_ACCOUNT: &str = "/api/v1/accounts/me";
