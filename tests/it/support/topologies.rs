//! The topologies that the tests run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cleave::house::HOUSE;
use cleave::topology::{self, Link, Topology};

/// The configuration that stands in the repository.
pub(crate) fn config() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

/// The topology of this name, or of this one-line notation.
pub(crate) fn named(text: &str) -> Topology {
    topology::resolve(text, &config().join("topologies"), &HOUSE).expect("the topology is valid")
}

/// Every topology that comes with the program.
pub(crate) fn presets() -> Vec<Topology> {
    let listed = topology::list(&config().join("topologies"), &HOUSE).expect("the folder can be read");
    let presets =
        listed.into_iter().map(|preset| preset.outcome.expect("a preset is valid")).collect::<Vec<_>>();
    assert!(presets.len() >= 3, "monolith, microservices and something between, but found {presets:?}");
    presets
}

/// The same services, joined by other links: `between` them, and `within` each of them.
pub(crate) fn relinked(topology: &Topology, between: Link, within: Link) -> Topology {
    let mut text = format!("link = \"{between}\"\n");
    for service in topology.services() {
        let (modules, roles) = (&service.modules, &service.roles);
        write!(text, "[services.{}]\nmodules = {modules:?}\nroles = {roles:?}\n", service.name)
            .expect("a text takes everything");
    }
    text.push_str("[links]\n");
    for edge in topology.edges().filter(|edge| edge.caller_service == edge.callee_service) {
        writeln!(text, "\"{} -> {}\" = \"{within}\"", edge.caller, edge.callee)
            .expect("a text takes everything");
    }
    let name = format!("{} ({between} between services, {within} within)", topology.name());
    Topology::from_toml(&name, &name, &text, &HOUSE).expect("other links keep a topology valid")
}
