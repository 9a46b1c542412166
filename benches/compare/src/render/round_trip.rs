//! The influence of the round-trip time as lines of text.

use super::Text;
use crate::results::Results;
use crate::round_trip::{Delay, RoundTrip};

/// A row a journey and topology, a column a round-trip time.
pub(super) fn rows(results: &Results, round_trip: &RoundTrip) -> Vec<Vec<Text>> {
    let names = ["journey", "topology"].map(str::to_owned).into_iter();
    let distances = round_trip.settings.round_trips_ms.iter().map(|ms| format!("p50 µs at {ms} ms"));
    let head = names.chain(distances).chain(["round trips".to_owned()]);
    let mut rows = vec![head.map(Text::plain).collect()];
    for journey in &results.journey_order {
        for topology in &results.topologies {
            let Some(line) = round_trip.line(journey, topology) else { continue };
            let mut row = vec![Text::plain(journey), Text::plain(topology)];
            row.extend(line.points.iter().map(|point| Text::number(point.p50_us, 1)));
            row.push(
                line.round_trips.map_or_else(|| Text::number(None, 0), |it| Text::plain(it.to_string())),
            );
            rows.push(row);
        }
    }
    rows
}

/// What the columns mean, and how precise the delay was.
pub(super) fn legend(round_trip: &RoundTrip) -> Vec<String> {
    let mut lines = vec![
        "round trips: by how much p50 grows for each millisecond by which every call between processes is delayed, with 95 % intervals \
         over rounds"
            .to_owned(),
    ];
    for (topology, delays) in &round_trip.delays {
        let told = delays.iter().filter_map(precision).collect::<Vec<_>>();
        if !told.is_empty() {
            lines.push(format!("calls of {topology} were delayed by {}", told.join("; by ")));
        }
    }
    lines
}

fn precision(delay: &Delay) -> Option<String> {
    let (p50, p99) = delay.overshoot_p50_us.zip(delay.overshoot_p99_us)?;
    let Delay { round_trip_ms, calls, .. } = delay;
    Some(format!("{round_trip_ms} ms and {p50:.0} µs more at p50, {p99:.0} at p99 ({calls} calls)"))
}
