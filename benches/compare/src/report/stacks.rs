//! What belongs to which process: bars whose parts are numbered, so that no colour is needed to tell them apart.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting, width};
use super::scale::Scale;
use super::subjects;
use crate::results::{ByName, Results};
use crate::statistics::median;

const BAR: f64 = 16.0;
/// A bar with its name above it.
const ROW: f64 = LINE + BAR + 6.0;
/// Colours of parts in the style sheet; beyond them they repeat, with another number.
const COLOURS: usize = 14;
/// What stands for the parts where processes were not told apart.
const ALL: &str = "all processes";

/// A bar: what it is of, and how much of it each part has, in the order in which they stand.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) parts: Vec<(String, f64)>,
}

/// CPU time per request, one picture a journey.
pub(super) fn cpu(results: &Results) -> Figure {
    let names = names(results);
    let mut rows = Vec::new();
    let mut panels = Vec::new();
    for (number, journey) in results.journey_order.iter().enumerate() {
        let bars: Vec<Bar> = subjects::topologies_and_floor(results)
            .iter()
            .filter_map(|subject| {
                let cell = subjects::cell(results, journey, subject.label)?;
                let parts = cell.cpu_us_per_request_by_service.clone().into_iter().collect();
                Some(Bar { label: subject.label.to_owned(), parts })
            })
            .collect();
        rows.extend(table_rows(journey, &bars, &names));
        let title = format!("{journey}: CPU time per request");
        panels.extend(panel(&format!("cpu-{}", number + 1), title, &bars, &names, "µs per request"));
    }
    Figure {
        id: "cpu",
        heading: "CPU time per request, by process",
        see: "The length of a bar is what one request costs all processes of a topology together in the paced phase; each \
              numbered part is one process. Compare whole bars for the whole cost, parts for where the work is done."
            .to_owned(),
        caution: "Medians over rounds, process by process: their sum may differ a little from the median of the sums. It is the time \
                  of user and kernel that is booked on the processes; interrupts and the load generator are not in it.",
        panels,
        table: Table { head: vec!["journey", "subject", "process", "µs per request"], names: 3, rows },
    }
}

/// Memory after load, one picture.
pub(super) fn memory(results: &Results) -> Figure {
    let names = names(results);
    let bars: Vec<Bar> = subjects::topologies_and_floor(results)
        .iter()
        .map(|subject| Bar { label: subject.label.to_owned(), parts: memory_mib(results, subject.label) })
        .filter(|bar| !bar.parts.is_empty())
        .collect();
    let title = "Memory after load".to_owned();
    Figure {
        id: "memory",
        heading: "Memory, by process",
        see: "Proportional set size of all processes of a topology after load: pages that several processes map, such as those \
              of the program itself, are shared among them and counted once."
            .to_owned(),
        caution: "It is what was touched in a short run with little data, not what a long life needs. Caches of the kernel are not in it.",
        panels: panel("memory", title, &bars, &names, "MiB").into_iter().collect(),
        table: Table {
            head: vec!["when", "subject", "process", "MiB"],
            names: 3,
            rows: table_rows("after load", &bars, &names),
        },
    }
}

/// Of each process the median over rounds; of the whole where processes were not told apart.
fn memory_mib(results: &Results, label: &str) -> Vec<(String, f64)> {
    let mut by_service: ByName<Vec<f64>> = ByName::new();
    for block in results.rounds.iter().filter_map(|round| round.blocks.get(label)) {
        let mut of_block: ByName<f64> = ByName::new();
        for process in &block.processes {
            if let Some(kib) = process.memory_pss_kib {
                *of_block.entry(process.service.clone()).or_default() += kib as f64 / 1024.0;
            }
        }
        if let (true, Some(kib)) = (of_block.is_empty(), block.memory_pss_kib) {
            of_block.insert(ALL.to_owned(), kib as f64 / 1024.0);
        }
        for (service, mib) in of_block {
            by_service.entry(service).or_default().push(mib);
        }
    }
    by_service.into_iter().filter_map(|(service, all)| Some((service, median(all)?))).collect()
}

