//! The listening sockets of a member: bound for its first process, and handed to each that takes over from one that ended as it
//! was asked to, so that whoever connects in between waits for the next.

use std::sync::{Arc, Mutex, PoisonError};

use super::SpawnError;
use crate::listeners::{BindError, Listeners};

/// Clones hold the same sockets.
#[derive(Clone, Debug, Default)]
pub(in crate::supervisor) struct Kept(Arc<Mutex<Option<Listeners>>>);

impl Kept {
    /// The sockets for the next process; those that `bind` makes where none are kept.
    pub(super) fn for_the_next(
        &self,
        bind: impl FnOnce() -> Result<Listeners, BindError>,
    ) -> Result<Listeners, SpawnError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let listeners = match kept.take() {
            Some(listeners) => listeners,
            None => bind()?,
        };
        Ok(kept.insert(listeners).try_clone()?)
    }

    /// From here on nobody waits: where no process holds the sockets either, connecting to them is refused.
    pub(in crate::supervisor) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether whoever connects waits for the next process.
    pub(super) fn is_open(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}
