//! How much the topologies differ from the baseline: a forest plot over the A/A band.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting};
use super::scale::Scale;
use super::subjects::{self, Subject};
use crate::quantity::{Claim, Quantity};
use crate::results::Results;
use crate::statistics::Ratio;

/// Where names end and the plot begins; where it ends and figures begin.
const PLOT: (f64, f64) = (112.0, 352.0);
const ROW: f64 = 19.0;

/// A row of the plot: a topology in a journey.
struct Row<'a> {
    subject: Subject<'a>,
    ratio: Option<Ratio>,
    claim: Claim,
}

/// One picture a quantity.
pub(super) fn figure(results: &Results) -> Figure {
    let baseline = results.baseline();
    let panels = if results.topologies.len() > 1 {
        Quantity::ALL.into_iter().filter_map(|quantity| panel(results, quantity)).collect()
    } else {
        Vec::new()
    };
    Figure {
        id: "ratios",
        heading: "Ratios to the baseline",
        see: format!(
            "Each mark is a topology's figure divided by that of {baseline}, paired by round; the bar is its 95 % interval. The \
             shaded band is the A/A control: {baseline} divided by itself, which would be 1 if the instrument were perfect. \
             A full mark differs from 1 and lies clear of the band; a hollow one carries no conclusion. For latency \
             and CPU more than 1 is worse, for capacity less than 1 is."
        ),
        caution: "An interval that touches 1 or the band does not show that two things are equal, only that this run cannot \
                  tell them apart. Ratios are those of this machine without a network between the processes; a p99 rests on few requests.",
        panels,
        table: table(results),
    }
}

fn panel(results: &Results, quantity: Quantity) -> Option<Panel> {
    let control = |journey: &str| results.control.get(journey).and_then(|ratios| quantity.ratio(ratios));
    let groups: Vec<(&String, Vec<Row<'_>>)> =
        results.journey_order.iter().map(|journey| (journey, rows(results, journey, quantity))).collect();
    let measured = groups.iter().flat_map(|(_, rows)| rows.iter().filter_map(|row| row.ratio));
    let controls = results.journey_order.iter().filter_map(|journey| control(journey));
    let ends: Vec<f64> = measured.clone().chain(controls).flat_map(|ratio| [ratio.low, ratio.high]).collect();
    measured.clone().next()?;
    let scale = Scale::log(ends.into_iter().chain([0.95, 1.05]), PLOT);
    let title = format!("{} beside {}", quantity.name(), results.baseline());
    let description = describe(&groups, quantity);
    let mut panel = Panel::new(format!("ratio-{}", quantity.key()), title, description);

    let height: f64 = groups.iter().map(|(_, rows)| LINE + ROW * rows.len() as f64 + 6.0).sum();
    let area = Area { left: PLOT.0, right: PLOT.1, top: TOP, bottom: TOP + height };
    panel.axis_x(area, &scale, &scale.ticks(6, numbers::ratio), "times the baseline");
    // What lies below is drawn first: bands, then the line at 1, then the marks.
    let mut y = area.top;
    for (journey, rows) in &groups {
        let bottom = y + LINE + ROW * rows.len() as f64;
        if let Some(band) = control(journey) {
            let band = Area { left: scale.at(band.low), right: scale.at(band.high), top: y + 3.0, bottom };
            panel.rect(band, "band");
            panel.text(WIDTH, y + 12.0, "A/A band", "faint", Anchor::End);
        }
        y = bottom + 6.0;
    }
    panel.line((scale.at(1.0), area.top), (scale.at(1.0), area.bottom), "one");
    let mut y = area.top;
    for (journey, rows) in &groups {
        panel.text(0.0, y + 12.0, fitting(journey, PLOT.0), "strong", Anchor::Start);
        y += LINE;
        for row in rows {
            draw(&mut panel, &scale, row, y + ROW / 2.0);
            y += ROW;
        }
        y += 6.0;
    }
    panel.end_at(area.bottom + 13.0 + LINE + 6.0);
    Some(panel)
}

fn draw(panel: &mut Panel, scale: &Scale, row: &Row<'_>, y: f64) {
    panel.text(8.0, y + 4.0, fitting(row.subject.label, PLOT.0 - 12.0), "small", Anchor::Start);
    let Some(Ratio { value, low, high }) = row.ratio else {
        panel.text(PLOT.0 + 4.0, y + 4.0, "not measured", "faint", Anchor::Start);
        return;
    };
    let is_claimed = row.claim == Claim::Differs;
    let class = if is_claimed { row.subject.class.clone() } else { "unsure".to_owned() };
    panel.line((scale.at(low), y), (scale.at(high), y), &format!("interval {class}"));
    for end in [low, high] {
        panel.line((scale.at(end), y - 4.0), (scale.at(end), y + 4.0), &format!("interval {class}"));
    }
    let subject = Subject { class, ..row.subject.clone() };
    panel.add(subject.mark_filled(scale.at(value), y, 5.0, is_claimed));
    panel.text(
        WIDTH,
        y + 4.0,
        numbers::ratio(value),
        if is_claimed { "strong" } else { "faint" },
        Anchor::End,
    );
}

fn rows<'a>(results: &'a Results, journey: &str, quantity: Quantity) -> Vec<Row<'a>> {
    let row = |subject: Subject<'a>| Row {
        ratio: ratio(results, journey, subject.label, quantity),
        claim: Claim::of(results, journey, subject.label, quantity),
        subject,
    };
    subjects::topologies(results).into_iter().skip(1).map(row).collect()
}

fn ratio(results: &Results, journey: &str, topology: &str, quantity: Quantity) -> Option<Ratio> {
    quantity.ratio(results.ratios.get(journey)?.get(topology)?)
}

fn describe(groups: &[(&String, Vec<Row<'_>>)], quantity: Quantity) -> String {
    let row = |journey: &str, row: &Row<'_>| {
        let ratio = row.ratio.map_or_else(|| "not measured".to_owned(), numbers::interval);
        format!("{journey}, {}: {ratio}, {}.", row.subject.label, row.claim.words())
    };
    let rows = groups.iter().flat_map(|(journey, rows)| rows.iter().map(move |it| row(journey, it)));
    let rows: Vec<String> = rows.collect();
    format!("Ratios of {} with 95 % intervals. {}", quantity.name(), rows.join(" "))
}

fn table(results: &Results) -> Table {
    let mut rows = Vec::new();
    for journey in &results.journey_order {
        for topology in results.topologies.iter().skip(1) {
            for quantity in Quantity::ALL {
                let control = results.control.get(journey).and_then(|ratios| quantity.ratio(ratios));
                let show = |ratio: Option<Ratio>| ratio.map_or("not measured".to_owned(), numbers::interval);
                rows.push(vec![
                    journey.clone(),
                    topology.clone(),
                    quantity.name().to_owned(),
                    show(ratio(results, journey, topology, quantity)),
                    show(control),
                    Claim::of(results, journey, topology, quantity).words().to_owned(),
                ]);
            }
        }
    }
    let head = vec!["journey", "topology", "figure", "times the baseline", "A/A control", "conclusion"];
    Table { head, names: 3, rows }
}
