//! What a split buys: what goes on while a process is gone, what more processes can do, whom a release costs his answer.

use super::Point;
use crate::blast::{BlastRadius, Extent, Fault, Strike};
use crate::demand_step::Beside;
use crate::quantity::Claim;
use crate::results::Results;
use crate::scale_out::{Grown, ScaleOut};

pub(super) fn points(results: &Results) -> Vec<Point> {
    let point = |about: &str, lines: Vec<String>| Point { about: Some(about.to_owned()), lines };
    vec![
        point("while one process is gone (seen once each)", reach(results)),
        point(
            "more processes beside the same without them",
            results.scale_out.as_ref().map(bought).unwrap_or_default(),
        ),
        point(
            "when the service level holds again after a sudden demand, in ms, trial by trial",
            demand(results),
        ),
        point("a rolling release (seen once each)", releases(results)),
    ]
}

/// How far each fault reaches in each topology.
fn reach(results: &Results) -> Vec<String> {
    let Some(blast) = &results.blast_radius else { return Vec::new() };
    let measured =
        results.topologies.iter().filter_map(|topology| Some((topology, blast.topologies.get(topology)?)));
    let lines = measured.flat_map(|(topology, strikes)| {
        let faults = Fault::ALL.into_iter().filter_map(|fault| reached(topology, strikes, fault));
        faults.chain(without_harm(topology, strikes)).collect::<Vec<_>>()
    });
    lines.collect()
}

fn reached(topology: &str, strikes: &[Strike], fault: Fault) -> Option<String> {
    let trials = strikes.iter().filter(|strike| strike.fault == fault).collect::<Vec<_>>();
    let damages = || trials.iter().flat_map(|strike| strike.journeys.values());
    let count = |extent| damages().filter(|damage| damage.extent == extent).count();
    let longest = trials.iter().map(|strike| strike.all_well_ms()).collect::<Option<Vec<_>>>();
    let well = longest.and_then(|all| all.into_iter().reduce(f64::max)).map_or_else(
        || "not all were seen to recover".to_owned(),
        |ms| format!("all well after {:.1} s at most", ms / 1_000.0),
    );
    (!trials.is_empty()).then(|| {
        format!(
            "{topology}, {}: of {} cases (a journey, a process) {} down, {} degraded, {} unaffected; {well}",
            fault.name(),
            damages().count(),
            count(Extent::Down),
            count(Extent::Degraded),
            count(Extent::Unaffected)
        )
    })
}

/// The processes that were killed and no journey noticed.
fn without_harm(topology: &str, strikes: &[Strike]) -> Option<String> {
    let is_unaffected = |strike: &&Strike| strike.journeys.values().all(|it| it.extent == Extent::Unaffected);
    let killed = strikes.iter().filter(|strike| strike.fault == Fault::Kill).filter(is_unaffected);
    let names = killed.map(|strike| strike.service.as_str()).collect::<Vec<_>>();
    (!names.is_empty())
        .then(|| format!("{topology}: no journey noticed when one of these was killed: {}", names.join(", ")))
}

/// The share of journeys that are down while a process is killed, in a sentence of all topologies; none where nothing was killed.
pub(super) fn in_a_sentence(results: &Results) -> Option<String> {
    let blast: &BlastRadius = results.blast_radius.as_ref()?;
    let told = results.topologies.iter().filter_map(|topology| {
        let killed = blast.topologies.get(topology)?.iter().filter(|strike| strike.fault == Fault::Kill);
        let damages = killed.flat_map(|strike| strike.journeys.values()).collect::<Vec<_>>();
        let down = damages.iter().filter(|damage| damage.extent == Extent::Down).count();
        (!damages.is_empty()).then(|| format!("in {down} of {} cases in {topology}", damages.len()))
    });
    let told = told.collect::<Vec<_>>();
    (!told.is_empty()).then(|| {
        format!(
            "While a process is killed, each once, a journey is down {} (seen once each).",
            told.join(", ")
        )
    })
}

