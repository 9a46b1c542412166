//! The inventory: levels, movements, receipts, reservations.
