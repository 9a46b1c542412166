//! NATS JetStream as an engine of the event log: [`NatsLog`] is an [`EventLog`](cleave_events::EventLog).
//!
//! * A topic is a stream, `CLEAVE_<topic>`, and an event's offset is its sequence number there. Whoever appends says which
//!   number must be the last one (`Nats-Expected-Last-Sequence`), so a gap, a double and a second appender are refused by the
//!   server itself. Several events are one atomic batch.
//! * A read asks for the events after a number (a batch of direct gets). The server remembers no reader: the offset stands in
//!   the reader's own database. Each event that the server has stored is republished, without its payload, on
//!   `cleave.stored.<topic>`: that wakes who waits.
//! * Nothing is believed that has not been checked: number and checksum of every event, as in the embedded log.
//!
//! The connection is made when it is first needed, lives on a thread of its own, and comes back by itself. Read on at
//! `log.rs`, `append.rs`, `read.rs`, `connection.rs`.

mod address;
mod api;
mod append;
mod connection;
mod consumers;
mod error;
mod follow;
mod log;
mod read;
mod streams;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use address::{Address, AddressError};
pub use error::NatsError;
pub use log::{NatsLog, NatsSettings};
