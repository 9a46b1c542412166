//! What was different when two results were measured.

use serde::Serialize;

use crate::quantity::Quantity;
use crate::results::Results;
use crate::verdict;

/// Something that was not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Circumstance {
    /// What.
    pub what: String,
    /// How it was in each.
    pub values: [String; 2],
    /// Whether absolute figures cannot be compared because of it: another machine, another load.
    pub decides: bool,
}

/// How a circumstance was, in words.
type Told = fn(&Results) -> String;

/// All that differs: first what decides, then what is good to know.
pub(super) fn differing(a: &Results, b: &Results) -> Vec<Circumstance> {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "not known".to_owned());
    let deciding: [(&str, Told); 8] = [
        ("processor", |results| results.machine.cpu_model.clone().unwrap_or_else(|| "not known".to_owned())),
        ("processors to use", |results| results.machine.cores.to_string()),
        ("system", |results| results.machine.os.clone()),
        ("who ran where", |results| {
            let sets = &results.cpu_sets;
            format!("servers {:?}, generator {:?}", sets.servers, sets.generator)
        }),
        ("requests a second", |results| results.settings.paced_rate_per_second.to_string()),
        ("connections", |results| {
            format!("{} to {}", results.settings.connections, results.settings.connections_most)
        }),
        ("build", |results| match results.machine.unoptimised {
            // Whoever did not note it measured a release.
            Some(true) => "without optimisation".to_owned(),
            Some(false) | None => "optimised".to_owned(),
        }),
        ("baseline", |results| results.baseline().to_owned()),
    ];
    let others: [(&str, String, String); 6] = [
        ("version", a.machine.version.clone(), b.machine.version.clone()),
        ("kernel", known(&a.machine.kernel), known(&b.machine.kernel)),
        ("plan", a.settings.plan.clone(), b.settings.plan.clone()),
        ("seed", a.seed.to_string(), b.seed.to_string()),
        ("topologies", a.topologies.join("; "), b.topologies.join("; ")),
        ("rounds", a.rounds.len().to_string(), b.rounds.len().to_string()),
    ];
    let deciding = deciding.into_iter().map(|(what, of)| (what, of(a), of(b), what != "baseline"));
    let others = others.into_iter().map(|(what, first, second)| (what, first, second, false));
    deciding
        .chain(others)
        .filter(|(_, first, second, _)| first != second)
        .map(|(what, first, second, decides)| Circumstance {
            what: what.to_owned(),
            values: [first, second],
            decides,
        })
        .collect()
}

/// What a reader has to know.
pub(super) fn caveats(a: &Results, b: &Results, is_the_same_test_bed: bool) -> Vec<String> {
    let mut caveats = vec![
        "the two runs were not at the same time and are not paired: whatever changed on the machine between them is in the \
         absolute figures; relative ones are over the baseline of their own run, which takes it out"
            .to_owned(),
    ];
    caveats.push(
        "an interval of 95 % leaves out the truth once in twenty: of many lines, some differ by chance"
            .to_owned(),
    );
    if !is_the_same_test_bed {
        caveats.push(
            "machine, build or load were not the same: nothing is concluded from absolute figures".to_owned(),
        );
    }
    for (which, results) in [("first", a), ("second", b)] {
        let noisy: Vec<&str> = results
            .journey_order
            .iter()
            .filter(|journey| verdict::withheld(results, journey, Quantity::P50).is_some())
            .map(String::as_str)
            .collect();
        if !noisy.is_empty() {
            caveats.push(format!(
                "the {which} run allows no conclusion of p50 by itself in {}: its A/A control is off or too unsure",
                noisy.join(", ")
            ));
        }
    }
    caveats
}
