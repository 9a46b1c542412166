//! What may be concluded, in plain words, and how far to trust it.

mod attribution;

use crate::load::{LoadCurve, LoadCurves};
use crate::machine::Machine;
use crate::quantity::{Claim, Quantity};
use crate::results::{Cell, Results};
use crate::round_trip;
use crate::statistics::Ratio;

/// Above this share of errors the latencies of the rest tell nothing.
const ERRORS_MOST: f64 = 0.01;
/// Above this share of the processors in use by others before a run, what is measured is theirs too.
const BUSY_WORTH_SAYING: f64 = 0.05;
/// Above this share of stolen time the machine was not one's own.
const STEAL_WORTH_SAYING: f64 = 0.02;

/// How far to trust the results: the A/A band first, then what withholds conclusions, one line each.
pub(crate) fn trust(results: &Results) -> Vec<String> {
    if results.has_no_rounds() {
        let nothing = format!(
            "no rounds were asked for, so there is no A/A control; {:.0} s, seed {}",
            results.elapsed_seconds, results.seed
        );
        return std::iter::once(nothing).chain(attribution::trust(results)).collect();
    }
    let band: Vec<String> = results
        .journey_order
        .iter()
        .map(|journey| match control(results, journey, Quantity::P50) {
            Some(ratio) => format!("{journey} {}", percent_with_interval(ratio)),
            None => format!("{journey} not measured"),
        })
        .collect();
    let mut lines = vec![format!(
        "A/A: {} measured twice under two labels differs from itself in p50 by {}",
        results.topologies[0],
        band.join("; ")
    )];
    for journey in &results.journey_order {
        if let Some(reason) = withheld(results, journey, Quantity::P50) {
            lines.push(format!("{journey}: conclusions withheld: {reason}"));
        }
    }
    if results.targets.is_some() {
        lines.push(format!(
            "seen from outside, on whatever machines they run, with whatever else they were asked meanwhile: {}; CPU, memory, start-up \
             and settling were not measured",
            results.topologies_with_places()
        ));
    }
    if results.machine.unoptimised == Some(true) {
        lines.push("the program was built without optimisation: a release has other figures".to_owned());
    }
    lines.push(format!(
        "{} rounds in {:.0} s, seed {}; {}",
        results.rounds.len(),
        results.elapsed_seconds,
        results.seed,
        results.ended_because
    ));
    if let Some(share) = results.machine.steal_share.filter(|share| *share > STEAL_WORTH_SAYING) {
        lines.push(format!(
            "the hypervisor gave {:.1} % of the processor time to others meanwhile",
            share * 100.0
        ));
    }
    lines.extend(attribution::trust(results));
    lines.extend(busy(&results.machine));
    if results.pacing.void_phases > 0 {
        lines.push(format!(
            "void phases: {} (the generator itself was late in them)",
            results.pacing.void_phases
        ));
    }
    lines
}

/// That others use the machine, if they do.
pub(crate) fn busy(machine: &Machine) -> Option<String> {
    let share = machine.busy_share_before.filter(|share| *share > BUSY_WORTH_SAYING)?;
    Some(format!(
        "other programs used {:.0} % of the processors before anything was measured: expect noise and void phases, or end them",
        share * 100.0
    ))
}

/// One sentence for each journey and topology, one for the baseline beside the floor, and those of what was measured beside the
/// rounds.
pub(crate) fn verdict(results: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    let journeys = if results.has_no_rounds() { &[][..] } else { &results.journey_order };
    for journey in journeys {
        for topology in results.topologies.iter().skip(1) {
            lines.push(sentence(results, journey, topology));
        }
        let floor = results.floor.as_ref();
        if let Some((floor, share)) =
            floor.and_then(|floor| Some((floor, floor.ratios.get(journey)?.capacity?)))
        {
            let (baseline, floor, share) = (&results.topologies[0], &floor.label, with_interval(share));
            lines.push(match withheld(results, journey, Quantity::Capacity) {
                None => format!("{journey}: {baseline} reaches {share} of the capacity of {floor}"),
                Some(_) => format!(
                    "{journey}: measured was a capacity of {baseline} of {share} times that of {floor}, but no conclusion is drawn"
                ),
            });
        }
    }
    lines.extend(results.ladder.iter().flat_map(|ladder| ladder.told(&results.journey_order)));
    lines.extend(results.load.as_ref().map(|load| under_load(results, load)));
    lines.extend(round_trip::sentences(results));
    lines.extend(attribution::sentences(results));
    lines
}

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

/// Why no conclusion may be drawn of a figure of a journey; none if one may.
pub(crate) fn withheld(results: &Results, journey: &str, quantity: Quantity) -> Option<String> {
    let Some(control) = control(results, journey, quantity) else {
        return Some("the A/A control has too few valid rounds".to_owned());
    };
    if control.differs_from_one() {
        return Some(format!(
            "the same topology seems to differ from itself by {}",
            percent_with_interval(control)
        ));
    }
    let most = results.settings.withhold_half_width;
    if control.half_width() > most {
        return Some(format!(
            "the A/A interval is ±{:.1} % wide, more than ±{:.0} %: the machine is too noisy, or the run too short",
            control.half_width() * 100.0,
            most * 100.0
        ));
    }
    if let Some((label, cell)) = results
        .journeys
        .get(journey)
        .into_iter()
        .flatten()
        .find(|(_, cell)| cell.void_rounds * 2 > results.rounds.len())
    {
        return Some(format!(
            "{} of {} rounds of {label} are void, because the generator was late: something else used its processor",
            cell.void_rounds,
            results.rounds.len()
        ));
    }
    let twin = results.twin.journeys.get(journey).map(|cell| (&results.twin.label, cell));
    let cells = results.journeys.get(journey).into_iter().flatten();
    let failing = cells.chain(twin).find(|(_, cell)| too_many_errors(cell));
    failing.map(|(label, cell)| format!("{label} failed {} of {} requests", cell.errors, cell.requests))
}

pub(crate) fn too_many_errors(cell: &Cell) -> bool {
    cell.requests == 0 || cell.errors as f64 > cell.requests as f64 * ERRORS_MOST
}

fn control(results: &Results, journey: &str, quantity: Quantity) -> Option<Ratio> {
    quantity.ratio(results.control.get(journey)?)
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

fn with_interval(ratio: Ratio) -> String {
    format!("{:.2} [{:.2}, {:.2}]", ratio.value, ratio.low, ratio.high)
}

fn percent_with_interval(ratio: Ratio) -> String {
    let percent = |value: f64| (value - 1.0) * 100.0;
    format!("{:+.1} % [{:+.1}, {:+.1}]", percent(ratio.value), percent(ratio.low), percent(ratio.high))
}
