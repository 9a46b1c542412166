//! A diff for people.

use std::fmt;

use super::{Change, Compared, Diff, ExperimentDiff, Finding, Moved, Observation};
use crate::statistics::Estimate;

const NOT_ENOUGH: &str = "not measured in enough rounds";

impl fmt::Display for Diff {
    /// What was different first, then what to know, then a line a figure.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.names;
        writeln!(formatter, "{second} over {first}")?;
        for circumstance in &self.circumstances {
            let [before, after] = &circumstance.values;
            let weight = if circumstance.decides { " (decides)" } else { "" };
            writeln!(formatter, "  {} differs{weight}: {before} | {after}", circumstance.what)?;
        }
        for line in &self.only_in_one {
            writeln!(formatter, "  {line}")?;
        }
        for caveat in &self.caveats {
            writeln!(formatter, "note: {caveat}")?;
        }
        writeln!(formatter)?;
        if self.changes.is_empty() && self.experiments.is_empty() {
            return writeln!(
                formatter,
                "they have no journey and topology in common: nothing can be compared"
            );
        }
        if !self.changes.is_empty() {
            aligned(formatter, "", &self.changes.iter().map(row).collect::<Vec<_>>())?;
            writeln!(formatter, "{}", counted(self.changes.iter().map(|change| change.finding)))?;
        }
        self.experiments.iter().try_for_each(|experiment| write!(formatter, "\n{experiment}"))
    }
}

impl fmt::Display for ExperimentDiff {
    /// What differs, line by line; of the rest, how much there is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.experiment)?;
        if !self.figures.is_empty() {
            write!(formatter, ": {}", counted(self.figures.iter().map(|figure| figure.finding)))?;
        }
        writeln!(formatter)?;
        for note in &self.notes {
            writeln!(formatter, "  note: {note}")?;
        }
        let differing = self.figures.iter().filter(|figure| figure.finding == Finding::Differs);
        aligned(formatter, "  ", &differing.map(figure_row).collect::<Vec<_>>())?;
        for Observation { place, seen: [before, after], is_worse } in &self.observations {
            let way = is_worse.map_or("", |is_worse| if is_worse { " (worse)" } else { " (better)" });
            writeln!(formatter, "  seen once{way}: {place}: {before} → {after}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Compared {
    /// It in one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [place, what, moved, finding] = figure_row(self);
        write!(formatter, "{place}: {what} {moved} {finding}")
    }
}

impl fmt::Display for Moved {
    /// With its interval and its unit.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(ratio) => ratio.fmt(formatter),
            Self::Microseconds(Estimate { value, low, high }) => {
                write!(formatter, "{value:+.0} µs [{low:+.0}, {high:+.0}]")
            }
            Self::RoundTrips(Estimate { value, low, high }) => {
                write!(formatter, "{value:+.1} [{low:+.1}, {high:+.1}]")
            }
        }
    }
}

/// Columns that stand below each other.
fn aligned(formatter: &mut fmt::Formatter<'_>, indent: &str, rows: &[[String; 4]]) -> fmt::Result {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    for row in rows {
        let cells = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}"));
        writeln!(formatter, "{indent}{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn counted(findings: impl Iterator<Item = Finding>) -> String {
    let findings = findings.collect::<Vec<_>>();
    let count = |finding: Finding| findings.iter().filter(|one| **one == finding).count();
    format!(
        "{} differ, {} do not differ (by 5 % at most), of {} nothing can be told",
        count(Finding::Differs),
        count(Finding::DoesNotDiffer),
        count(Finding::CannotTell)
    )
}

fn figure_row(figure: &Compared) -> [String; 4] {
    let moved = figure.moved.map_or_else(|| NOT_ENOUGH.to_owned(), |moved| moved.to_string());
    [figure.place.clone(), figure.what.clone(), moved, figure.finding.words().to_owned()]
}

impl fmt::Display for Change {
    /// It in one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [place, what, ratio, finding] = row(self);
        write!(formatter, "{place}: {what} {ratio} {finding}")
    }
}

fn row(change: &Change) -> [String; 4] {
    let what = format!("{}{}", change.quantity.name(), if change.relative { ", relative" } else { "" });
    let ratio = change.ratio.map_or_else(|| NOT_ENOUGH.to_owned(), |ratio| ratio.to_string());
    [format!("{}: {}", change.journey, change.topology), what, ratio, change.finding.words().to_owned()]
}