fn bought(scale: &ScaleOut) -> Vec<String> {
    let line = |grown: &Grown, journey: &String| {
        let capacity = scale.ratios(grown, journey).capacity?;
        let Grown { from, to } = grown;
        let control = scale.control(journey).and_then(|control| control.capacity);
        Some(match Claim::beside(control, Some(capacity)) {
            Claim::Differs => format!("{journey}: {to} reaches {capacity} times the capacity of {from}"),
            Claim::NotTold => format!("{journey}: {to} cannot be told from {from} in capacity ({capacity})"),
            Claim::Withheld => {
                format!(
                    "{journey}: {to} beside {from}: no conclusion, for the control does not allow one ({capacity})"
                )
            }
        })
    };
    let growths = scale.growths.iter();
    growths
        .flat_map(|grown| scale.series.journeys.keys().filter_map(move |journey| line(grown, journey)))
        .collect()
}

fn demand(results: &Results) -> Vec<String> {
    let Some(step) = &results.demand_step else { return Vec::new() };
    let first = step.twin_of.as_deref().unwrap_or("the first");
    let line = |label: &String, journey: &str| {
        let held = step.holds_again(label, journey)?;
        let again = step.twin().and_then(|twin| step.holds_again(&twin, journey));
        let told = match step.beside(label, journey) {
            None => again
                .map_or_else(String::new, |again| format!("; and once more, as its own control: {again}")),
            Some(Beside::Sooner) => format!("; sooner than {first}"),
            Some(Beside::Later) => format!("; later than {first}"),
            Some(Beside::NotTold) => format!("; it cannot be told from {first}"),
            Some(Beside::Withheld) => {
                "; no conclusion, for there is no control or there are too few trials".to_owned()
            }
        };
        Some(format!("{journey}: {label}: {held}{told}"))
    };
    let journeys = step.journeys();
    let labels = step.deployments();
    labels.flat_map(|label| journeys.iter().filter_map(move |journey| line(label, journey))).collect()
}

fn releases(results: &Results) -> Vec<String> {
    let Some(rolling) = &results.rolling_release else { return Vec::new() };
    let line = |label: &String| {
        let (failed, all) = rolling.releases.get(label)?.failed_of();
        Some(format!("{label}: {failed} of {all} visitors got no answer"))
    };
    rolling.labels.iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MadeUp;

    #[test]
    fn what_a_split_buys_is_counted_and_told_as_seen() {
        let results = MadeUp::default().results();
        let told = points(&results).into_iter().flat_map(|point| point.lines).collect::<Vec<_>>();
        let says = |line: &str| assert!(told.iter().any(|it| it == line), "{line:?} is missing in {told:#?}");
        says(
            "mono, killed: of 2 cases (a journey, a process) 2 down, 0 degraded, 0 unaffected; all well after 1.5 s at most",
        );
        says(
            "a | b, killed: of 4 cases (a journey, a process) 2 down, 1 degraded, 1 unaffected; all well after 1.5 s at most",
        );
        says("list: mono: 0, 0, 0; and once more, as its own control: 0, 0, 0");
        says("list: 2 × mono: not seen, not seen, not seen; later than mono");
        says("a | b, each × 2: 7 of 120 visitors got no answer");
        let bought = told.iter().find(|it| it.starts_with("list: 2 × mono reaches")).expect("it has doubled");
        assert!(bought.ends_with("times the capacity of mono"), "{bought}");
    }

    #[test]
    fn without_a_control_nothing_is_said_of_more_processes() {
        let mut results = MadeUp::default().results();
        let scale = results.scale_out.as_mut().expect("it is made up");
        scale.twin_of = None;
        let told = bought(scale);
        assert!(!told.is_empty() && told.iter().all(|line| line.contains("no conclusion")), "{told:?}");
    }

    #[test]
    fn who_does_not_recover_is_told_and_what_nobody_measured_is_not() {
        let mut results = MadeUp::default().results();
        let strikes = results.blast_radius.as_mut().and_then(|blast| blast.topologies.get_mut("mono"));
        for damage in strikes.expect("it is made up")[0].journeys.values_mut() {
            damage.recovered_ms = None;
        }
        assert!(reach(&results)[0].ends_with("not all were seen to recover"), "{:?}", reach(&results));
        results.blast_radius = None;
        assert_eq!((in_a_sentence(&results), reach(&results)), (None, Vec::new()));
    }
}
