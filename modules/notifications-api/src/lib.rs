//! The contract of notifications.
