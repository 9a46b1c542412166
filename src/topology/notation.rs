//! A topology in one line: `a+b | gateway+c | *`.
//!
//! Groups stand between bars, `+` joins what shares a process, and `*` is every module that is not named. Roles run in
//! processes of their own unless a group names them. A `*` that finds nothing left adds nothing. Services are called by
//! what they host, joined by `-`.

use super::check::{Draft, DraftService, Placed, check};
use super::error::{Fault, TopologyError};
use super::{House, MAX_SERVICE_NAME_BYTES, Topology};

impl Topology {
    /// Reads the notation. The topology's name is its normalised form, see [`Topology::notation`].
    pub fn from_notation(text: &str, house: &House) -> Result<Self, TopologyError> {
        check(draft(text, house), house)
    }
}

/// Whether a text is meant as a notation rather than as the name of a file.
pub(super) fn looks_like_notation(text: &str, house: &House) -> bool {
    text.contains(['|', '+', '*']) || house.modules.contains(&text) || house.roles.contains(&text)
}

/// A notation that is valid for this house.
pub(super) fn example(house: &House) -> String {
    match house.modules {
        [first, second, _, ..] => format!("{first}+{second} | *"),
        [first, ..] => format!("{first} | *"),
        [] => "*".to_owned(),
    }
}

/// The name of the service that hosts these parts, given in the order of the house.
pub(super) fn service_name(parts: &[&str]) -> String {
    let name_of_first = |count: usize| match parts.len() - count {
        0 => parts.join("-"),
        left_out => format!("{}-and-{left_out}-more", parts[..count].join("-")),
    };
    (1..=parts.len())
        .rev()
        .map(name_of_first)
        .find(|name| name.len() <= MAX_SERVICE_NAME_BYTES)
        .unwrap_or_else(|| parts.join("-"))
}

fn draft(text: &str, house: &House) -> Draft {
    let mut problems = Vec::new();
    let mut groups: Vec<Vec<Placed<String>>> = Vec::new();
    let mut star: Option<(usize, String)> = None;
    let mut column = 1;
    for group in text.split('|') {
        let mut members = Vec::new();
        let group_is_blank = group.trim().is_empty();
        for member in group.split('+') {
            let blanks = member.chars().take_while(|character| character.is_whitespace()).count();
            let written =
                Placed { value: member.trim().to_owned(), place: format!("column {}", column + blanks) };
            column += member.chars().count() + 1;
            match written.value.as_str() {
                "" if group_is_blank => problems.push(written.problem(Fault::EmptyGroup)),
                "" => problems.push(written.problem(Fault::EmptyMember)),
                "*" if star.is_some() => problems.push(written.problem(Fault::SecondStar)),
                "*" => star = Some((groups.len(), written.place)),
                _ => members.push(written),
            }
        }
        groups.push(members);
    }

    let is_named = |name: &str| groups.iter().flatten().any(|member| member.value == name);
    let apart = house.roles.iter().filter(|role| !is_named(role));
    let mut lone_roles = apart
        .map(|role| vec![Placed { value: (*role).to_owned(), place: "the end".to_owned() }])
        .collect::<Vec<_>>();
    if let Some((group, place)) = star {
        let rest = house.modules.iter().filter(|module| !is_named(module)).copied().collect::<Vec<_>>();
        groups[group]
            .extend(rest.into_iter().map(|module| Placed { value: module.to_owned(), place: place.clone() }));
    }
    groups.append(&mut lone_roles);

    Draft {
        origin: format!("topology {text:?}"),
        name: None,
        description: None,
        services: groups
            .into_iter()
            .filter(|group| !group.is_empty())
            .map(|group| draft_service(group, house))
            .collect(),
        link: None,
        edges: Vec::new(),
        mend_missing: "name it in a group, or write * for all that is not named",
        problems,
    }
}

fn draft_service(group: Vec<Placed<String>>, house: &House) -> DraftService {
    let place = group.first().map(|member| member.place.clone()).unwrap_or_default();
    let known = house.roles.iter().chain(house.modules).copied();
    let parts = known.filter(|part| group.iter().any(|member| member.value == *part)).collect::<Vec<_>>();
    let (roles, modules) =
        group.into_iter().partition(|member: &Placed<String>| house.roles.contains(&member.value.as_str()));
    // A group of nothing but unknown names is refused for those names, not for what it would be called.
    let name = if parts.is_empty() { "unknown".to_owned() } else { service_name(&parts) };
    DraftService {
        name: Placed { value: name, place: place.clone() },
        modules,
        roles,
        replicas: Placed { value: 1, place },
    }
}
