//! What more processes buy: a deployment with more of them beside the same without, one picture each.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting};
use super::scale::Scale;
use crate::quantity::{Claim, Quantity};
use crate::render::scale_out::processors;
use crate::results::Results;
use crate::scale_out::{Grown, ScaleOut};
use crate::statistics::Ratio;

/// Where names end and the plot begins; where it ends and figures begin.
const PLOT: (f64, f64) = (126.0, 340.0);
const ROW: f64 = 19.0;

/// What is shown of each journey: the p99 of so short phases says little.
const SHOWN: [Quantity; 3] = [Quantity::Capacity, Quantity::P50, Quantity::Cpu];

pub(super) fn figure(results: &Results) -> Figure {
    let scale_out = results.scale_out.as_ref();
    let growths =
        || scale_out.into_iter().flat_map(|it| it.with_control().into_iter().map(move |grown| (it, grown)));
    let panels = growths().enumerate();
    let panels = panels.filter_map(|(number, (it, grown))| panel(number, it, &grown));
    Figure {
        id: "scale-out",
        heading: "What more processes buy",
        see: format!(
            "Each mark is a figure with more processes divided by the same without them, paired by round; the bar is its 95 % interval. A full mark leaves \
             out 1 and lies clear of the A/A control; a hollow one carries no conclusion. For capacity more than 1 is better, for the others less is. {} \
             They ran {}.",
            control(scale_out),
            processors(results)
        ),
        caution: "More processes buy capacity only where processors are idle without them. Copies of a whole deployment share no data and get \
                  their connections from the client in turns, which no balancer has to be paid for: so much the better for them. Only \
                  journeys that read are asked, and the database is not scaled with the processes.",
        panels: panels.collect(),
        table: Table {
            head: vec![
                "with more processes",
                "beside",
                "journey",
                "figure",
                "before",
                "with them",
                "ratio",
                "conclusion",
            ],
            names: 4,
            rows: growths().flat_map(|(it, grown)| rows(it, &grown)).collect(),
        },
    }
}

/// A figure of a growth: of a journey, or the memory of all.
struct Row<'a> {
    journey: &'a str,
    name: &'static str,
    before: Option<f64>,
    after: Option<f64>,
    ratio: Option<Ratio>,
    claim: Claim,
}

/// What the control is.
fn control(scale_out: Option<&ScaleOut>) -> String {
    match scale_out.and_then(|it| it.twin_of.as_ref()) {
        Some(twin_of) => {
            format!(
                "The last panel is the control: {twin_of} beside itself, which would be 1 if the instrument were perfect."
            )
        }
        None => "Nothing was measured twice, so there is no control and no conclusion.".to_owned(),
    }
}

fn figures<'a>(scale_out: &'a ScaleOut, grown: &'a Grown) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for (journey, cells) in &scale_out.series.journeys {
        let (ratios, control) = (scale_out.ratios(grown, journey), scale_out.control(journey));
        for quantity in SHOWN {
            let value = |label: &str| {
                let cell = cells.get(label)?;
                match quantity {
                    Quantity::Capacity => cell.capacity_rps,
                    Quantity::P50 => cell.p50_us,
                    Quantity::P99 => cell.p99_us,
                    Quantity::Cpu => cell.cpu_us_per_request,
                }
            };
            let ratio = quantity.ratio(&ratios);
            let control = control.as_ref().and_then(|control| quantity.ratio(control));
            rows.push(Row {
                journey,
                name: quantity.name(),
                before: value(&grown.from),
                after: value(&grown.to),
                ratio,
                claim: Claim::beside(control, ratio),
            });
        }
    }
    let mib = |label: &str| scale_out.memory_kib(label).map(|kib| kib / 1024.0);
    let ratio = scale_out.memory_ratio(grown);
    rows.push(Row {
        journey: "all journeys",
        name: "memory, MiB",
        before: mib(&grown.from),
        after: mib(&grown.to),
        ratio,
        claim: Claim::beside(scale_out.memory_control(), ratio),
    });
    rows
}

fn panel(number: usize, scale_out: &ScaleOut, grown: &Grown) -> Option<Panel> {
    let rows = figures(scale_out, grown);
    let ends = rows.iter().filter_map(|row| row.ratio).flat_map(|ratio| [ratio.low, ratio.high]);
    let ends = ends.collect::<Vec<_>>();
    if ends.is_empty() {
        return None;
    }
    let told = rows.iter().map(|row| {
        let ratio = row.ratio.map_or_else(|| "not measured".to_owned(), numbers::interval);
        format!("{}, {}: {ratio}.", row.journey, row.name)
    });
    let description = format!("Ratios with 95 % intervals. {}", told.collect::<Vec<_>>().join(" "));
    let title = format!("{} beside {}", grown.to, grown.from);
    let mut panel = Panel::new(format!("scale-out-{}", number + 1), title, description);
    let groups = rows.chunk_by(|one, next| one.journey == next.journey).count() as f64;
    let height = (LINE + 6.0) * groups + ROW * rows.len() as f64;
    let area = Area { left: PLOT.0, right: PLOT.1, top: TOP, bottom: TOP + height };
    let scale = Scale::log(ends.into_iter().chain([0.95, 1.05]), PLOT);
    panel.axis_x(area, &scale, &scale.ticks(6, numbers::ratio), "times without them");
    panel.line((scale.at(1.0), area.top), (scale.at(1.0), area.bottom), "one");
    let mut y = area.top;
    for group in rows.chunk_by(|one, next| one.journey == next.journey) {
        if let Some(first) = group.first() {
            panel.text(0.0, y + 12.0, fitting(first.journey, PLOT.0), "strong", Anchor::Start);
        }
        y += LINE;
        for row in group {
            draw(&mut panel, &scale, row, y + ROW / 2.0);
            y += ROW;
        }
        y += 6.0;
    }
    panel.end_at(area.bottom + 13.0 + LINE + 6.0);
    Some(panel)
}

fn draw(panel: &mut Panel, scale: &Scale, row: &Row<'_>, y: f64) {
    panel.text(8.0, y + 4.0, row.name, "small", Anchor::Start);
    let Some(ratio) = row.ratio else {
        panel.text(PLOT.0 + 4.0, y + 4.0, "not measured", "faint", Anchor::Start);
        return;
    };
    let differs = row.claim == Claim::Differs;
    let class = if differs { "s1" } else { "unsure" };
    let line = format!("interval {class}");
    panel.line((scale.at(ratio.low), y), (scale.at(ratio.high), y), &line);
    for end in [ratio.low, ratio.high] {
        panel.line((scale.at(end), y - 4.0), (scale.at(end), y + 4.0), &line);
    }
    let fill = if differs { "full" } else { "hollow" };
    panel.add(
        super::subjects::Shape::Square
            .draw(scale.at(ratio.value), y, 5.0)
            .with("class", format!("{class} {fill}")),
    );
    panel.text(
        WIDTH,
        y + 4.0,
        numbers::ratio(ratio.value),
        if differs { "strong" } else { "faint" },
        Anchor::End,
    );
}

fn rows(scale_out: &ScaleOut, grown: &Grown) -> Vec<Vec<String>> {
    let row = |row: Row<'_>| {
        vec![
            grown.to.clone(),
            grown.from.clone(),
            row.journey.to_owned(),
            row.name.to_owned(),
            numbers::or_not(row.before, numbers::short),
            numbers::or_not(row.after, numbers::short),
            row.ratio.map_or_else(|| "not measured".to_owned(), numbers::interval),
            row.claim.words().to_owned(),
        ]
    };
    figures(scale_out, grown).into_iter().map(row).collect()
}
