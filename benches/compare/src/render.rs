//! The table on the terminal.

mod attribution;
mod blast;
pub(crate) mod demand_step;
mod ladder;
mod load;
pub(crate) mod rolling_release;
mod round_trip;
pub(crate) mod scale_out;

use std::fmt::Write as _;

use crate::results::{Cell, Floor, Ratios, Results};
use crate::statistics::Ratio;
use crate::verdict::{Point, Question, Sentence, Verdict, withholds};

const NOT_MEASURED: &str = "not measured";
/// Marks a quantile with fewer than ten samples beyond it.
const ANECDOTE: char = '~';

/// The results for a person: the verdict in plain words, question by question, then the numbers.
///
/// With `colour` it contains ANSI escapes.
pub fn table(results: &Results, colour: bool) -> String {
    let paint = Paint(colour);
    let mut text = String::new();
    // Writing to a String cannot fail, here and below.
    let Verdict { first, questions } = Verdict::of(results);
    for Sentence { text: line, warns } in &first {
        let _ = writeln!(text, "{}", if *warns { paint.yellow(line) } else { paint.bold(line) });
    }
    for Question { heading, points } in &questions {
        let _ = writeln!(text, "\n{}", paint.bold(heading));
        for Point { about, lines } in points {
            let indent = if let Some(about) = about {
                let _ = writeln!(text, "  {about}");
                "    "
            } else {
                "  "
            };
            for line in lines {
                let painted = if withholds(line) { paint.yellow(line) } else { line.clone() };
                let _ = writeln!(text, "{indent}{painted}");
            }
        }
    }
    if !results.has_no_rounds() {
        text.push('\n');
        text.push_str(&grid(&journeys(results), 2, paint));
        text.push('\n');
        text.push_str(&grid(&processes(results), 2, paint));
        text.push('\n');
        text.push_str(&grid(&deployments(results), 1, paint));
    }
    if let Some(blast) = &results.blast_radius {
        text.push('\n');
        text.push_str(&grid(&blast::rows(results, blast), 3 + results.journey_order.len(), paint));
    }
    if let Some(ladder) = &results.ladder {
        text.push('\n');
        text.push_str(&grid(&ladder::rows(results, ladder), 3, paint));
    }
    if let Some(load) = &results.load {
        text.push('\n');
        text.push_str(&grid(&load::rows(results, load), 2, paint));
    }
    if let Some(measured) = &results.round_trip {
        text.push('\n');
        text.push_str(&grid(&round_trip::rows(results, measured), 2, paint));
    }
    if let Some(attribution) = &results.attribution {
        text.push('\n');
        text.push_str(&grid(&attribution::rows(results, attribution), 2, paint));
    }
    if let Some(scale_out) = &results.scale_out {
        text.push('\n');
        text.push_str(&grid(&scale_out::rows(scale_out), 2, paint));
    }
    if let Some(step) = &results.demand_step {
        text.push('\n');
        text.push_str(&grid(&demand_step::rows(step), 2, paint));
    }
    if let Some(rolling) = &results.rolling_release {
        text.push('\n');
        text.push_str(&grid(&rolling_release::rows(rolling), 1, paint));
    }
    text.push('\n');
    for line in legend(results) {
        let _ = writeln!(text, "{}", paint.dim(&line));
    }
    text
}

/// A cell of the grid; what is dim carries no conclusion.
struct Text {
    text: String,
    dim: bool,
}

impl Text {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), dim: false }
    }

    fn number(value: Option<f64>, decimals: usize) -> Self {
        match value {
            Some(value) => Self::plain(format!("{value:.decimals$}")),
            None => Self { text: NOT_MEASURED.to_owned(), dim: true },
        }
    }

    fn ratio(ratio: Option<Ratio>) -> Self {
        match ratio {
            Some(ratio) => Self::plain(ratio.to_string()),
            None => Self { text: NOT_MEASURED.to_owned(), dim: true },
        }
    }
}

