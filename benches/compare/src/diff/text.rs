//! A diff for people.

use std::fmt;

use super::{Change, Diff, Finding};

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
        if self.changes.is_empty() {
            return writeln!(
                formatter,
                "they have no journey and topology in common: nothing can be compared"
            );
        }
        let rows: Vec<[String; 4]> = self.changes.iter().map(row).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [0, 1, 2, 3].map(width);
        for row in &rows {
            let line: Vec<String> =
                row.iter().zip(widths).map(|(text, width)| format!("{text:width$}")).collect();
            writeln!(formatter, "{}", line.join("  ").trim_end())?;
        }
        let count = |finding: Finding| self.changes.iter().filter(|change| change.finding == finding).count();
        writeln!(formatter)?;
        writeln!(
            formatter,
            "{} differ, {} do not differ (by 5 % at most), of {} nothing can be told",
            count(Finding::Differs),
            count(Finding::DoesNotDiffer),
            count(Finding::CannotTell)
        )
    }
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
    let ratio = change.ratio.map_or_else(
        || "not measured in enough rounds".to_owned(),
        |ratio| format!("{:.2} [{:.2}, {:.2}]", ratio.value, ratio.low, ratio.high),
    );
    [format!("{}: {}", change.journey, change.topology), what, ratio, change.finding.words().to_owned()]
}
