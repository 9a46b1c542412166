//! What engines of the log are tried by.

pub mod replicas;
