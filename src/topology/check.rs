//! What is refused: turns a draft, as somebody wrote it, into a [`Topology`] or into the list of all its problems.

use super::error::{Fault, Part, Problem, TopologyError};
use super::nearest::hint;
use super::placement::place;
use super::{EdgeLinks, House, Link, Service, Topology, describe};

/// More replicas than this on one machine are a slip of the keyboard.
pub const MAX_REPLICAS: u32 = 64;

/// A DNS label has 63 bytes and the path of a Unix socket 107: this leaves room for folders and a replica's number.
pub const MAX_SERVICE_NAME_BYTES: usize = 40;

/// What no topology can be called: behind `cleave compare`, where topologies stand, these words are commands.
const RESERVED_NAMES: [&str; 3] = ["diff", "help", "report"];

/// A topology as it was written, before anybody has looked whether it makes sense.
pub(super) struct Draft {
    pub(super) origin: String,
    /// `None` where the notation is the name.
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) services: Vec<DraftService>,
    pub(super) link: Option<Placed<String>>,
    pub(super) edges: Vec<(Placed<String>, Placed<String>)>,
    /// What to do about a module that was forgotten.
    pub(super) mend_missing: &'static str,
    /// What reading has already found.
    pub(super) problems: Vec<Problem>,
}

pub(super) struct DraftService {
    pub(super) name: Placed<String>,
    pub(super) modules: Vec<Placed<String>>,
    pub(super) roles: Vec<Placed<String>>,
    pub(super) replicas: Placed<i64>,
}

/// A value and where it was written.
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: String,
}

impl<T> Placed<T> {
    pub(super) fn problem(&self, fault: Fault) -> Problem {
        Problem { place: Some(self.place.clone()), fault }
    }
}

/// Checks everything and reports all that is wrong at once.
pub(super) fn check(mut draft: Draft, house: &House) -> Result<Topology, TopologyError> {
    let mut problems = std::mem::take(&mut draft.problems);
    if let Some(name) = draft.name.as_ref().filter(|name| RESERVED_NAMES.contains(&name.as_str())) {
        problems.push(Problem { place: None, fault: Fault::ReservedName { name: name.clone() } });
    }
    let modules = place(Part::Module, &draft, house, &mut problems);
    let roles = place(Part::Role, &draft, house, &mut problems);
    let mut services = Vec::with_capacity(draft.services.len());
    for ((service, modules), roles) in draft.services.iter().zip(modules).zip(roles) {
        let replicas = check_service(service, &mut problems);
        services.push(Service { name: service.name.value.clone(), modules, roles, replicas });
    }
    let link_between_processes = check_link_between_processes(draft.link.as_ref(), &mut problems);
    let edge_links = check_edges(&draft.edges, &services, house, &mut problems);
    if !problems.is_empty() {
        return Err(TopologyError { origin: draft.origin, problems });
    }

    house.sort(&mut services);
    let description = draft.description.unwrap_or_else(|| describe(&services));
    let name = draft.name.unwrap_or_default();
    let mut topology =
        Topology { name, description, services, link_between_processes, edge_links, house: *house };
    if topology.name.is_empty() {
        topology.name = topology.notation();
    }
    Ok(topology)
}

/// What can be said of a service alone; answers its number of replicas.
fn check_service(service: &DraftService, problems: &mut Vec<Problem>) -> u32 {
    let name = &service.name;
    if !is_service_name(&name.value) {
        problems.push(name.problem(Fault::ServiceName { name: name.value.clone() }));
    }
    if service.modules.is_empty() && service.roles.is_empty() {
        problems.push(name.problem(Fault::EmptyService { name: name.value.clone() }));
    }
    let replicas = u32::try_from(service.replicas.value).unwrap_or_default();
    if !(1..=MAX_REPLICAS).contains(&replicas) {
        let fault = Fault::Replicas { service: name.value.clone(), replicas: service.replicas.value };
        problems.push(service.replicas.problem(fault));
    }
    replicas
}

fn is_service_name(name: &str) -> bool {
    name.len() <= MAX_SERVICE_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn check_link_between_processes(word: Option<&Placed<String>>, problems: &mut Vec<Problem>) -> Link {
    let Some(word) = word else { return Link::Tcp };
    let link = check_link(word, problems).unwrap_or(Link::Tcp);
    if !link.joins_processes() {
        problems.push(word.problem(Fault::NotBetweenProcesses { link }));
    }
    link
}

fn check_link(word: &Placed<String>, problems: &mut Vec<Problem>) -> Option<Link> {
    let link = Link::from_word(&word.value);
    if link.is_none() {
        let words = Link::ALL.map(Link::as_str);
        problems.push(word.problem(Fault::UnknownLink {
            word: word.value.clone(),
            hint: hint(&word.value, words.into_iter()),
            existing: words.join(", "),
        }));
    }
    link
}

fn check_edges(
    edges: &[(Placed<String>, Placed<String>)],
    services: &[Service],
    house: &House,
    problems: &mut Vec<Problem>,
) -> EdgeLinks {
    let mut edge_links = EdgeLinks::new();
    for (written_edge, word) in edges {
        let link = check_link(word, problems);
        let Some(call) = check_edge(written_edge, house, problems) else { continue };
        let Some(link) = link else { continue };
        if edge_links.insert(call, link).is_some() {
            problems.push(written_edge.problem(Fault::EdgeTwice { edge: name_edge(call) }));
        }
        let host_of = |part| services.iter().find(|service| service.hosts(part));
        if let (Some(home), Some(away)) = (host_of(call.0), host_of(call.1))
            && home.name != away.name
            && !link.joins_processes()
        {
            problems.push(word.problem(Fault::EdgeAcrossProcesses {
                edge: name_edge(call),
                link,
                services: format!("{:?} and {:?}", home.name, away.name),
            }));
        }
    }
    edge_links
}

fn check_edge(
    written: &Placed<String>,
    house: &House,
    problems: &mut Vec<Problem>,
) -> Option<(&'static str, &'static str)> {
    let Some((from, to)) = written.value.split_once("->").map(|(from, to)| (from.trim(), to.trim())) else {
        problems.push(written.problem(Fault::EdgeForm { edge: written.value.clone() }));
        return None;
    };
    let call = house.calls.iter().copied().find(|call| *call == (from, to));
    if call.is_none() {
        let calls = house.calls.iter().copied().map(name_edge).collect::<Vec<_>>();
        let is_reversed = house.calls.contains(&(to, from));
        let resembled = name_edge(if is_reversed { (to, from) } else { (from, to) });
        problems.push(written.problem(Fault::EdgeUncalled {
            edge: written.value.clone(),
            hint: hint(&resembled, calls.iter().map(String::as_str)),
            existing: calls.join(", "),
        }));
    }
    call
}

fn name_edge((from, to): (&str, &str)) -> String {
    format!("{from} -> {to}")
}
