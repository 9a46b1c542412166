//! Single figures with all their rounds: one mark a round, and the median as a bar.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting};
use super::scale::Scale;
use super::subjects::{self, Subject};
use crate::results::{Block, BlockCell, Results};
use crate::statistics::median;

const STRIP: f64 = 14.0;
const ROW: f64 = LINE + STRIP + 6.0;

/// A subject and what it had, round by round.
struct Strip<'a> {
    subject: Subject<'a>,
    values: Vec<f64>,
}

/// Right answers a second with all connections busy, one picture a journey.
pub(super) fn capacity(results: &Results) -> Figure {
    let connections = results.settings.connections;
    let (panels, rows) = by_journey(results, "capacity", "capacity", "answers/s", |cell| cell.capacity_rps);
    Figure {
        id: "capacity",
        heading: "Capacity",
        see: format!(
            "Right answers a second with {connections} connections always busy: one mark a round, the bar is their median. To the right is better."
        ),
        caution: "A closed loop slows down with the server, so this promises nothing about latencies at that rate, and \
                  nothing about more connections or more processors.",
        panels,
        table: Table {
            head: vec!["journey", "subject", "median", "lowest", "highest", "rounds"],
            names: 2,
            rows,
        },
    }
}

/// From the end of the load until nothing is left to do, one picture a journey.
pub(super) fn settled(results: &Results) -> Figure {
    let (panels, rows) =
        by_journey(results, "settled", "time to settled effect", "ms", |cell| cell.settled_ms);
    Figure {
        id: "settled",
        heading: "Time to settled effect",
        see: "After the load ends: how long until no process has anything left to do, events and reactions included. One mark a \
              round, the bar is their median. To the left is better."
            .to_owned(),
        caution: "It is asked of the topology itself again and again, so a few milliseconds are the asking. Nothing is said about how long an \
                  effect takes while the load lasts.",
        panels,
        table: Table { head: vec!["journey", "subject", "median", "lowest", "highest", "rounds"], names: 2, rows },
    }
}

/// From spawn to ready, one picture.
pub(super) fn start(results: &Results) -> Figure {
    let blocks = |label: &str| {
        let blocks = results.rounds.iter().filter_map(|round| round.blocks.get(label));
        blocks.filter_map(|block: &Block| block.start_ms).collect::<Vec<_>>()
    };
    let strips: Vec<Strip<'_>> = subjects::all(results)
        .into_iter()
        .map(|subject| Strip { values: blocks(subject.label), subject })
        .collect();
    Figure {
        id: "start",
        heading: "Start-up",
        see: "From the first process started until all are ready, on existing data. One mark a round, the bar is their median. To the left is better."
            .to_owned(),
        caution: "The program and its data are in the kernel's cache: the first start after boot takes longer, and so does one on a \
                  cluster, where images are fetched and health is asked at intervals.",
        panels: panel("start", "from spawn to ready".to_owned(), &strips, "ms").into_iter().collect(),
        table: Table {
            head: vec!["what", "subject", "median", "lowest", "highest", "rounds"],
            names: 2,
            rows: rows("start-up", &strips, "ms"),
        },
    }
}

fn by_journey(
    results: &Results,
    id: &str,
    what: &str,
    unit: &str,
    value: fn(&BlockCell) -> Option<f64>,
) -> (Vec<Panel>, Vec<Vec<String>>) {
    let (mut panels, mut all_rows) = (Vec::new(), Vec::new());
    for (number, journey) in results.journey_order.iter().enumerate() {
        let strips: Vec<Strip<'_>> = subjects::all(results)
            .into_iter()
            .map(|subject| {
                let cells = results.blocks_of(journey, subject.label);
                Strip { values: cells.filter_map(|(_, cell)| value(cell)).collect(), subject }
            })
            .filter(|strip| !strip.values.is_empty())
            .collect();
        all_rows.extend(rows(journey, &strips, unit));
        panels.extend(panel(&format!("{id}-{}", number + 1), format!("{journey}: {what}"), &strips, unit));
    }
    (panels, all_rows)
}

fn panel(id: &str, title: String, strips: &[Strip<'_>], unit: &str) -> Option<Panel> {
    let all = strips.iter().flat_map(|strip| strip.values.iter().copied());
    all.clone().next()?;
    let description = strips.iter().map(|strip| {
        let middle = numbers::or_not(median(strip.values.iter().copied()), numbers::short);
        format!("{}: median {middle} {unit} of {} rounds.", strip.subject.label, strip.values.len())
    });
    let mut panel = Panel::new(id, title, description.collect::<Vec<_>>().join(" "));
    let area =
        Area { left: 4.0, right: WIDTH - 4.0, top: TOP - 6.0, bottom: TOP + ROW * strips.len() as f64 };
    let scale = Scale::from_zero(all, (area.left, area.right));
    panel.axis_x(area, &scale, &scale.ticks(6, numbers::short), unit);
    let mut y = TOP;
    for Strip { subject, values } in strips {
        panel.text(0.0, y + 10.0, fitting(subject.label, WIDTH - 110.0), "small", Anchor::Start);
        y += LINE;
        if let Some(middle) = median(values.iter().copied()) {
            let shown = format!("{} {unit}", numbers::short(middle));
            panel.text(WIDTH - 4.0, y - 6.0, shown, "strong", Anchor::End);
            let bar =
                Area { left: scale.at(0.0), right: scale.at(middle), top: y + 2.0, bottom: y + STRIP - 2.0 };
            panel.rect(bar, &format!("median {}", subject.class));
        }
        for value in values {
            panel.add(subject.mark(scale.at(*value), y + STRIP / 2.0, 3.0));
        }
        y += STRIP + 6.0;
    }
    panel.end_at(area.bottom + 13.0 + LINE + 6.0);
    Some(panel)
}

fn rows(what: &str, strips: &[Strip<'_>], unit: &str) -> Vec<Vec<String>> {
    let row = |Strip { subject, values }: &Strip<'_>| {
        let show =
            |value: Option<f64>| numbers::or_not(value, |value| format!("{} {unit}", numbers::short(value)));
        vec![
            what.to_owned(),
            subject.label.to_owned(),
            show(median(values.iter().copied())),
            show(values.iter().copied().reduce(f64::min)),
            show(values.iter().copied().reduce(f64::max)),
            values.len().to_string(),
        ]
    };
    strips.iter().map(row).collect()
}
