//! What engines of the log are tried by: what the contract promises, and replicas that die while they apply events.

mod contract;
pub mod replicas;

pub use contract::*;
