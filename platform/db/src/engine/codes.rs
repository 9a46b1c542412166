//! What the error codes of the engines mean here.

/// Whether two writers met, so that the transaction may succeed when it is run again.
pub(crate) fn is_conflict(code: &str) -> bool {
    if is_sqlstate(code) {
        // serialization_failure, deadlock_detected, lock_not_available:
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        return matches!(code, "40001" | "40P01" | "55P03");
    }
    // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_BUSY_RECOVERY, SQLITE_BUSY_SNAPSHOT: https://sqlite.org/rescode.html
    matches!(code, "5" | "6" | "261" | "517")
}

/// Whether the engine cannot work now and may be able to later: full, locked, read-only or failing storage; a server
/// that stops, starts, or has no connection left.
pub(crate) fn is_outage(code: &str) -> bool {
    if is_sqlstate(code) {
        // Classes: connection exception, insufficient resources, operator intervention, system error; then conflicts that did
        // not pass, a refused log-in, a read-only server, and a transaction that was idle for too long.
        return ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class))
            || is_conflict(code)
            || matches!(code, "28000" | "28P01" | "25006" | "25P03");
    }
    // The low byte is the primary code: SQLITE_BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14))
}

/// Whether the server has ended the session with this: connection exceptions, and what an administrator or a restart does to it.
pub(crate) fn ends_session(code: &str) -> bool {
    is_sqlstate(code) && (code.starts_with("08") || code.starts_with("57P"))
}

/// Whether a server lets nobody in at this moment: too_many_connections, cannot_connect_now.
pub(crate) fn is_crowded_or_starting(code: &str) -> bool {
    matches!(code, "53300" | "57P03")
}

/// SQLite's codes are numbers of at most four digits.
fn is_sqlstate(code: &str) -> bool {
    code.len() == 5
}
