//! The attribution as lines of text.

use super::Text;
use crate::attribution::{Attribution, AttributionCell, Segment, Share};
use crate::results::Results;
use crate::statistics::Ratio;

/// A row a journey and topology, a column a segment.
pub(super) fn rows(results: &Results, attribution: &Attribution) -> Vec<Vec<Text>> {
    let names = ["journey", "topology", "mean µs"].map(Text::plain).into_iter();
    let segments = Segment::ALL.map(|segment| Text::plain(segment.name()));
    let ends = ["way in", "way out", "beyond echo", "unexplained %", "probe %"].map(Text::plain);
    let mut rows = vec![names.chain(segments).chain(ends).collect()];
    let measured = results.journey_order.iter().filter(|it| attribution.journeys.contains_key(*it));
    for journey in measured {
        for topology in &results.topologies {
            let mut row = vec![Text::plain(journey), Text::plain(topology)];
            row.extend(numbers(attribution.cell(journey, topology)));
            rows.push(row);
        }
    }
    rows
}

fn numbers(cell: Option<&AttributionCell>) -> Vec<Text> {
    let Some(cell) = cell else { return vec![Text::number(None, 0)] };
    let mut row = vec![Text::number(Some(cell.segments.sum_us()), 1)];
    row.extend(Segment::ALL.map(|segment| Text::number(Some(cell.segments.get(segment)), 1)));
    let ways = [cell.ways.map(|ways| ways.in_us), cell.ways.map(|ways| ways.out_us), cell.beyond_echo_us()];
    row.extend(ways.map(|us| Text::number(us, 1)));
    row.extend([Text::plain(share(&cell.residual)), cost(cell.probe)]);
    row
}

fn share(share: &Share) -> String {
    let value = format!("{:.1}", share.value * 100.0);
    match (share.low, share.high) {
        (Some(low), Some(high)) => format!("{value} [{:.1}, {:.1}]", low * 100.0, high * 100.0),
        _ => value,
    }
}

/// How much longer the median request takes whose time is taken, in percent.
fn cost(probe: Option<Ratio>) -> Text {
    let Some(Ratio { value, low, high }) = probe else { return Text::number(None, 0) };
    let percent = |ratio: f64| (ratio - 1.0) * 100.0;
    Text::plain(format!("{:+.1} [{:+.1}, {:+.1}]", percent(value), percent(low), percent(high)))
}

/// What the columns mean.
pub(super) const LEGEND: &str = "where a request's time goes: means over requests that were sent one at a time, which add up to the mean time of \
                                 the client; way in and way out are what client and kernel consists of, and beyond echo is what they take more than a bare echo of as many \
                                 bytes; where client and server share no clock they are not measured, and the echo stands for them; unexplained is the rest; probe is what taking the \
                                 time adds to the median";
