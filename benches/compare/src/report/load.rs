//! Latency against load: up to the knee, where waiting begins.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Area, LINE, Panel, TOP, WIDTH};
use super::scale::Scale;
use super::subjects;
use crate::load::{Level, LoadCurve, LoadCurves};
use crate::results::Results;

const HEIGHT: f64 = 190.0;

pub(super) fn figure(results: &Results) -> Figure {
    let load = results.load.as_ref();
    let see = load.map_or_else(String::new, |load| {
        let settings = &load.settings;
        format!(
            "To the right more requests a second, the same for all, from those who come whether or not others were answered; upwards how \
             long they wait. The second picture has the same measurements over how busy the servers' processors were: where lines meet there, one \
             topology is slower at a rate only because it has more to do. Thick lines are medians, thin ones 99th percentiles. A line ends at the first rate at which p99 is above {} ms \
             (the line across) or more than {} % fail.",
            settings.objective_p99_ms,
            settings.objective_error_share * 100.0
        )
    });
    Figure {
        id: "load",
        heading: "Latency against load",
        see,
        caution: "Each rate lasts about a second, so slow effects (full caches, long queues, disks that must clean up) are not in it. \
                  A hollow mark is a 99th percentile with fewer than ten samples beyond it. Servers have the same processors in every \
                  topology: more machines move the knee.",
        panels: load.map_or_else(Vec::new, |load| panels(results, load)),
        table: load.map_or_else(Table::default, |load| table(results, load)),
    }
}

/// What the levels are put over.
struct Across<'a> {
    id: &'a str,
    title: &'a str,
    axis: &'a str,
    of: &'a dyn Fn(&Level) -> Option<f64>,
    scale: &'a dyn Fn(Vec<f64>, (f64, f64)) -> Scale,
    label: fn(f64) -> String,
}

fn panels(results: &Results, load: &LoadCurves) -> Vec<Panel> {
    let by_rate = Across {
        id: "load",
        title: "requests a second",
        axis: "requests a second",
        of: &|level| Some(level.rate),
        scale: &|values, range| Scale::log(values, range),
        label: numbers::short,
    };
    let processors = results.cpu_sets.servers.len();
    let by_utilisation = Across {
        id: "load-busy",
        title: "utilisation",
        axis: "of the processors' time used",
        // What is counted while a level ends can be a little more than all.
        of: &|level| Some(level.busy(processors)?.min(1.0)),
        scale: &|values, range| Scale::from_zero(values, range),
        label: numbers::percent_share,
    };
    let levels = || load.topologies.values().flat_map(|curve| &curve.levels);
    let is_known = |across: &&Across<'_>| levels().any(|level| (across.of)(level).is_some());
    [&by_rate, &by_utilisation]
        .into_iter()
        .filter(is_known)
        .map(|across| panel(results, load, across))
        .collect()
}

fn panel(results: &Results, load: &LoadCurves, across: &Across<'_>) -> Panel {
    let nothing = LoadCurve::default();
    let curve = |label: &str| load.topologies.get(label).unwrap_or(&nothing);
    let description = results.topologies.iter().map(|label| match curve(label).highest_rps() {
        Some(rate) => format!("{label} holds up to {} requests a second.", numbers::short(rate)),
        None => format!("{label} holds at none of these rates."),
    });
    let description = description.collect::<Vec<_>>().join(" ");
    let mut panel =
        Panel::new(across.id, format!("{}: latency by {}", load.journey, across.title), description);
    let area = Area { left: 52.0, right: WIDTH - 10.0, top: TOP, bottom: TOP + HEIGHT };
    let levels = || load.topologies.values().flat_map(|curve| &curve.levels);
    let objective_us = load.settings.objective_p99_ms * 1_000.0;
    let waits = levels().flat_map(|level| [level.p50_us, level.p99_us]).flatten().chain([objective_us]);
    let scale_x = (across.scale)(levels().filter_map(across.of).collect(), (area.left, area.right));
    let scale_y = Scale::log(waits, (area.bottom, area.top));
    panel.axis_y(area, &scale_y, &scale_y.ticks(7, numbers::latency));
    panel.axis_x(area, &scale_x, &scale_x.ticks(8, across.label), across.axis);
    let objective = [area.left, area.right].map(|x| (x, scale_y.at(objective_us)));
    panel.polyline(&objective, "curve few dashed");
    let subjects = subjects::topologies(results);
    for subject in subjects.iter().rev() {
        let levels = &curve(subject.label).levels;
        let points = |value: fn(&Level) -> Option<f64>| {
            let point = |level: &Level| Some((scale_x.at((across.of)(level)?), scale_y.at(value(level)?)));
            levels.iter().filter_map(point).collect::<Vec<_>>()
        };
        let (medians, tails) = (points(|level| level.p50_us), points(|level| level.p99_us));
        panel.polyline(&tails, &format!("level {}", subject.class));
        panel.polyline(&medians, &format!("curve {} {}", subject.class, subject.stroke.class()));
        for (x, y) in medians {
            panel.add(subject.mark(x, y, 3.2));
        }
        for (level, (x, y)) in levels.iter().filter(|level| level.p99_us.is_some()).zip(tails) {
            panel.add(subject.mark_filled(x, y, 2.2, level.p99_carries));
        }
    }
    let end = panel.legend(&subjects, area.bottom + 2.0 * LINE + 12.0);
    panel.end_at(end);
    panel
}

fn table(results: &Results, load: &LoadCurves) -> Table {
    let processors = results.cpu_sets.servers.len();
    let mut rows = Vec::new();
    for label in &results.topologies {
        for level in load.topologies.get(label).map_or(&[][..], |curve| &curve.levels) {
            let latency = |us: Option<f64>| us.map_or_else(|| "–".to_owned(), numbers::latency);
            let p99 = latency(level.p99_us);
            rows.push(vec![
                label.clone(),
                numbers::short(level.rate),
                latency(level.p50_us),
                if level.p99_carries { p99 } else { format!("({p99})") },
                level.cpu_us_per_request.map_or_else(|| "–".to_owned(), |us| format!("{us:.0}")),
                level
                    .busy(processors)
                    .map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0)),
                format!("{} of {}", level.errors, level.requests),
                format!("{} of {}", level.held, level.rounds),
            ]);
        }
    }
    let head = vec![
        "topology",
        "requests/s",
        "p50",
        "p99",
        "CPU µs a request",
        "processors busy",
        "failed",
        "held in rounds",
    ];
    Table { head, names: 1, rows }
}
