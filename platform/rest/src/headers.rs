//! The headers that a [`Context`](cleave_core::Context) travels in.

/// Names one request in every process, log and answer.
pub const REQUEST_ID: &str = "x-request-id";

/// Makes a retry of a command safe.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// How many milliseconds the caller still waits. Only between peers: a public caller's is ignored.
pub const DEADLINE_MS: &str = "x-cleave-deadline-ms";

/// The service credential, by which peers prove themselves.
pub const CREDENTIAL: &str = "x-cleave-credential";

/// `system` where the store asks on its own account. Only between peers.
pub const CALLER: &str = "x-cleave-caller";

/// `typed` where the caller is an adapter that wants the contract's own error in the problem.
pub const ERRORS: &str = "x-cleave-errors";

/// Every header that only peers may send; the gateway drops them from public requests.
pub const PEERS_ONLY: [&str; 4] = [DEADLINE_MS, CREDENTIAL, CALLER, ERRORS];
