//! The contract of accounts.
