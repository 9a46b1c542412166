//! Every way to cut a house.

use std::iter::successors;

use super::notation::service_name;
use super::{EdgeLinks, House, Link, Service, Topology, describe};

/// Every partition of the modules, each in two forms: the roles apart, and the roles with the first module's group. For
/// seven modules these are twice 877 topologies, the first the coarsest.
pub fn partitions(house: &House) -> impl Iterator<Item = Topology> + use<> {
    let house = *house;
    let first = vec![0; house.modules.len()];
    successors(Some(first), |groups| next_assignment(groups))
        .flat_map(move |groups| [false, true].map(|roles_inside| topology(&house, &groups, roles_inside)))
}

/// The next restricted growth string: a module's number is its group, and a group is opened by its first module, so
/// that no partition comes twice (Knuth, The Art of Computer Programming 4A, 7.2.1.5).
fn next_assignment(groups: &[usize]) -> Option<Vec<usize>> {
    let may_grow = |&index: &usize| groups[..index].iter().any(|group| *group >= groups[index]);
    let index = (1..groups.len()).rev().find(may_grow)?;
    let mut next = groups.to_vec();
    next[index] += 1;
    next[index + 1..].fill(0);
    Some(next)
}

fn topology(house: &House, groups: &[usize], roles_inside: bool) -> Topology {
    let group_count = groups.iter().max().map_or(0, |last| last + 1);
    let mut hosted = vec![(Vec::new(), Vec::new()); group_count];
    for (module, group) in house.modules.iter().copied().zip(groups) {
        hosted[*group].1.push(module);
    }
    match hosted.first_mut() {
        Some(first) if roles_inside => first.0 = house.roles.to_vec(),
        _ => hosted.extend(house.roles.iter().map(|role| (vec![*role], Vec::new()))),
    }
    let mut services = hosted
        .into_iter()
        .map(|(roles, modules)| Service {
            name: service_name(&[roles.as_slice(), modules.as_slice()].concat()),
            modules,
            roles,
            replicas: 1,
        })
        .collect::<Vec<_>>();
    house.sort(&mut services);
    let mut topology = Topology {
        name: String::new(),
        description: describe(&services),
        services,
        link_between_processes: Link::Tcp,
        edge_links: EdgeLinks::new(),
        house: *house,
    };
    topology.name = topology.notation();
    topology
}
