//! The orders: what was bought, and the checkout saga.
