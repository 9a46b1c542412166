//! The demand step: latency over time, one picture a journey.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH};
use super::scale::Scale;
use super::subjects::{self, Subject};
use crate::demand_step::{Beside, DemandStep, Window};
use crate::render::demand_step::legend;
use crate::results::Results;
use crate::statistics::median;

const LEFT: f64 = 46.0;
const HEIGHT: f64 = 150.0;

pub(super) fn figure(results: &Results) -> Figure {
    let step = results.demand_step.as_ref();
    let journeys = || step.into_iter().flat_map(|step| step.journeys().into_iter().map(move |it| (step, it)));
    let panels = journeys().enumerate();
    let what = step.map(legend).unwrap_or_default();
    Figure {
        id: "demand-step",
        heading: "A sudden demand",
        see: format!(
            "The 99th percentile of those who came within one window, over time, on a logarithmic scale; of several trials the median. The upright line is the moment at \
             which many times as many begin to come, the level one is the bound. What counts is where a line comes back below the bound, and whether it does. {what}"
        ),
        caution: "Before the step a window has few requests, so its p99 is nearly its slowest. No new processes are started when the demand comes: what is seen is what \
                  queues, caches and connections do. A line above the bound until the end means that the demand is more than this machine can answer.",
        panels: panels.filter_map(|(number, (step, journey))| panel(number, step, journey)).collect(),
        table: Table {
            head: vec![
                "journey",
                "subject",
                "trials",
                "p99 before ms",
                "bound ms",
                "holds again after ms",
                "beside the first",
                "longest ms",
                "after the step",
                "failed",
            ],
            names: 2,
            rows: journeys().flat_map(|(step, journey)| rows(step, journey)).collect(),
        },
    }
}

/// Of each window the median of the trials, in milliseconds from the step on.
fn curve(step: &DemandStep, label: &str, journey: &str) -> Vec<(f64, f64)> {
    let windows = || step.of(label, journey).map(|trial| trial.level.windows.as_slice());
    let most = windows().map(<[Window]>::len).max().unwrap_or(0);
    let point = |number: usize| {
        let of_trials = || windows().filter_map(move |windows| windows.get(number));
        let from_ms = of_trials().next()?.from_ms;
        Some((from_ms, median(of_trials().filter_map(|window| window.p99_ms))?))
    };
    (0..most).filter_map(point).collect()
}

fn panel(number: usize, step: &DemandStep, journey: &str) -> Option<Panel> {
    let subjects = subjects::named_with_twin(&step.labels, step.twin_of.as_deref());
    let curves = subjects.iter().map(|subject| curve(step, subject.label, journey)).collect::<Vec<_>>();
    let drawn = subjects.iter().zip(&curves).filter(|(_, curve)| !curve.is_empty());
    let drawn: Vec<(&Subject<'_>, &Vec<(f64, f64)>)> = drawn.collect();
    let points = || drawn.iter().flat_map(|(_, curve)| curve.iter().copied());
    points().next()?;
    let told = subjects.iter().map(|subject| {
        let again = step.holds_again(subject.label, journey).unwrap_or_else(|| "not measured".to_owned());
        format!("{}: holds again after (ms) {again}.", subject.label)
    });
    let description = told.collect::<Vec<_>>().join(" ");
    let mut panel = Panel::new(
        format!("demand-step-{}", number + 1),
        format!("{journey}: p99 around the step"),
        description,
    );
    let area = Area { left: LEFT, right: WIDTH - 4.0, top: TOP, bottom: TOP + HEIGHT };
    let times = Times {
        from_ms: -step.settings.before_seconds * 1_000.0,
        to_ms: step.settings.after_seconds * 1_000.0,
        area,
    };
    let bound = step.settings.bound_ms;
    let y = Scale::log(points().map(|(_, ms)| ms).chain([bound]), (area.bottom, area.top));
    panel.axis_y(area, &y, &y.ticks(6, |ms| numbers::latency(ms * 1_000.0)));
    for second in (times.from_ms / 1_000.0).ceil() as i64..=(times.to_ms / 1_000.0) as i64 {
        let x = times.at(second as f64 * 1_000.0);
        panel.line((x, area.bottom), (x, area.bottom + 4.0), "axis");
        panel.text(x, area.bottom + 15.0, second.to_string(), "small", Anchor::Middle);
    }
    panel.line((area.left, area.bottom), (area.right, area.bottom), "axis");
    panel.text(area.right, area.bottom + 13.0 + LINE, "seconds from the step on", "small", Anchor::End);
    panel.line((times.at(0.0), area.top), (times.at(0.0), area.bottom), "one");
    panel.text(
        times.at(0.0) + 4.0,
        area.top + 10.0,
        format!("× {}", numbers::short(step.settings.factor)),
        "strong",
        Anchor::Start,
    );
    panel.line((area.left, y.at(bound)), (area.right, y.at(bound)), "one dashed");
    panel.text(area.right, y.at(bound) - 4.0, "bound", "faint", Anchor::End);
    let mut shown = Vec::new();
    for (subject, curve) in drawn {
        let places = curve.iter().map(|(ms, p99)| (times.at(*ms), y.at(*p99))).collect::<Vec<_>>();
        panel.polyline(&places, &format!("curve {} {}", subject.class, subject.stroke.class()));
        // Now and then a mark, by which lines are told apart without their colours.
        for (x, y) in places.iter().step_by(8) {
            panel.add(subject.mark(*x, *y, 3.5));
        }
        shown.push(subject.clone());
    }
    let end = panel.legend(&shown, area.bottom + 13.0 + 2.0 * LINE + 6.0);
    panel.end_at(end);
    Some(panel)
}

/// From moments to places.
struct Times {
    from_ms: f64,
    to_ms: f64,
    area: Area,
}

impl Times {
    fn at(&self, ms: f64) -> f64 {
        let share = (ms - self.from_ms) / (self.to_ms - self.from_ms).max(1.0);
        (self.area.right - self.area.left).mul_add(share.clamp(0.0, 1.0), self.area.left)
    }
}

/// What may be said of it beside the one that met the step twice.
fn beside(step: &DemandStep, label: &str, journey: &str) -> &'static str {
    match step.beside(label, journey) {
        None => "is the control",
        Some(Beside::Sooner) => "sooner",
        Some(Beside::Later) => "later",
        Some(Beside::NotTold) => "cannot be told",
        Some(Beside::Withheld) => "no conclusion",
    }
}

fn rows(step: &DemandStep, journey: &str) -> Vec<Vec<String>> {
    let row = |label: &String| {
        let levels = || step.of(label, journey).map(|trial| &trial.level);
        let ms = |value: Option<f64>| numbers::or_not(value, numbers::short);
        vec![
            journey.to_owned(),
            label.clone(),
            levels().count().to_string(),
            ms(median(levels().filter_map(|level| level.p99_before_ms))),
            ms(median(levels().map(|level| level.bound_ms))),
            step.holds_again(label, journey).unwrap_or_else(|| "not measured".to_owned()),
            beside(step, label, journey).to_owned(),
            ms(levels().filter_map(|level| level.longest_ms).reduce(f64::max)),
            levels().map(|level| level.requests).sum::<u64>().to_string(),
            levels().map(|level| level.failed).sum::<u64>().to_string(),
        ]
    };
    step.labels.iter().map(row).collect()
}
