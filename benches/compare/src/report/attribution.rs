//! Where the time goes, side by side: bars whose parts are the segments of a request, one picture a journey.

use super::figure::{Figure, Table};
use super::numbers;
use super::stacks::{Bar, panel};
use crate::attribution::{AttributionCell, Segment};
use crate::results::Results;
use crate::statistics::Ratio;

pub(super) fn figure(results: &Results) -> Figure {
    let names = Segment::ALL.map(|segment| segment.name().to_owned());
    let cell = |journey: &str, topology: &str| results.attribution.as_ref()?.cell(journey, topology);
    let panels = results.journey_order.iter().enumerate().filter_map(|(number, journey)| {
        let topologies = results.topologies.iter();
        let bars = topologies.filter_map(|topology| Some(bar(topology, cell(journey, topology)?)));
        let title = format!("{journey}: where the time goes");
        panel(&format!("attribution-{}", number + 1), title, &bars.collect::<Vec<_>>(), &names, "µs")
    });
    let rows = results.journey_order.iter().flat_map(|journey| {
        let topologies = results.topologies.iter();
        let cells = topologies.filter_map(|topology| Some((topology, cell(journey, topology)?)));
        cells.flat_map(|(topology, cell)| rows(journey, topology, cell))
    });
    Figure {
        id: "attribution",
        heading: "Where the time goes, side by side",
        see: "The length of a bar is how long a client waits on the average for one request when nothing else is asked; its parts say what the \
              time went to, from the inside out: the code of the modules, their databases, and so on to the way to the client and back. Compare parts of \
              the same number: what both have alike is the work, what one has more of is what its form costs."
            .to_owned(),
        caution: "Means, because medians of parts do not add up, of requests that were sent one at a time: under load, waiting grows, and here nothing waits. \
                  Calls that run side by side count as long as they take together. Between processes lies the kernel, and also what the HTTP of both ends \
                  does before its first and after its last stamp. Client and kernel lies between stamps too, of the client and of the server on the one clock of their machine; \
                  so little is left unexplained, but what happens on these ways is only bounded, not split: the table says how much of it a bare echo does not need. \
                  Where the two do not share a clock the table says so: then it is what the echo takes, and what exceeds that is unexplained.",
        panels: panels.collect(),
        table: Table {
            head: vec!["journey", "topology", "part", "mean µs", "share"],
            names: 3,
            rows: rows.collect(),
        },
    }
}

fn bar(topology: &str, cell: &AttributionCell) -> Bar {
    let part = |segment: &Segment| (segment.name().to_owned(), cell.segments.get(*segment));
    let parts = Segment::ALL.iter().map(part).filter(|(_, us)| *us > 0.0);
    Bar { label: topology.to_owned(), parts: parts.collect() }
}

fn rows(journey: &str, topology: &str, cell: &AttributionCell) -> Vec<Vec<String>> {
    let row = |part: String, us: String, share: String| {
        vec![journey.to_owned(), topology.to_owned(), part, us, share]
    };
    let whole = cell.segments.sum_us();
    let mut rows: Vec<_> = Segment::ALL
        .iter()
        .enumerate()
        .map(|(number, segment)| {
            let us = cell.segments.get(*segment);
            let share = match (segment, cell.residual.low.zip(cell.residual.high)) {
                (Segment::Residual, Some((low, high))) => {
                    format!("{} [{}, {}]", percent(cell.residual.value), percent(low), percent(high))
                }
                _ => percent(us / whole),
            };
            row(format!("{} {}", number + 1, segment.name()), numbers::short(us), share)
        })
        .collect();
    rows.push(row("together".to_owned(), numbers::short(whole), percent(1.0)));
    rows.extend(ways(cell).map(|(part, us)| row(part.to_owned(), us, String::new())));
    let cost = cell.probe.map_or_else(
        || "not measured".to_owned(),
        |Ratio { value, low, high }| {
            let [value, low, high] = [value, low, high].map(|ratio| format!("{:+.1}", (ratio - 1.0) * 100.0));
            format!("{value} % [{low}, {high}]")
        },
    );
    rows.push(row("what taking the time adds to p50".to_owned(), String::new(), cost));
    rows
}

/// What the client's part consists of, and what a bare echo takes of it.
fn ways(cell: &AttributionCell) -> [(&'static str, String); 4] {
    let known =
        |us: Option<f64>| us.map_or_else(|| "not measured: no common clock".to_owned(), numbers::short);
    [
        ("of client and kernel: the way in", known(cell.ways.map(|ways| ways.in_us))),
        ("of client and kernel: the way out", known(cell.ways.map(|ways| ways.out_us))),
        ("a bare echo of as many bytes", numbers::short(cell.echo_us())),
        ("both ways beyond that echo", known(cell.beyond_echo_us())),
    ]
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
