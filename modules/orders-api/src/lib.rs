//! The contract of orders.
