//! Topologies for people and for other programs: tables, a Mermaid flowchart, and JSON through serde.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use super::{Edge, Link, Listed, Service, Topology};

/// What `topology show` prints: the services with what they host, and the calls with their links.
pub fn show_text(topology: &Topology) -> String {
    let services = topology.services().iter().map(|service| {
        let replicas = service.replicas.to_string();
        [service.name.clone(), or_dash(&service.modules), or_dash(&service.roles), replicas]
    });
    let calls = topology.edges().map(|edge| {
        let path = if edge.caller_service == edge.callee_service {
            format!("within {}", edge.caller_service)
        } else {
            format!("{} to {}", edge.caller_service, edge.callee_service)
        };
        [format!("{} -> {}", edge.caller, edge.callee), edge.link.to_string(), path]
    });
    let heading = if topology.name() == topology.notation() {
        topology.name().to_owned()
    } else {
        format!("{}: {}\n{}", topology.name(), topology.description(), topology.notation())
    };
    format!(
        "{heading}\n\n{}\n{}",
        table(["service", "modules", "roles", "replicas"], services),
        table(["call", "link", "services"], calls)
    )
}

/// What `topology list` prints: a line a topology, then the errors of those that are broken.
pub fn list_text(listed: &[Listed]) -> String {
    let rows = listed.iter().map(|item| match &item.outcome {
        Ok(topology) => {
            [item.name.clone(), topology.services().len().to_string(), topology.description().to_owned()]
        }
        Err(_) => [item.name.clone(), "-".to_owned(), "broken, see below".to_owned()],
    });
    let mut text = table(["topology", "services", "description"], rows);
    for error in listed.iter().filter_map(|item| item.outcome.as_ref().err()) {
        push_line(&mut text, format_args!("\n{error}"));
    }
    text
}

/// A Mermaid flowchart: a box a service, an arrow a call, thick where it leaves its process.
pub fn mermaid(topology: &Topology) -> String {
    let mut chart = "flowchart LR\n".to_owned();
    for service in topology.services() {
        let id = node_id("service", &service.name);
        let title = match service.replicas {
            1 => service.name.clone(),
            replicas => format!("{} ×{replicas}", service.name),
        };
        push_line(&mut chart, format_args!("    subgraph {id}[\"{title}\"]"));
        for role in &service.roles {
            push_line(&mut chart, format_args!("        {}{{{{\"{role}\"}}}}", node_id("part", role)));
        }
        for module in &service.modules {
            push_line(&mut chart, format_args!("        {}[\"{module}\"]", node_id("part", module)));
        }
        push_line(&mut chart, format_args!("    end"));
    }
    for edge in topology.edges() {
        let arrow = if edge.link.joins_processes() { "==>" } else { "-->" };
        let (from, to) = (node_id("part", edge.caller), node_id("part", edge.callee));
        push_line(&mut chart, format_args!("    {from} {arrow}|{}| {to}", edge.link));
    }
    chart
}

/// The machine-readable form: name, description, notation, link, services, calls.
impl Serialize for Topology {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct View<'topology> {
            name: &'topology str,
            description: &'topology str,
            notation: String,
            link: Link,
            services: &'topology [Service],
            calls: Vec<Edge<'topology>>,
        }
        View {
            name: self.name(),
            description: self.description(),
            notation: self.notation(),
            link: self.link_between_processes(),
            services: self.services(),
            calls: self.edges().collect(),
        }
        .serialize(serializer)
    }
}

/// Left-aligned columns, two blanks apart, with no blanks at the end of a line.
fn table<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: impl Iterator<Item = [String; COLUMNS]>,
) -> String {
    let mut lines = vec![headings.map(str::to_uppercase)];
    lines.extend(rows);
    let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut text = String::new();
    for cells in &lines {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        push_line(&mut text, format_args!("{}", padded.collect::<Vec<_>>().join("  ").trim_end()));
    }
    text
}

fn or_dash(names: &[&str]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

/// A prefix keeps Mermaid's own words, such as `end`, from being taken for a name.
fn node_id(prefix: &str, name: &str) -> String {
    format!("{prefix}_{}", name.replace('-', "_"))
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}
