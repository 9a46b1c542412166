//! How far to trust results, and what withholds a conclusion.

use super::attribution;
use crate::machine::Machine;
use crate::quantity::Quantity;
use crate::results::{Cell, Results};
use crate::statistics::Ratio;

/// Above this share of errors the latencies of the rest tell nothing.
const ERRORS_MOST: f64 = 0.01;
/// Above this share of the processors in use by others before a run, what is measured is theirs too.
const BUSY_WORTH_SAYING: f64 = 0.05;
/// Above this share of stolen time the machine was not one's own.
const STEAL_WORTH_SAYING: f64 = 0.02;

/// How far to trust the results: the A/A band first, then what withholds conclusions, one line each.
pub(super) fn lines(results: &Results) -> Vec<String> {
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

/// What spoils all that follows, in a sentence: nobody should read on without it.
pub(super) fn spoilt(results: &Results) -> Option<String> {
    let reasons = [
        results.cut_short.then(|| results.ended_because.clone()),
        (results.machine.unoptimised == Some(true)).then(|| "it was built without optimisation".to_owned()),
        busy(&results.machine),
    ];
    let reasons = reasons.into_iter().flatten().collect::<Vec<_>>();
    (!reasons.is_empty()).then(|| format!("Mind: {}.", reasons.join("; ")))
}

/// That others use the machine, if they do.
pub(crate) fn busy(machine: &Machine) -> Option<String> {
    let share = machine.busy_share_before.filter(|share| *share > BUSY_WORTH_SAYING)?;
    Some(format!(
        "other programs used {:.0} % of the processors before anything was measured: expect noise and void phases, or end them",
        share * 100.0
    ))
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

fn percent_with_interval(ratio: Ratio) -> String {
    let percent = |value: f64| (value - 1.0) * 100.0;
    format!("{:+.1} % [{:+.1}, {:+.1}]", percent(ratio.value), percent(ratio.low), percent(ratio.high))
}
