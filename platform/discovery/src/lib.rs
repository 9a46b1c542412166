//! Discovery: where the replicas of each service are, while they come and go.
//!
//! ```text
//! process ──register, again as a heartbeat──▶ Registry ──watch (long poll)──▶ every process ──▶ its own address books
//!         ──deregister, before it stops ────▶
//! ```
//!
//! * A [`Registry`] keeps who has registered, each under a lease on monotonic time, and numbers every change. It has no
//!   database: one that was started again learns from the next heartbeats, and says so until it has heard for a whole
//!   lease ([`Seen::settled`]).
//! * A [`Member`] registers its process, follows the registry and tells what is known. It asks nobody on the way of a call: the
//!   last good answer stays in memory, and [`Known`] refuses what would take it away wrongly.
//!
//! What it is not: it checks no health (callers see who fails, and avoid them) and chooses no replica (the pools of
//! `cleave-rest` do). Read on at `registry.rs`, `local.rs`, `member.rs`, `known.rs`.

mod known;
mod leases;
mod local;
mod member;
mod observed;
mod registry;
pub mod rest;
mod settings;
#[cfg(test)]
mod tests;

pub use known::Known;
pub use local::LocalRegistry;
pub use member::{Joined, Member};
pub use observed::ObservedRegistry;
pub use registry::{
    Deregistration, Instance, Lease, Registration, Registry, RegistryError, Seen, Snapshot, Watch,
};
pub use settings::Settings;
