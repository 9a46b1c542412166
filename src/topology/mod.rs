//! Which modules share a process.
//!
//! A [`Topology`] is data: services, what each of them hosts, and over which [`Link`] a call travels between any two
//! parts. It is read from a file ([`load`]), from one line ([`Topology::from_notation`]) or from whichever of the two
//! a person typed ([`resolve`]). What exists here is valid: modules and roles are each hosted exactly once and every
//! link can carry what it must. What is not valid becomes a [`TopologyError`] that names every problem at once.
//!
//! This code knows no module by name. What can be placed, and who calls whom, is handed in as a [`House`], so the same
//! topologies can carry another business. It starts nothing, binds nothing and asks no clock: the composition root
//! reads a topology and acts on it.
//!
//! Go on with `file.rs` and `notation.rs` (the two ways to write one), `check.rs` (what is refused), `links.rs` (how a
//! call travels) and `render.rs` (how one is shown).

mod check;
mod error;
mod file;
mod links;
mod nearest;
mod notation;
mod partitions;
mod placement;
mod render;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::check::{MAX_REPLICAS, MAX_SERVICE_NAME_BYTES};
pub use self::error::{Fault, Part, Problem, TopologyError};
pub use self::file::{Listed, list, load, resolve};
pub use self::links::{Edge, Link};
pub use self::partitions::partitions;
pub use self::render::{list_text, mermaid, show_text};

/// What there is to place, handed in by the composition root. Its order is the order of everything that is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct House {
    /// The modules that services can host.
    pub modules: &'static [&'static str],
    /// The infrastructure that a process can play beside modules; each role is hosted by exactly one service.
    pub roles: &'static [&'static str],
    /// The roles that one process of a machine alone can play, and why: completes "it has one process, because it ...".
    pub singular: &'static [(&'static str, &'static str)],
    /// Who calls whom: `(caller, callee)`, each a module or a role.
    pub calls: &'static [(&'static str, &'static str)],
}

/// A valid set of services that together host a whole house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    name: String,
    description: String,
    services: Vec<Service>,
    link_between_processes: Link,
    edge_links: EdgeLinks,
    house: House,
}

/// A process, or several equal replicas of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Safe as a file name, a container name and a DNS label; at most [`MAX_SERVICE_NAME_BYTES`] long.
    pub name: String,
    /// The hosted modules, in the order of the house.
    pub modules: Vec<&'static str>,
    /// The hosted roles, in the order of the house.
    pub roles: Vec<&'static str>,
    /// How many equal processes there are, from 1 to [`MAX_REPLICAS`].
    pub replicas: u32,
}

impl Service {
    /// Whether this service hosts the module or role of that name.
    pub fn hosts(&self, part: &str) -> bool {
        self.parts().any(|hosted| hosted == part)
    }

    /// Everything that it hosts: roles, then modules.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.roles.iter().chain(&self.modules).copied()
    }
}

impl Topology {
    /// The name of its file, or its normalised notation if it was written in one line.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line for people.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The services, in the order of the house: those that host roles alone, then by their first module.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// What this topology places.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// The service of that name, or an error that lists those that exist.
    pub fn service(&self, name: &str) -> Result<&Service, TopologyError> {
        self.services.iter().find(|service| service.name == name).ok_or_else(|| {
            let names = self.services.iter().map(|service| service.name.as_str());
            TopologyError::single(
                format!("topology {:?}", self.name),
                Fault::UnknownService {
                    name: name.to_owned(),
                    hint: nearest::hint(name, names.clone()),
                    existing: names.collect::<Vec<_>>().join(", "),
                },
            )
        })
    }

    /// Why a service can have only one process on a machine, if so.
    pub fn singular(&self, service: &Service) -> Option<&'static str> {
        self.house.singular.iter().find(|(role, _)| service.hosts(role)).map(|(_, reason)| *reason)
    }

    /// The service that hosts a module or a role; `None` if the house has no such part.
    pub fn host_of(&self, part: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.hosts(part))
    }

    /// The same topology without a role that something outside the store plays, and without the services that hosted nothing
    /// else, whose names it tells.
    #[must_use]
    pub fn without_role(mut self, role: &str) -> (Self, Vec<String>) {
        for service in &mut self.services {
            service.roles.retain(|hosted| *hosted != role);
        }
        let (left, idle) =
            self.services.into_iter().partition(|service: &Service| service.parts().next().is_some());
        self.services = left;
        (self, idle.into_iter().map(|service: Service| service.name).collect())
    }

    /// The grouping in one line, in the order of the house: `Topology::from_notation` reads it back. Replicas, links
    /// and names that a file chose for its services are not part of it.
    pub fn notation(&self) -> String {
        let is_lone_role = |service: &&Service| service.modules.is_empty() && service.roles.len() == 1;
        let group = |service: &Service| service.parts().collect::<Vec<_>>().join("+");
        let groups = self.services.iter().filter(|service| !is_lone_role(service)).map(group);
        groups.collect::<Vec<_>>().join(" | ")
    }
}

/// The links that single edges were given, by caller and callee.
type EdgeLinks = BTreeMap<(&'static str, &'static str), Link>;

impl House {
    /// Puts services, and what they host, in the order of the house.
    fn sort(&self, services: &mut [Service]) {
        let place_in = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
        for service in &mut *services {
            service.modules.sort_by_key(|module| place_in(self.modules, module));
            service.roles.sort_by_key(|role| place_in(self.roles, role));
        }
        services.sort_by_key(|service| {
            let first_module = service.modules.first().map(|module| place_in(self.modules, module));
            let first_role = service.roles.first().map(|role| place_in(self.roles, role));
            (first_module, first_role)
        });
    }
}

/// What stands in for a description that nobody wrote.
fn describe(services: &[Service]) -> String {
    let names = services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ");
    match services.len() {
        1 => format!("one service: {names}"),
        count => format!("{count} services: {names}"),
    }
}
