//! What the other topologies cost, journey by journey, under load, and as they stand.

use super::{Point, with_interval};
use crate::load::{LoadCurve, LoadCurves};
use crate::quantity::{Claim, Quantity};
use crate::results::{Block, Results};
use crate::statistics::paired_ratio;

pub(super) fn points(results: &Results) -> Vec<Point> {
    let mut lines = Vec::new();
    if !results.has_no_rounds() {
        for journey in &results.journey_order {
            let others = results.topologies.iter().skip(1);
            lines.extend(others.map(|topology| sentence(results, journey, topology)));
        }
    }
    lines.extend(results.load.as_ref().map(|load| under_load(results, load)));
    lines.extend(results.topologies.iter().skip(1).filter_map(|topology| standing(results, topology)));
    vec![Point { about: None, lines }]
}

/// What a topology takes without being asked anything; nothing where it was not measured.
fn standing(results: &Results, topology: &str) -> Option<String> {
    const FIGURES: [Standing; 2] = [
        ("the time to be ready", |block| block.start_ms),
        ("the memory after load", |block| block.memory_pss_kib.map(|kib| kib as f64)),
    ];
    let baseline = results.baseline();
    let told = FIGURES.iter().filter_map(|(what, of)| {
        let over = |label: &str| {
            let pairs = results.rounds.iter().filter_map(|round| {
                let value = |label: &str| of(round.blocks.get(label)?);
                value(label).zip(value(baseline))
            });
            paired_ratio(&pairs.collect::<Vec<_>>())
        };
        let (ratio, control) = (over(topology)?, over(&results.twin.label)?);
        Some(if control.differs_from_one() {
            format!("measured were {} times {what}, but no conclusion is drawn", with_interval(ratio))
        } else if ratio.differs_beside(&control) {
            format!("{} times {what}", with_interval(ratio))
        } else {
            format!("{what} cannot be told apart ({})", with_interval(ratio))
        })
    });
    let told = told.collect::<Vec<_>>();
    (!told.is_empty()).then(|| format!("{topology} beside {baseline}: {}", told.join("; ")))
}

/// A figure of a deployment; none where it was not measured.
type Standing = (&'static str, fn(&Block) -> Option<f64>);

/// The highest rates that hold, and their ratios where there are rounds enough.
fn under_load(results: &Results, load: &LoadCurves) -> String {
    let highest = |label: &String| match load.topologies.get(label).and_then(LoadCurve::highest_rps) {
        Some(rate) => format!("up to {rate:.0} requests a second in {label}"),
        None => format!("at no rate that was tried in {label}"),
    };
    let highest = results.topologies.iter().map(highest).collect::<Vec<_>>().join(", ");
    let ratio = |label: &String| {
        let ratio = load.ratio(label, results.baseline())?;
        Some(format!("; {label} holds {} times the rate of {}", with_interval(ratio), results.baseline()))
    };
    let ratios = results.topologies.iter().skip(1).filter_map(ratio).collect::<String>();
    format!(
        "{} under load: p99 stays within {} ms {highest}{ratios}",
        load.journey, load.settings.objective_p99_ms
    )
}

fn sentence(results: &Results, journey: &str, topology: &str) -> String {
    let baseline = &results.topologies[0];
    let ratios = results.ratios.get(journey).and_then(|by_topology| by_topology.get(topology));
    let Some((ratios, p50)) = ratios.and_then(|ratios| Some((ratios, ratios.p50?))) else {
        return format!(
            "{journey}: the p50 of {topology} beside {baseline} was not measured in enough rounds"
        );
    };
    let latency = match Claim::of(results, journey, topology, Quantity::P50) {
        Claim::Withheld => format!(
            ": measured was a p50 of {} times that of {baseline}, but no conclusion is drawn",
            with_interval(p50)
        ),
        Claim::Differs => format!(" answers in {} times the p50 of {baseline}", with_interval(p50)),
        Claim::NotTold => format!(" cannot be told from {baseline} in p50 ({})", with_interval(p50)),
    };
    let rest = [(Quantity::Cpu, "its CPU a request"), (Quantity::Capacity, "its capacity")]
        .into_iter()
        .filter(|(quantity, _)| Claim::of(results, journey, topology, *quantity) == Claim::Differs)
        .filter_map(|(quantity, what)| Some(format!("{:.2} times {what}", quantity.ratio(ratios)?.value)))
        .collect::<Vec<_>>();
    let rest = if rest.is_empty() { String::new() } else { format!("; {}", rest.join(", ")) };
    format!("{journey}: {topology}{latency}{rest}")
}
