//! Where what it costs comes from: from which rung of the ladder, from which part of a request's time, from how many round trips.

use super::{Point, attribution, withheld};
use crate::quantity::Quantity;
use crate::results::Results;
use crate::round_trip;

pub(super) fn points(results: &Results) -> Vec<Point> {
    let mut points = vec![Point { about: None, lines: beside_floor(results) }];
    if let Some(ladder) = &results.ladder {
        points.push(Point { about: None, lines: ladder.void_phases().into_iter().collect() });
        points.extend(ladder.told(&results.journey_order));
    }
    points.push(Point {
        about: Some("one request at a time".to_owned()),
        lines: attribution::sentences(results),
    });
    points.push(Point {
        about: Some("round trips between processes, one after the other".to_owned()),
        lines: round_trip::sentences(results),
    });
    points
}

/// What the baseline reaches of the capacity of the bare handlers.
fn beside_floor(results: &Results) -> Vec<String> {
    let Some(floor) = results.floor.as_ref().filter(|_| !results.has_no_rounds()) else { return Vec::new() };
    let line = |journey: &String| {
        let share = floor.ratios.get(journey)?.capacity?;
        let (baseline, floor) = (results.baseline(), &floor.label);
        Some(match withheld(results, journey, Quantity::Capacity) {
            None => format!("{journey}: {baseline} reaches {share} of the capacity of {floor}"),
            Some(_) => format!(
                "{journey}: measured was a capacity of {baseline} of {share} times that of {floor}, but no conclusion is drawn"
            ),
        })
    };
    results.journey_order.iter().filter_map(line).collect()
}
