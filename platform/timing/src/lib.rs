//! Where a request's time goes: a [`Stopwatch`] that follows one request through a process, and [`header`], which writes and reads what it
//! found as a `Server-Timing` header.
//!
//! Whoever waits for something, or works on something, says so with [`begin`], and says that it is over by dropping the [`Lap`]. Where nobody
//! takes the time, that is one look at a variable of the thread. The stopwatch is found through the task that runs: a future is
//! put under one with [`within`], and a task of its own takes it along with [`carry`].
//!
//! Each moment belongs to one [`Part`] only, so the parts add up to the whole, also where a request does several things at once.
//!
//! It knows neither HTTP nor databases; who waits for them does.

pub mod header;
pub mod moments;
mod scope;
mod stopwatch;

pub use header::Entry;
pub use moments::Moments;
pub use scope::{begin, begin_call, carry, enter, is_timed, within};
pub use stopwatch::{Lap, Part, Stopwatch};
