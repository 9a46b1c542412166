//! x
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "x"
)]
#![allow(missing_docs, dead_code)]
mod affinity;
mod client;
mod dice;
mod generator;
mod histogram;
mod http;
mod journey;
mod machine;
mod proc;
mod schedule;
mod statistics;
mod subject;
#[cfg(test)]
mod testing;
pub use dice::Dice;
