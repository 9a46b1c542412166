//! Under which circumstances it was measured: enough to measure it again.

use super::figure::Table;
use super::markup::Element;
use super::numbers;
use crate::results::Results;

/// The section at the end.
pub(super) fn section(results: &Results) -> Element {
    let table = Table { head: vec!["what", "how it was"], names: 2, rows: rows(results) };
    Element::new("section")
        .with("aria-labelledby", "environment-heading")
        .child(Element::new("h2").with("id", "environment-heading").text("Environment"))
        .child(table.element("Environment"))
}

fn rows(results: &Results) -> Vec<Vec<String>> {
    let Results { machine, settings, phases, pacing, cpu_sets, .. } = results;
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let build = match machine.unoptimised {
        Some(true) => "without optimisation: its figures say little",
        Some(false) => "optimised",
        None => "not noted",
    };
    let steal = numbers::or_not(machine.steal_share, |share| format!("{:.2} %", share * 100.0));
    let lateness = |value: Option<f64>| numbers::or_not(value, numbers::latency);
    [
        ("began", results.began_at.clone().unwrap_or_else(|| "not noted".to_owned())),
        ("version", machine.version.clone()),
        ("build", build.to_owned()),
        ("processor", known(&machine.cpu_model)),
        ("processors to use", machine.cores.to_string()),
        ("system", format!("{}, kernel {}", machine.os, known(&machine.kernel))),
        ("processor time taken by other guests", steal),
        ("who ran where", cpu_sets.to_string()),
        ("plan", settings.plan.clone()),
        ("seed", results.seed.to_string()),
        ("topologies", results.topologies_with_places()),
        (
            "rounds",
            format!(
                "{} in {:.0} s; {}",
                results.rounds.len(),
                results.elapsed_seconds,
                results.ended_because
            ),
        ),
        (
            "phases of each journey",
            format!(
                "warm-up {:.2} s, paced {:.2} s, capacity {:.2} s",
                phases.warm_up_seconds, phases.paced_seconds, phases.capacity_seconds
            ),
        ),
        (
            "load",
            format!(
                "{:.0} requests/s where the journey has no rate of its own; {} connections, {} at most",
                settings.paced_rate_per_second, settings.connections, settings.connections_most
            ),
        ),
        (
            "punctuality of the load generator",
            format!(
                "late by {} at p50, {} at p99, {} at most; {} of {} sends too late, {} phases void",
                lateness(pacing.p50_us),
                lateness(pacing.p99_us),
                lateness(pacing.max_us),
                pacing.late,
                pacing.sent,
                pacing.void_phases
            ),
        ),
        ("equivalence", format!("{} steps were answered alike by all topologies", results.script_steps)),
        ("form of results.json", format!("version {}", results.schema_version)),
    ]
    .map(|(what, how)| vec![what.to_owned(), how])
    .into()
}
