//! What the other topologies cost, journey by journey, under load, and as they stand.

use super::Point;
use crate::load::{self, LoadCurve, LoadCurves};
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
    lines.extend(results.load.as_ref().and_then(|load| equally_busy(results, load)));
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
        Some(match Claim::beside(Some(control), Some(ratio)) {
            Claim::Differs => format!("{ratio} times {what}"),
            Claim::NotTold => format!("{what} cannot be told apart ({ratio})"),
            Claim::Withheld => format!("measured were {ratio} times {what}, but no conclusion is drawn"),
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
        let baseline = results.baseline();
        let are_known = |label: &str| load.rates(label).is_some_and(|rates| rates.are_known());
        if !are_known(label) || !are_known(baseline) {
            return Some(format!(
                "; how much of the rate of {baseline} {label} holds is not known, for in some round none held or none failed"
            ));
        }
        let ratio = load.ratio(label, baseline)?;
        Some(format!("; {label} holds {ratio} times the rate of {baseline}"))
    };
    let ratios = results.topologies.iter().skip(1).filter_map(ratio).collect::<String>();
    format!(
        "{} under load: p99 stays within {} ms {highest}{ratios}",
        load.journey, load.settings.objective_p99_ms
    )
}

/// Median latencies where topologies use as much of the processors' time; nothing where that was in too few rounds.
fn equally_busy(results: &Results, load: &LoadCurves) -> Option<String> {
    let baseline = results.baseline();
    let told = results.topologies.iter().skip(1).flat_map(|topology| {
        load::SHARES.into_iter().filter_map(move |share| {
            let ratio = load.ratio_at(share, results.cpu_sets.servers.len(), topology, baseline)?;
            let percent = share * 100.0;
            Some(if ratio.differs_from_one() {
                format!("at {percent:.0} % {topology} takes {ratio} times as long as {baseline}")
            } else {
                format!("at {percent:.0} % {topology} cannot be told from {baseline} ({ratio})")
            })
        })
    });
    let told = told.collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then(|| format!("{} where processors are equally busy, p50: {told}", load.journey))
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
        Claim::Withheld => {
            format!(": measured was a p50 of {p50} times that of {baseline}, but no conclusion is drawn")
        }
        Claim::Differs => format!(" answers in {p50} times the p50 of {baseline}"),
        Claim::NotTold => format!(" cannot be told from {baseline} in p50 ({p50})"),
    };
    let rest = [(Quantity::Cpu, "its CPU a request"), (Quantity::Capacity, "its capacity")]
        .into_iter()
        .filter(|(quantity, _)| Claim::of(results, journey, topology, *quantity) == Claim::Differs)
        .filter_map(|(quantity, what)| Some(format!("{:.2} times {what}", quantity.ratio(ratios)?.value)))
        .collect::<Vec<_>>();
    let rest = if rest.is_empty() { String::new() } else { format!("; {}", rest.join(", ")) };
    format!("{journey}: {topology}{latency}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Trial;
    use crate::testing::MadeUp;

    #[test]
    fn the_highest_rates_are_compared_only_where_each_round_found_one_and_its_end() {
        let mut results = MadeUp::default().results();
        let told = |results: &Results| under_load(results, results.load.as_ref().expect("it is made up"));
        assert!(
            told(&results).contains("holds is not known"),
            "mono was not seen to fail: {}",
            told(&results)
        );
        let mono = results.load.as_mut().and_then(|load| load.topologies.get_mut("mono"));
        for trials in &mut mono.expect("it is made up").trials {
            let highest = trials.last().expect("it was tried");
            trials.push(Trial { rate: 4_400.0, held: false, ..highest.clone() });
        }
        assert!(
            told(&results).contains("; a | b holds 0.6"),
            "between 2,000 / 4,400 and 4,000 / 4,000: {}",
            told(&results)
        );
    }
}
