//! What a process knows of the others, and what it takes over of an answer.

use std::collections::BTreeMap;

use crate::registry::{Instance, Snapshot};

/// The instances of each service, as far as the registry has ever told.
///
/// An answer replaces what was known, with two exceptions, so that no registry can take the store apart:
/// * one that is not settled yet (see [`crate::Seen::settled`]) adds instances and moves them, and takes away those alone that have
///   said farewell;
/// * one that knows no instance of a service any more leaves those that were known last. Where they are really gone, calls fail as
///   quickly as without an address; where the registry is wrong, they go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known(BTreeMap<String, BTreeMap<String, Instance>>);

impl Known {
    /// Takes over what an answer says.
    pub fn take_over(&mut self, snapshot: Snapshot) {
        for (service, told) in snapshot.services {
            if told.is_empty() {
                continue;
            }
            let instances = self.0.entry(service.clone()).or_default();
            if snapshot.seen.settled {
                instances.clear();
            }
            instances.extend(told.into_iter().map(|instance| (instance.name.clone(), instance)));
            for name in snapshot.departed.get(&service).into_iter().flatten() {
                instances.remove(name);
            }
        }
    }

    /// Every service of which an instance is known, with its instances in the order of their names.
    pub fn services(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &Instance>)> {
        self.0.iter().map(|(service, instances)| (service.as_str(), instances.values()))
    }

    /// Whether any instance of a service is known.
    pub fn has(&self, service: &str) -> bool {
        self.0.contains_key(service)
    }
}