fn journeys(results: &Results) -> Vec<Vec<Text>> {
    let header = [
        "journey",
        "topology",
        "p50 µs",
        "p99 µs",
        "p50 ratio",
        "p99 ratio",
        "CPU µs/req",
        "CPU ratio",
        "capacity/s",
        "settled ms",
        "errors",
    ];
    let mut rows = vec![header.map(Text::plain).into()];
    for journey in &results.journey_order {
        let ratios_of = |topology: &String| results.ratios.get(journey)?.get(topology);
        for (index, topology) in results.topologies.iter().enumerate() {
            let Some(cell) = results.journeys.get(journey).and_then(|cells| cells.get(topology)) else {
                continue;
            };
            let ratios = if index == 0 { Beside::Itself } else { Beside::Baseline(ratios_of(topology)) };
            rows.push(journey_row(journey, topology, cell, ratios));
        }
        if let Some(cell) = results.twin.journeys.get(journey) {
            let ratios = Beside::Baseline(results.control.get(journey));
            rows.push(journey_row(journey, &results.twin.label, cell, ratios));
        }
        let of_floor = results.floor.as_ref().and_then(|floor| Some((floor, floor.journeys.get(journey)?)));
        if let Some((floor, cell)) = of_floor.filter(|(_, cell)| cell.requests > 0) {
            rows.push(journey_row(journey, &floor.label, cell, Beside::Nothing));
        }
    }
    rows
}

#[derive(Clone, Copy)]
enum Beside<'a> {
    Itself,
    Baseline(Option<&'a Ratios>),
    Nothing,
}

fn journey_row(journey: &str, label: &str, cell: &Cell, beside: Beside<'_>) -> Vec<Text> {
    let ratio = |of: fn(&Ratios) -> Option<Ratio>| match beside {
        Beside::Itself => Text::plain("1"),
        Beside::Baseline(ratios) => Text::ratio(ratios.and_then(of)),
        Beside::Nothing => Text::plain(""),
    };
    let mut p99 = Text::number(cell.p99_us, 0);
    if !cell.p99_carries && cell.p99_us.is_some() {
        p99.text.insert(0, ANECDOTE);
        p99.dim = true;
    }
    vec![
        Text::plain(journey),
        Text::plain(label),
        Text::number(cell.p50_us, 1),
        p99,
        ratio(|ratios| ratios.p50),
        ratio(|ratios| ratios.p99),
        Text::number(cell.cpu_us_per_request, 1),
        ratio(|ratios| ratios.cpu),
        Text::number(cell.capacity_rps, 0),
        Text::number(cell.settled_ms, 0),
        Text::plain(format!("{} of {}", cell.errors, cell.requests)),
    ]
}

/// Where the CPU time of each journey goes: a row a journey and topology, a column a process.
fn processes(results: &Results) -> Vec<Vec<Text>> {
    let mut rows = vec![["journey", "topology", "CPU µs/req by process"].map(Text::plain).into()];
    for journey in &results.journey_order {
        for topology in &results.topologies {
            let cell = results.journeys.get(journey).and_then(|cells| cells.get(topology));
            let Some(cell) = cell.filter(|cell| cell.cpu_us_per_request_by_service.len() > 1) else {
                continue;
            };
            let spent =
                cell.cpu_us_per_request_by_service.iter().map(|(service, us)| format!("{service} {us:.0}"));
            let spent = Text::plain(spent.collect::<Vec<_>>().join(", "));
            rows.push(vec![Text::plain(journey.as_str()), Text::plain(topology.as_str()), spent]);
        }
    }
    if rows.len() == 1 { Vec::new() } else { rows }
}

