//! The first sentences, which settle the matter.

use super::{Sentence, gains, trust, withheld};
use crate::quantity::{Claim, Quantity};
use crate::results::Results;
use crate::round_trip;

/// Three to five where two topologies were compared: what spoils the rest, whether the instrument agrees with itself, what the others cost, and
/// what they buy.
pub(super) fn sentences(results: &Results) -> Vec<Sentence> {
    let says = |text: String| Sentence { text, warns: false };
    let spoilt = trust::spoilt(results).map(|text| Sentence { text, warns: true });
    let mut sentences = spoilt.into_iter().collect::<Vec<_>>();
    sentences.push(says(control(results)));
    sentences.extend(headline(results));
    sentences.extend(round_trip::in_a_sentence(results).map(says));
    sentences.extend(gains::in_a_sentence(results).map(says));
    sentences
}

/// Whether the instrument agrees with itself, before anything that it says.
fn control(results: &Results) -> String {
    if results.has_no_rounds() {
        return "No rounds were asked for, so nothing was measured twice under two names.".to_owned();
    }
    let journeys = || results.journey_order.iter();
    let agreeing = journeys().filter(|journey| withheld(results, journey, Quantity::P50).is_none());
    format!(
        "A/A control: measured twice under two names, {} agrees with itself in {} of {} journeys (p50).",
        results.baseline(),
        agreeing.count(),
        journeys().count()
    )
}

/// The whole in a sentence a topology.
fn headline(results: &Results) -> Vec<Sentence> {
    if results.has_no_rounds() {
        return Vec::new();
    }
    let others = results.topologies.iter().skip(1);
    let mut lines: Vec<Sentence> = others.map(|topology| sentence(results, topology)).collect();
    if lines.is_empty() {
        let (baseline, floor) = (results.baseline(), results.floor.as_ref());
        let beside = floor.map(|floor| format!(" and {}", floor.label)).unwrap_or_default();
        let text = format!("{baseline} was measured alone: nothing is compared but itself{beside}.");
        lines.push(Sentence { text, warns: false });
    }
    lines
}

/// What a figure is called in the headline: before the ratio, after it, and for itself.
const TOLD: [(Quantity, &str, &str, &str); 3] = [
    (Quantity::P50, "answers in", "times the p50", "p50"),
    (Quantity::Cpu, "needs", "times the CPU a request", "CPU a request"),
    (Quantity::Capacity, "reaches", "times the capacity", "capacity"),
];

fn sentence(results: &Results, topology: &str) -> Sentence {
    let baseline = results.baseline();
    let parts: Vec<String> = TOLD
        .iter()
        .filter_map(|(quantity, before, after, _)| {
            let (range, count) = differing(results, topology, *quantity)?;
            Some(format!("{before} {range} {after} of {baseline} ({count})"))
        })
        .collect();
    let names = |is_meant: &dyn Fn(Quantity) -> bool| {
        let meant = TOLD.iter().filter(|(quantity, ..)| is_meant(*quantity));
        meant.map(|(.., name)| *name).collect::<Vec<_>>()
    };
    let missing = names(&|quantity| !is_measured(results, topology, quantity));
    let untold = names(&|quantity| {
        is_measured(results, topology, quantity)
            && count(results, topology, quantity, Claim::Withheld) == results.journey_order.len()
    });
    let mut sentences = Vec::new();
    if !parts.is_empty() {
        sentences.push(format!("{topology} {}.", parts.join(", ")));
    }
    if !untold.is_empty() {
        sentences.push(format!(
            "Nothing may be concluded about {topology} in {}: in no journey does {baseline}, measured twice, agree with itself \
             well enough.",
            untold.join(", ")
        ));
    }
    if sentences.is_empty() && missing.len() < TOLD.len() {
        sentences
            .push(format!("{topology} cannot be told from {baseline} wherever a conclusion may be drawn."));
    }
    if !missing.is_empty() {
        sentences.push(format!("Not measured in enough rounds of {topology}: {}.", missing.join(", ")));
    }
    Sentence { text: sentences.join(" "), warns: !untold.is_empty() || !missing.is_empty() }
}

/// Whether rounds enough have a figure in any journey, so that something may be concluded of it, or withheld.
fn is_measured(results: &Results, topology: &str, quantity: Quantity) -> bool {
    let ratio = |journey: &String| quantity.ratio(results.ratios.get(journey)?.get(topology)?);
    results.journey_order.iter().any(|journey| ratio(journey).is_some())
}

/// The range of the ratios that differ, and in how many journeys they do; none where none does.
fn differing(results: &Results, topology: &str, quantity: Quantity) -> Option<(String, String)> {
    let ratio = |journey: &String| quantity.ratio(results.ratios.get(journey)?.get(topology)?);
    let values: Vec<f64> = with(results, topology, quantity, Claim::Differs)
        .filter_map(|journey| Some(ratio(journey)?.value))
        .collect();
    let least = values.iter().copied().reduce(f64::min)?;
    let most = values.iter().copied().reduce(f64::max)?;
    let range = if most - least < 0.005 { format!("{least:.2}") } else { format!("{least:.2} to {most:.2}") };
    let all = results.journey_order.len();
    let told = values.len();
    let told = match count(results, topology, quantity, Claim::Withheld) {
        0 => format!("{told} of {all} journeys"),
        withheld => format!("{told} of {all} journeys, no conclusion in {withheld}"),
    };
    Some((range, told))
}

fn count(results: &Results, topology: &str, quantity: Quantity, claim: Claim) -> usize {
    with(results, topology, quantity, claim).count()
}

/// The journeys in which so much may be said.
fn with<'a>(
    results: &'a Results,
    topology: &str,
    quantity: Quantity,
    claim: Claim,
) -> impl Iterator<Item = &'a String> {
    results
        .journey_order
        .iter()
        .filter(move |journey| Claim::of(results, journey, topology, quantity) == claim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairing::with_ratios;
    use crate::testing::MadeUp;

    #[test]
    fn what_was_not_measured_is_not_laid_at_the_door_of_the_control() {
        let mut results = MadeUp::default().results();
        for cell in results.rounds.iter_mut().flat_map(|round| round.blocks.values_mut()) {
            cell.journeys.values_mut().for_each(|cell| cell.cpu_us_per_request = None);
        }
        let told = headline(&with_ratios(results)).remove(0).text;
        assert!(told.ends_with("Not measured in enough rounds of a | b: CPU a request."), "{told}");
        assert!(!told.contains("Nothing may be concluded"), "{told}");
    }

    #[test]
    fn equals_are_not_told_apart_and_where_nothing_was_measured_nothing_is_said_of_it() {
        let equal = MadeUp { ratio: 1.0, ..MadeUp::default() }.results();
        assert!(
            headline(&equal)[0].text.contains("cannot be told from mono wherever a conclusion may be drawn")
        );
        let few = with_ratios(MadeUp { rounds: 2, ..MadeUp::default() }.results());
        let expected = "Not measured in enough rounds of a | b: p50, CPU a request, capacity.";
        assert_eq!(headline(&few)[0].text, expected);
    }
}
