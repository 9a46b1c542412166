//! Discovery by DNS: where the replicas of each service are, as name servers tell it, while they come and go.
//!
//! ```text
//! name servers ◀──A, AAAA or SRV, again when the answer's time is over── Names::follow ──▶ the process's own address books
//! ```
//!
//! It is for places that have such names already, as Kubernetes has for headless services. [`Names::ask`] asks once, [`Names::follow`]
//! again and again. No call waits for a name server, and an answer without addresses takes nothing away: [`News`] says what has been
//! learned, and whoever hears it keeps the last good answer.
//!
//! What it is not: it registers nobody, checks no health and knows no ports but the one of its settings, unless SRV records tell others.
//! Read on at `names.rs`, `follow.rs`.

mod error;
mod follow;
mod names;
mod settings;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use error::{Cause, NamesError, Unresolved};
pub use follow::News;
pub use names::{Answer, Names};
pub use settings::Settings;
