//! Topologies that only the ladder needs: files in a configuration of its own, beside those that people have.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::compare::deployment::copy_folder;
use crate::cli::{Common, Failure};
use crate::house::HOUSE;
use crate::topology::{Link, Topology};

/// Which parts of the house share a process, and what carries a call to a module or to the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    name: String,
    processes: Vec<Vec<&'static str>>,
    /// The link of all calls but those of the gateway, also within a process; none where each takes its usual one.
    link: Option<Link>,
}

impl Layout {
    /// All in one process.
    pub(super) fn together(link: Option<Link>) -> Self {
        let name = link.map_or_else(|| "ladder-together".to_owned(), |link| format!("ladder-{link}"));
        Self { name, processes: vec![parts().collect()], link }
    }

    /// The gateway in a process, all else in another one.
    pub(super) fn gateway_apart() -> Self {
        let (gateway, rest) = parts().partition(|part| *part == "gateway");
        Self { name: "ladder-gateway".to_owned(), processes: vec![gateway, rest], link: Some(Link::Tcp) }
    }

    /// Everything in a process of its own, but for the event log, which is with the module that tells most.
    pub(super) fn modules_apart() -> Self {
        let alone = parts().filter(|part| *part != "events");
        let process = |part| if part == "orders" { vec!["events", part] } else { vec![part] };
        Self {
            name: "ladder-modules".to_owned(),
            processes: alone.map(process).collect(),
            link: Some(Link::Tcp),
        }
    }

    /// Everything in a process of its own.
    pub(super) fn all_apart() -> Self {
        let processes = parts().map(|part| vec![part]).collect();
        Self { name: "ladder-apart".to_owned(), processes, link: Some(Link::Tcp) }
    }

    /// Writes it into a configuration, and reads it as a process will.
    pub(super) fn topology(&self, common: &Common) -> Result<Topology, Failure> {
        let file = common.topologies().join(format!("{}.toml", self.name));
        std::fs::write(&file, self.toml())
            .with_context(|| format!("{} cannot be written", file.display()))?;
        common.topology(&self.name)
    }

    /// As a file of a topology.
    fn toml(&self) -> String {
        let mut text = "description = \"a rung of the ladder\"\n".to_owned();
        let list = |known: &[&str], parts: &[&str]| {
            let quoted = parts.iter().filter(|part| known.contains(part)).map(|part| format!("\"{part}\""));
            quoted.collect::<Vec<_>>().join(", ")
        };
        // Writing to a String cannot fail, here and below.
        for process in &self.processes {
            let name = if process.len() > 3 { "rest".to_owned() } else { process.join("-") };
            let (modules, roles) = (list(HOUSE.modules, process), list(HOUSE.roles, process));
            let _ = writeln!(text, "\n[services.{name}]\nmodules = [{modules}]\nroles = [{roles}]");
        }
        if let Some(link) = self.link {
            text.push_str("\n[links]\n");
            for (caller, callee) in HOUSE.calls.iter().filter(|(caller, _)| *caller != "gateway") {
                let _ = writeln!(text, "\"{caller} -> {callee}\" = \"{link}\"");
            }
        }
        text
    }
}

fn parts() -> impl Iterator<Item = &'static str> {
    HOUSE.roles.iter().chain(HOUSE.modules).copied()
}

/// Whether a topology is what the highest rungs are: every part in a process of its own, all calls over TCP.
pub(super) fn is_all_apart(topology: &Topology) -> bool {
    let is_alone =
        topology.services().iter().all(|service| service.parts().count() == 1 && service.replicas == 1);
    is_alone && topology.edges().all(|edge| edge.link == Link::Tcp)
}

/// The same flags with a copy of the configuration in this folder, in which layouts can be written.
pub(super) fn with_copied_configuration(common: &Common, folder: &Path) -> Result<Common, Failure> {
    let config = folder.join("config");
    std::fs::create_dir_all(config.join("topologies"))
        .and_then(|()| copy_folder(&common.config, &config))
        .with_context(|| format!("the configuration {} cannot be copied", common.config.display()))?;
    Ok(Common { config, ..common.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology(layout: &Layout) -> Topology {
        Topology::from_toml(&layout.name, "the ladder", &layout.toml(), &HOUSE)
            .expect("a layout is a topology")
    }

    #[test]
    fn each_layout_differs_from_the_one_below_in_its_link_or_in_its_processes() {
        let layouts = [
            Layout::together(None),
            Layout::together(Some(Link::Memory)),
            Layout::together(Some(Link::Thread)),
            Layout::together(Some(Link::Unix)),
            Layout::together(Some(Link::Tcp)),
            Layout::gateway_apart(),
            Layout::modules_apart(),
            Layout::all_apart(),
        ];
        let seen = layouts.iter().map(|layout| {
            let topology = topology(layout);
            let link = topology.link("orders", "inventory");
            assert_eq!(topology.link("orders", "events"), link, "events travel as calls do: {}", layout.name);
            (link, topology.link("gateway", "catalog"), topology.services().len())
        });
        let [direct, memory, thread, unix, tcp] = Link::ALL;
        let expected = [
            (direct, direct, 1),
            (memory, direct, 1),
            (thread, direct, 1),
            (unix, direct, 1),
            (tcp, direct, 1),
            (tcp, tcp, 2),
            (tcp, tcp, 9),
            (tcp, tcp, 10),
        ];
        assert_eq!(seen.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_highest_rung_is_told_from_other_topologies() {
        assert!(is_all_apart(&topology(&Layout::all_apart())));
        for layout in [Layout::modules_apart(), Layout::together(Some(Link::Tcp))] {
            assert!(!is_all_apart(&topology(&layout)), "{}", layout.name);
        }
    }
}
