//! The parts of a process that others of it call over links of the kind `thread`: each has a thread and a cell of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use cleave_rest::{PipeAddress, PipeListener};

/// Where they take calls, whether or not their threads are there yet.
#[derive(Debug)]
pub struct Callees(BTreeMap<&'static str, Callee>);

#[derive(Debug)]
struct Callee {
    address: PipeAddress,
    /// Until its thread takes it.
    listener: Mutex<Option<PipeListener>>,
}

impl Callees {
    /// These, by their names.
    pub fn of(parts: impl Iterator<Item = &'static str>) -> Self {
        let callee = |part| {
            let (address, listener) = PipeListener::bind();
            (part, Callee { address, listener: Mutex::new(Some(listener)) })
        };
        Self(parts.map(callee).collect())
    }

    /// Where this one takes calls.
    ///
    /// # Panics
    /// When nothing here calls it over such a link: a fault of the composition root.
    pub fn address(&self, part: &str) -> PipeAddress {
        self.0.get(part).expect("it is called over a link of this kind").address.clone()
    }

    /// What nobody serves yet, by the name of the part.
    pub fn take_listeners(&self) -> impl Iterator<Item = (&'static str, PipeListener)> {
        self.0.iter().filter_map(|(part, callee)| {
            let listener = callee.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
            Some((*part, listener?))
        })
    }
}
