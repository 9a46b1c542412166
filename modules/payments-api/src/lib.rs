//! The contract of payments.
