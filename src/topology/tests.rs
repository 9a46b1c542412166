//! Topologies of a house that belongs to nobody.

mod bad_input;
mod files;
mod pictures;

use std::collections::BTreeSet;

use super::{House, Link, Topology, partitions};

const HOUSE: House = House {
    modules: &["alpha", "beta", "gamma", "delta"],
    roles: &["gateway", "ledger"],
    singular: &[("ledger", "keeps the one ledger")],
    calls: &[("gateway", "alpha"), ("gateway", "beta"), ("alpha", "beta"), ("gamma", "delta")],
};

fn from_notation(text: &str) -> Topology {
    Topology::from_notation(text, &HOUSE).expect("the notation is valid")
}

fn from_toml(text: &str) -> Topology {
    Topology::from_toml("sample", "sample.toml", text, &HOUSE).expect("the file is valid")
}

fn names(topology: &Topology) -> Vec<&str> {
    topology.services().iter().map(|service| service.name.as_str()).collect()
}

#[test]
fn roles_run_apart_unless_a_group_names_them() {
    let topology = from_notation("alpha+gateway | *");
    assert_eq!(names(&topology), ["ledger", "gateway-alpha", "beta-gamma-delta"]);
}

#[test]
fn a_star_may_stand_in_a_group_with_others() {
    assert_eq!(names(&from_notation("*+gateway+ledger")), ["gateway-ledger-alpha-beta-gamma-delta"]);
    assert_eq!(from_notation("beta | delta + *").notation(), "alpha+gamma+delta | beta");
}

#[test]
fn a_star_that_finds_nothing_left_adds_nothing() {
    assert_eq!(from_notation("alpha+beta+gamma+delta | *").notation(), "alpha+beta+gamma+delta");
}

#[test]
fn the_name_of_a_notation_is_its_normal_form() {
    let topology = from_notation("  *|beta+ledger +alpha ");
    assert_eq!(topology.name(), "ledger+alpha+beta | gamma+delta");
    assert_eq!(topology.name(), topology.notation());
    assert_eq!(topology.description(), "3 services: gateway, ledger-alpha-beta, gamma-delta");
}

#[test]
fn a_group_of_many_long_names_gets_a_name_that_every_host_accepts() {
    const LONG: House = House {
        modules: &["subscriptions", "notifications", "recommendations", "reconciliation"],
        roles: &[],
        singular: &[],
        calls: &[],
    };
    let topology = Topology::from_notation("*", &LONG).expect("the notation is valid");
    assert_eq!(names(&topology), ["subscriptions-notifications-and-2-more"]);
}

#[test]
fn every_partition_comes_once_in_both_forms_and_is_read_back_from_its_notation() {
    let all = partitions(&HOUSE).collect::<Vec<_>>();
    let distinct = all.iter().map(Topology::name).collect::<BTreeSet<_>>();
    assert_eq!(all.len(), 2 * 15, "the fourth Bell number is 15");
    assert_eq!(distinct.len(), all.len());
    for topology in &all {
        assert_eq!(&from_notation(topology.name()), topology);
    }
    assert_eq!(names(&all[1]).len(), 1, "the coarsest form is one process");
}

#[test]
fn seven_modules_have_877_partitions() {
    const SEVEN: House = House {
        modules: &["a", "b", "c", "d", "e", "f", "g"],
        roles: &["gateway"],
        singular: &[],
        calls: &[],
    };
    assert_eq!(partitions(&SEVEN).count(), 2 * 877);
}

#[test]
fn a_call_is_direct_within_a_service_and_tcp_between_services() {
    let topology = from_notation("alpha+beta+ledger | *");
    assert_eq!(topology.link("alpha", "beta"), Link::Direct);
    assert_eq!(topology.link("gateway", "alpha"), Link::Tcp);
    assert_eq!(topology.link("a caller outside the house", "alpha"), Link::Tcp);
}

#[test]
fn a_file_sets_links_for_the_topology_and_for_single_edges() {
    let topology = from_toml(
        r#"
        link = "unix"
        [services.front]
        roles = ["gateway", "ledger"]
        modules = ["alpha"]
        [services.back]
        modules = ["beta", "gamma", "delta"]
        replicas = 2
        [links]
        "gateway -> beta" = "tcp"
        "gamma->delta" = "memory"
        "gateway -> alpha" = "unix"
        "#,
    );
    assert_eq!(topology.link("alpha", "beta"), Link::Unix);
    assert_eq!(topology.link("gateway", "beta"), Link::Tcp);
    assert_eq!(topology.link("gamma", "delta"), Link::Memory);
    assert_eq!(topology.link("gateway", "alpha"), Link::Unix);
    assert_eq!(topology.service("back").expect("it exists").replicas, 2);
    assert_eq!(topology.host_of("gamma").map(|service| service.name.as_str()), Some("back"));
    assert_eq!(topology.host_of("nothing"), None);
}

#[test]
fn the_order_of_a_file_changes_nothing() {
    let one = from_toml(
        "[services.a]\nmodules = ['delta', 'alpha']\nroles = ['ledger']\n\
         [services.b]\nroles = ['gateway']\n[services.c]\nmodules = ['gamma', 'beta']",
    );
    let other = from_toml(
        "[services.c]\nmodules = ['beta', 'gamma']\n[services.b]\nroles = ['gateway']\n\
         [services.a]\nroles = ['ledger']\nmodules = ['alpha', 'delta']",
    );
    assert_eq!(one, other);
    assert_eq!(names(&one), ["b", "a", "c"]);
}

#[test]
fn a_service_with_a_singular_role_says_why_it_has_one_process() {
    let topology = Topology::from_notation("*", &HOUSE).expect("it is valid");
    let why = |part| topology.singular(topology.host_of(part).expect("it is hosted"));
    assert_eq!(why("ledger"), Some("keeps the one ledger"));
    assert_eq!(why("alpha"), None);
}

#[test]
fn a_role_that_is_played_outside_takes_the_services_with_it_that_hosted_nothing_else() {
    let (topology, idle) = from_notation("alpha | *").without_role("ledger");
    assert_eq!(idle, ["ledger"]);
    assert!(!names(&topology).contains(&"ledger"));
    assert_eq!(topology.host_of("ledger"), None);
    assert!(topology.edges().all(|edge| edge.callee != "ledger"), "nobody of the house is called for it");
    let (topology, idle) = from_notation("gateway+ledger+*").without_role("ledger");
    assert_eq!((topology.services().len(), idle.len()), (1, 0));
    assert!(!topology.services()[0].hosts("ledger"));
}
