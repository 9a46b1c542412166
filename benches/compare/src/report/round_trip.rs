//! Latency against the round-trip time between processes: one picture a journey, one line a topology.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting};
use super::scale::Scale;
use super::subjects::{self, Subject};
use crate::results::Results;
use crate::round_trip::{Delay, Line, RoundTrip};

const HEIGHT: f64 = 150.0;
/// The room for the numbers of the vertical axis.
const NUMBERS: f64 = 34.0;

pub(super) fn figure(results: &Results) -> Figure {
    let measured = results.round_trip.as_ref();
    let journeys = results.journey_order.iter().enumerate();
    let panels = journeys.filter_map(|(number, journey)| panel(results, measured?, number + 1, journey));
    Figure {
        id: "round-trip",
        heading: "Latency against round-trip time",
        see: "Every call between processes is delayed by a round-trip time; across is that time, up is the median latency of a \
              journey. How steep a line is says how many round trips the journey makes one after the other: 2 means that each \
              millisecond between machines adds 2 ms. A level line is a journey that no distance slows down. Where lines begin, at \
              the left, is what the topology costs on one machine."
            .to_owned(),
        caution: "A network is more than its round-trip time: bandwidth, loss, queues, connections that have to be opened and \
                  encryption are not here, and NATS is not delayed. The delay of each call is fixed; real ones vary, and a \
                  slow one in a row slows the whole row.",
        panels: panels.collect(),
        table: Table {
            head: vec![
                "journey",
                "topology",
                "round trip",
                "p50",
                "requests",
                "errors",
                "calls delayed",
                "longer than asked, p50",
                "p99",
                "round trips",
            ],
            names: 2,
            rows: measured.map(|measured| rows(results, measured)).unwrap_or_default(),
        },
    }
}

fn panel(results: &Results, measured: &RoundTrip, number: usize, journey: &str) -> Option<Panel> {
    let lines = subjects::topologies(results)
        .into_iter()
        .filter_map(|subject| Some((measured.line(journey, subject.label)?, subject)))
        .map(|(line, subject)| (subject, line))
        .collect::<Vec<_>>();
    let points = || lines.iter().flat_map(|(_, line)| places(line));
    points().next()?;
    let told = lines.iter().map(|(subject, line)| format!("{}: {}.", subject.label, slope(line)));
    let mut panel = Panel::new(
        format!("round-trip-{number}"),
        format!("{journey}: p50 over round-trip time"),
        told.collect::<Vec<_>>().join(" "),
    );
    let area = Area { left: NUMBERS, right: WIDTH - 6.0, top: TOP, bottom: TOP + HEIGHT };
    let across = Scale::from_zero(points().map(|(ms, _)| ms), (area.left, area.right));
    let up = Scale::from_zero(points().map(|(_, p50_ms)| p50_ms), (area.bottom, area.top));
    panel.axis_y(area, &up, &up.ticks(5, numbers::short));
    panel.axis_x(area, &across, &across.ticks(6, numbers::short), "round trip, ms");
    panel.text(area.left + 4.0, area.top + 10.0, "p50, ms", "small", Anchor::Start);
    for (subject, line) in &lines {
        let places = places(line).map(|(ms, p50_ms)| (across.at(ms), up.at(p50_ms))).collect::<Vec<_>>();
        panel.polyline(&places, &format!("curve {} {}", subject.class, subject.stroke.class()));
        for (x, y) in places {
            panel.add(subject.mark(x, y, 4.0));
        }
    }
    let mut y = area.bottom + 13.0 + LINE * 2.0;
    for (subject, line) in &lines {
        key(&mut panel, subject, line, y);
        y += LINE;
    }
    panel.end_at(y);
    Some(panel)
}

/// Who it is, and how steep its line.
fn key(panel: &mut Panel, subject: &Subject<'_>, line: &Line, y: f64) {
    panel.line(
        (0.0, y - 4.0),
        (22.0, y - 4.0),
        &format!("curve {} {}", subject.class, subject.stroke.class()),
    );
    panel.add(subject.mark(11.0, y - 4.0, 4.0));
    panel.text(27.0, y, fitting(subject.label, 150.0), "small", Anchor::Start);
    panel.text(WIDTH - 6.0, y, slope(line), "strong", Anchor::End);
}

fn slope(line: &Line) -> String {
    match line.round_trips {
        Some(round_trips) => format!("{round_trips} round trips"),
        None => "slope not measured".to_owned(),
    }
}

/// The points of a line that were measured, both in ms.
fn places(line: &Line) -> impl Iterator<Item = (f64, f64)> {
    line.points.iter().filter_map(|point| Some((point.round_trip_ms, point.p50_us? / 1_000.0)))
}

fn rows(results: &Results, measured: &RoundTrip) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for journey in &results.journey_order {
        for topology in &results.topologies {
            let Some(line) = measured.line(journey, topology) else { continue };
            for point in &line.points {
                let mut delays = measured.delays.get(topology).into_iter().flatten();
                let delay = delays.find(|delay| delay.round_trip_ms.total_cmp(&point.round_trip_ms).is_eq());
                let longer = |us: fn(&Delay) -> Option<f64>| {
                    delay.and_then(us).map_or("–".to_owned(), numbers::latency)
                };
                rows.push(vec![
                    journey.clone(),
                    topology.clone(),
                    format!("{} ms", point.round_trip_ms),
                    numbers::or_not(point.p50_us, numbers::latency),
                    point.requests.to_string(),
                    point.errors.to_string(),
                    delay.map_or(0, |delay| delay.calls).to_string(),
                    longer(|delay| delay.overshoot_p50_us),
                    longer(|delay| delay.overshoot_p99_us),
                    slope(line),
                ]);
            }
        }
    }
    rows
}