fn deployments(results: &Results) -> Vec<Vec<Text>> {
    let header = ["topology", "processes", "threads", "PSS idle MiB", "PSS loaded MiB", "start ms"];
    let mut rows = vec![header.map(Text::plain).into()];
    let mib = |kib: Option<f64>| Text::number(kib.map(|kib| kib / 1024.0), 1);
    for topology in &results.topologies {
        // What cannot be seen is not none.
        let processes = results.processes.get(topology).filter(|all| !all.is_empty());
        let threads =
            processes.and_then(|all| all.iter().map(|process| process.threads).sum::<Option<usize>>());
        let of = |values: &crate::results::ByName<Option<f64>>| values.get(topology).copied().flatten();
        rows.push(vec![
            Text::plain(topology),
            Text::number(processes.map(|all| all.len() as f64), 0),
            Text::number(threads.map(|threads| threads as f64), 0),
            mib(of(&results.memory_pss_idle_kib)),
            mib(of(&results.memory_pss_kib)),
            Text::number(of(&results.start_ms), 0),
        ]);
    }
    if let Some(Floor { label, memory_pss_kib, start_ms, .. }) = &results.floor {
        let mut row = vec![Text::plain(label), Text::plain(""), Text::plain(""), Text::plain("")];
        row.extend([mib(*memory_pss_kib), Text::number(*start_ms, 0)]);
        rows.push(row);
    }
    rows
}

fn legend(results: &Results) -> Vec<String> {
    let settings = &results.settings;
    let mut lines = Vec::new();
    if !results.has_no_rounds() {
        lines.push(format!(
            "p50, p99 and CPU at {:.0} requests/s, open loop, from the intended start; capacity: right answers/s with {} \
             connections always busy",
            settings.paced_rate_per_second, settings.connections
        ));
        lines.push(
            "ratios: against the first topology, paired by round, with 95 % intervals; a column's quotient may differ a little"
                .to_owned(),
        );
    }
    lines.extend(results.blast_radius.as_ref().map(blast::legend));
    lines.extend(results.scale_out.as_ref().map(|_| scale_out::legend(results)));
    lines.extend(results.demand_step.as_ref().map(demand_step::legend));
    lines.extend(results.rolling_release.as_ref().map(|rolling| rolling_release::legend(&rolling.settings)));
    lines.extend(results.ladder.iter().flat_map(ladder::legend));
    lines.extend(results.load.as_ref().map(load::legend));
    lines.extend(results.round_trip.iter().flat_map(round_trip::legend));
    lines.extend(results.attribution.as_ref().map(|_| attribution::LEGEND.to_owned()));
    let mut generator = results.cpu_sets.to_string();
    if results.cpu_sets.shared && !results.cpu_sets.servers.is_empty() {
        generator.push_str(": compare CPU, not latency");
    }
    let pacing = &results.pacing;
    let lateness = match (pacing.p50_us, pacing.p99_us, pacing.max_us) {
        (Some(p50), Some(p99), Some(max)) => {
            format!("late by {p50:.1} µs at p50, {p99:.1} at p99, {max:.0} at most")
        }
        _ => format!("late by something that was {NOT_MEASURED}"),
    };
    if !results.has_no_rounds() {
        lines.push(format!(
            "{generator}; its sends were {lateness} ({} of {} too late)",
            pacing.late, pacing.sent
        ));
    }
    let all_cells = results.journeys.values().flat_map(|cells| cells.values());
    if all_cells.chain(results.twin.journeys.values()).any(|cell| !cell.p99_carries) {
        lines
            .push(format!("{ANECDOTE} fewer than ten samples lie beyond this p99: it carries no conclusion"));
    }
    lines
}

/// Aligned columns: the first ones to the left, the others to the right.
fn grid(rows: &[Vec<Text>], left_columns: usize, paint: Paint) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width - cell.text.chars().count());
            let painted = match (number, cell.dim) {
                (0, _) => paint.bold(&cell.text),
                (_, true) => paint.dim(&cell.text),
                (_, false) => cell.text.clone(),
            };
            let separator = if column == 0 { "" } else { "  " };
            let _ = if column < left_columns {
                write!(line, "{separator}{painted}{padding}")
            } else {
                write!(line, "{separator}{padding}{painted}")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests;