/// All processes of all topologies: a name has the same number and colour in every picture.
fn names(results: &Results) -> Vec<String> {
    let blocks = || results.rounds.iter().flat_map(|round| round.blocks.values());
    let processes = || blocks().flat_map(|block| &block.processes);
    let mut names: Vec<String> = processes().map(|process| process.service.clone()).collect();
    if !processes().any(|process| process.memory_pss_kib.is_some()) {
        names.push(ALL.to_owned());
    }
    names.sort();
    names.dedup();
    names
}

/// The bars over a common axis, with the numbers of their parts below them.
pub(super) fn panel(id: &str, title: String, bars: &[Bar], names: &[String], unit: &str) -> Option<Panel> {
    let total = |bar: &Bar| bar.parts.iter().map(|(_, value)| value).sum::<f64>();
    if bars.iter().all(|bar| total(bar) <= 0.0) {
        return None;
    }
    let description = bars.iter().map(|bar| {
        let parts = bar.parts.iter().map(|(name, value)| format!("{name} {}", numbers::short(*value)));
        format!(
            "{}: {} {unit} ({}).",
            bar.label,
            numbers::short(total(bar)),
            parts.collect::<Vec<_>>().join(", ")
        )
    });
    let mut panel = Panel::new(id, title, description.collect::<Vec<_>>().join(" "));
    let area = Area { left: 0.0, right: WIDTH - 4.0, top: TOP - 6.0, bottom: TOP + ROW * bars.len() as f64 };
    let scale = Scale::from_zero(bars.iter().map(total), (area.left, area.right));
    panel.axis_x(area, &scale, &scale.ticks(6, numbers::short), unit);
    let mut y = TOP;
    for bar in bars {
        panel.text(0.0, y + 10.0, fitting(&bar.label, WIDTH - 90.0), "small", Anchor::Start);
        panel.text(
            WIDTH - 4.0,
            y + 10.0,
            format!("{} {unit}", numbers::short(total(bar))),
            "strong",
            Anchor::End,
        );
        y += LINE;
        let mut from = 0.0;
        for (name, value) in &bar.parts {
            let number = names.iter().position(|known| known == name).unwrap_or(0);
            let part = Area { left: scale.at(from), right: scale.at(from + value), top: y, bottom: y + BAR };
            panel.rect(part, &format!("part c{}", number % COLOURS));
            let shown = (number + 1).to_string();
            if part.right - part.left > width(&shown) + 4.0 {
                let middle = f64::midpoint(part.left, part.right);
                panel.text(middle, y + 12.0, shown, "on-part", Anchor::Middle);
            }
            from += value;
        }
        y += BAR + 6.0;
    }
    let end = legend(&mut panel, bars, names, area.bottom + 2.0 * LINE + 14.0);
    panel.end_at(end);
    Some(panel)
}

/// The numbers of the parts and what they are; tells where it ends.
fn legend(panel: &mut Panel, bars: &[Bar], names: &[String], mut y: f64) -> f64 {
    let mut x = 0.0;
    for (number, name) in names.iter().enumerate() {
        if !bars.iter().any(|bar| bar.parts.iter().any(|(part, _)| part == name)) {
            continue;
        }
        let text = format!("{} {}", number + 1, fitting(name, WIDTH - 40.0));
        let needs = 14.0 + width(&text) + 10.0;
        if x > 0.0 && x + needs > WIDTH {
            (x, y) = (0.0, y + LINE);
        }
        let swatch = Area { left: x, right: x + 10.0, top: y - 5.0, bottom: y + 5.0 };
        panel.rect(swatch, &format!("part c{}", number % COLOURS));
        panel.text(x + 14.0, y + 4.0, text, "small", Anchor::Start);
        x += needs;
    }
    y + LINE
}

fn table_rows(what: &str, bars: &[Bar], names: &[String]) -> Vec<Vec<String>> {
    let row = |bar: &Bar, process: String, value: f64| {
        vec![what.to_owned(), bar.label.clone(), process, numbers::short(value)]
    };
    let mut rows = Vec::new();
    for bar in bars {
        for (number, name) in names.iter().enumerate() {
            if let Some((_, value)) = bar.parts.iter().find(|(part, _)| part == name) {
                rows.push(row(bar, format!("{} {name}", number + 1), *value));
            }
        }
        if bar.parts.len() > 1 {
            rows.push(row(bar, "together".to_owned(), bar.parts.iter().map(|(_, value)| value).sum()));
        }
    }
    rows
}
