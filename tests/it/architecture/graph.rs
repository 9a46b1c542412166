//! Who calls whom: as the house declares it, as the sources say, and as the picture shows it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::rule::Rule;
use super::tokens::{Kind, Token, nested_length};
use super::workspace::{Dependency, HouseModel, Workspace};

pub(super) const CALLS_ARE_DECLARED: Rule = Rule {
    says: "the house declares exactly the calls that modules make: who names more than the ids of another contract calls \
           it, who tells or hears of events calls the log, and the gateway calls whoever publishes operations",
    mend: "bring HOUSE.calls in src/house.rs in line with the modules, and renew docs/module-graph.md; where the call \
           would go against the order of the modules, make it an event",
    check: |workspace, findings| {
        let found = found_calls(workspace);
        let declared = &workspace.house.calls;
        for (caller, callee) in declared.iter().chain(&found) {
            findings.examine();
            let call = (caller.clone(), callee.clone());
            if !found.contains(&call) {
                findings.breach(
                    "src/house.rs",
                    format!("declares {caller} -> {callee}, and nothing in {caller} calls it"),
                );
            } else if !declared.contains(&call) {
                findings.breach("src/house.rs", format!("does not declare the call {caller} -> {callee}"));
            }
        }
    },
};

pub(super) const CALLS_HAVE_NO_CYCLE: Rule = Rule {
    says: "modules do not call each other in a circle",
    mend: "make one direction an event (or a feed that the other module reads)",
    check: |workspace, findings| {
        let calls =
            workspace.house.calls.iter().cloned().chain(found_calls(workspace)).collect::<BTreeSet<_>>();
        for module in &workspace.house.modules {
            findings.examine();
            if reachable(&calls, module).contains(module) {
                findings.breach("src/house.rs", format!("{module} calls itself by way of others"));
            }
        }
    },
};

pub(super) const CONTRACTS_SHARE_IDS_ONLY: Rule = Rule {
    says: "a contract takes nothing but ids from another contract",
    mend: "give the contract a type of its own, or move the shared one into platform/core",
    check: |workspace, findings| {
        for one in workspace.contracts() {
            for source in workspace.sources_of(one) {
                for other in workspace.contracts().filter(|other| other.name != one.name) {
                    for (line, name) in names_from(&source.tokens, &other.name) {
                        findings.examine();
                        if !is_id(&name) {
                            let place = format!("{}:{line}", source.path);
                            findings.breach(place, format!("uses {name} of {}", other.name));
                        }
                    }
                }
            }
        }
    },
};

/// The calls that the sources of the implementations show, and those of the gateway.
fn found_calls(workspace: &Workspace) -> BTreeSet<(String, String)> {
    let mut calls = BTreeSet::new();
    for one in workspace.implementations() {
        for source in workspace.sources_of(one) {
            for other in workspace.contracts().filter(|other| other.folder != format!("{}-api", one.folder)) {
                let is_call = |name: &str| !is_id(name) && !is_event(name);
                if names_from(&source.tokens, &other.name).iter().any(|(_, name)| is_call(name)) {
                    let callee = other.folder_name().trim_end_matches("-api");
                    calls.insert((one.folder_name().to_owned(), callee.to_owned()));
                }
            }
        }
    }
    for one in workspace.implementations() {
        let tells_or_hears =
            |dependency: &Dependency| dependency.name == "cleave-events" && !dependency.for_tests;
        if one.dependencies.iter().any(tells_or_hears) {
            calls.insert((one.folder_name().to_owned(), "events".to_owned()));
        }
    }
    let gateway = workspace.house.roles.iter().filter(|role| *role == "gateway");
    calls.extend(
        gateway.flat_map(|role| workspace.house.published.iter().map(|to| (role.clone(), to.clone()))),
    );
    calls
}

/// What a source takes from a crate: the last part of each path into it, with its line.
fn names_from(tokens: &[Token], package: &str) -> Vec<(usize, String)> {
    let crate_name = package.replace('-', "_");
    let starts = tokens.iter().enumerate().filter(|(_, token)| token.is_name(&crate_name)).map(|(at, _)| at);
    starts.flat_map(|at| ends_of_path(&tokens[at..])).collect()
}

fn ends_of_path(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut at = 0;
    while tokens.len() > at + 3 && tokens[at + 1].is_sign(':') && tokens[at + 2].is_sign(':') {
        at += 3;
        if tokens[at].is_sign('{') {
            let group = &tokens[at + 1..at + nested_length(&tokens[at..]) - 1];
            let is_type = |token: &Token| token.text.starts_with(|first: char| first.is_uppercase());
            let is_renamed = |place: usize| place > 0 && group[place - 1].is_name("as");
            return (0..group.len())
                .filter(|place| {
                    group[*place].kind == Kind::Name && is_type(&group[*place]) && !is_renamed(*place)
                })
                .map(|place| (group[place].line, group[place].text.clone()))
                .collect();
        }
    }
    vec![(tokens[at].line, tokens[at].text.clone())]
}

fn is_id(name: &str) -> bool {
    name.ends_with("Id")
}

/// What a module tells is no call: its types are named so.
fn is_event(name: &str) -> bool {
    name.ends_with("Event") || name.ends_with("Told") || name.ends_with("Registered")
}

fn reachable(calls: &BTreeSet<(String, String)>, start: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut to_visit = vec![start.to_owned()];
    while let Some(caller) = to_visit.pop() {
        for (_, callee) in calls.iter().filter(|(from, _)| *from == caller) {
            if reached.insert(callee.clone()) {
                to_visit.push(callee.clone());
            }
        }
    }
    reached
}

/// The page that shows the graph: `docs/module-graph.md`.
pub(super) fn page(house: &HouseModel) -> String {
    let mut page = "# Who calls whom\n\n\
        Generated from `HOUSE` in `src/house.rs`, and compared with it by a test. An arrow is a call; the reverse \
        direction is never one.\nRounded boxes are roles, the others modules. Renew it with \
        `UPDATE_SNAPSHOTS=1 cargo test --test it architecture`.\n\n\
        ```mermaid\nflowchart LR\n"
        .to_owned();
    for role in &house.roles {
        writeln!(page, "    {role}([\"{role}\"])").expect("writing to a string cannot fail");
    }
    for module in &house.modules {
        writeln!(page, "    {module}[\"{module}\"]").expect("writing to a string cannot fail");
    }
    for (caller, callee) in &house.calls {
        writeln!(page, "    {caller} --> {callee}").expect("writing to a string cannot fail");
    }
    page.push_str("```\n");
    page
}
