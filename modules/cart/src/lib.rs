//! The cart: what a customer has picked.
