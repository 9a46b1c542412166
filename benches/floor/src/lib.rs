//! The floor of every comparison: bare handlers with the same queries.
