//! Runs the processes of a topology on this machine: starts them, introduces them to each other, restarts
//! the one that dies, has a successor take over from the one that is asked to stop, stops all of them, and leaves no
//! orphan even when it is killed itself.
//!
//! It is not a service manager: it knows one executable, one machine and one user at a terminal, and a
//! cluster has its own tools. It does not know what a service hosts either; the plan only names services and
//! the arguments that they are started with.
//!
//! Parent and child talk over the child's standard input and output (see [`protocol`]). The parent half is
//! [`Fleet`]; the child half is [`Supervised`]. The end of a child's standard input is its order to stop, and
//! the kernel gives that order for a parent that can no longer do so.
//!
//! ```no_run
//! # async fn up(plan: cleave::supervisor::FleetPlan) -> Result<(), Box<dyn std::error::Error>> {
//! use cleave::supervisor::{Fleet, ShutdownSignal};
//!
//! let mut shutdown = ShutdownSignal::install()?;
//! let mut fleet = tokio::select! {
//!     started = Fleet::start(plan) => started?,
//!     () = shutdown.received() => return Ok(()),
//! };
//! tokio::select! {
//!     gave_up = fleet.watch() => return Err(gave_up.into()),
//!     () = shutdown.received() => {}
//! }
//! fleet.stop_or_kill(shutdown.received()).await;
//! # Ok(())
//! # }
//! ```
//!
//! Go next to `fleet.rs` for what the user of this module sees, to `crew.rs` for the life of the processes.

mod child;
mod child_log;
pub mod control;
mod crew;
mod error;
mod fleet;
mod handle;
mod lines;
mod logs;
mod plan;
mod process;
pub mod protocol;
mod restart;
mod run_file;
mod signals;
mod table;

#[cfg(test)]
mod tests;

pub use child::{Reporter, StopSignal, Supervised};
pub use error::{LastLines, ScaleError, SupervisorError};
pub use fleet::{Fleet, ProcessInfo};
pub use handle::FleetHandle;
pub use logs::{LogSink, MemoryLog};
pub use plan::{FleetPlan, Limits, ServicePlan, serve_arguments};
pub use run_file::{RunProcess, RunRecord};
pub use signals::ShutdownSignal;
pub use table::address_table;

/// The time by which processes are waited for. They live in real time, so it is no parameter; what is decided
/// by time (`restart.rs`) takes it as one.
#[expect(clippy::disallowed_methods, reason = "real processes are waited for in real time")]
fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
