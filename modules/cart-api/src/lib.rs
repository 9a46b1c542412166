//! The contract of cart.
