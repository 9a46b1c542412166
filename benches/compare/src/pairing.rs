//! Two subjects, paired by the rounds in which both were measured.

use crate::results::{BlockCell, Ratios, Results, Round};
use crate::statistics::{Ratio, paired_ratio};

/// `over` over `under` in one journey; what fewer than three rounds have of both is none.
pub(crate) fn ratios(rounds: &[Round], journey: &str, over: &str, under: &str) -> Ratios {
    let ratio = |value: fn(&BlockCell) -> Option<f64>| ratio(rounds, journey, over, under, value);
    Ratios {
        p50: ratio(BlockCell::valid_p50_us),
        p99: ratio(BlockCell::valid_p99_us),
        cpu: ratio(BlockCell::total_cpu_us),
        capacity: ratio(|cell| cell.capacity_rps),
    }
}

/// Computes all ratios from the rounds, whatever stood there: results of another version may have got their intervals in another way.
pub(crate) fn with_ratios(mut results: Results) -> Results {
    let Results { rounds, topologies, twin, .. } = &results;
    let Some(baseline) = topologies.first().cloned() else { return results };
    let of = |journey: &str, over: &str, under: &str| ratios(rounds, journey, over, under);
    let journeys = || results.journey_order.iter();
    let control = journeys().map(|journey| (journey.clone(), of(journey, &twin.label, &baseline))).collect();
    let by_topology = |journey: &String| {
        let others = topologies.iter().skip(1);
        others.map(|label| (label.clone(), of(journey, label, &baseline))).collect()
    };
    let compared = journeys().map(|journey| (journey.clone(), by_topology(journey))).collect();
    let beside_floor = results.floor.as_ref().map(|floor| {
        journeys().map(|journey| (journey.clone(), of(journey, &baseline, &floor.label))).collect()
    });
    results.control = control;
    results.ratios = compared;
    if let (Some(floor), Some(ratios)) = (&mut results.floor, beside_floor) {
        floor.ratios = ratios;
    }
    results
}

/// What both subjects have of a figure, round by round.
pub(crate) fn pairs(
    rounds: &[Round],
    journey: &str,
    over: &str,
    under: &str,
    value: impl Fn(&BlockCell) -> Option<f64>,
) -> Vec<(f64, f64)> {
    let pair = |round: &Round| {
        let of = |label: &str| value(round.blocks.get(label)?.journeys.get(journey)?);
        of(over).zip(of(under))
    };
    rounds.iter().filter_map(pair).collect()
}

/// `over` over `under`, round by round.
pub(crate) fn quotients(
    rounds: &[Round],
    journey: &str,
    over: &str,
    under: &str,
    value: impl Fn(&BlockCell) -> Option<f64>,
) -> Vec<f64> {
    let pairs = pairs(rounds, journey, over, under, value);
    pairs.into_iter().map(|(over, under)| over / under).collect()
}

fn ratio(
    rounds: &[Round],
    journey: &str,
    over: &str,
    under: &str,
    value: fn(&BlockCell) -> Option<f64>,
) -> Option<Ratio> {
    paired_ratio(&pairs(rounds, journey, over, under, value))
}
