//! The ladder as lines of text.

use super::Text;
use crate::ladder::{Gap, Ladder, QUANTITIES};
use crate::quantity::{Claim, Quantity};
use crate::results::Results;

/// A row a journey and rung: what it has, and by how much that is more than below it.
pub(super) fn rows(results: &Results, ladder: &Ladder) -> Vec<Vec<Text>> {
    let header = ["journey", "rung", "adds", "p50 µs", "more µs", "times", "CPU µs/req", "more µs", "times"];
    let mut rows = vec![header.map(Text::plain).into()];
    for journey in &results.journey_order {
        for rung in ladder.answering(journey) {
            // A branch does not stand on the row above it.
            let adds = match &rung.on {
                Some(on) if rung.is_branch => format!("{} (beside {on})", rung.adds),
                _ => rung.adds.clone(),
            };
            let mut row = vec![Text::plain(journey), Text::plain(&rung.label), Text::plain(adds)];
            for quantity in QUANTITIES {
                row.push(Text::number(ladder.level(journey, &rung.label, quantity), 1));
                row.extend(gap(ladder, journey, &rung.label, quantity));
            }
            rows.push(row);
        }
    }
    rows
}

/// By how much, and how many times; nothing of the lowest rung. What cannot be told is dim.
fn gap(ladder: &Ladder, journey: &str, rung: &str, quantity: Quantity) -> [Text; 2] {
    let Some(span) = ladder.step(journey, rung) else { return ["", ""].map(Text::plain) };
    let found = span.gap(quantity);
    let is_told = ladder.claim(journey, quantity, found) == Claim::Differs;
    let Some(Gap { us, ratio }) = found else { return [Text::number(None, 0), Text::number(None, 0)] };
    let us = Text::plain(format!("{:+.1} [{:+.1}, {:+.1}]", us.value, us.low, us.high));
    [us, Text::ratio(Some(ratio))].map(|text| Text { dim: !is_told, ..text })
}

/// What the columns mean, and what has no row.
pub(super) fn legend(ladder: &Ladder) -> Vec<String> {
    let rounds = ladder.series.rounds.len();
    let columns = format!(
        "ladder: more and times beside the rung below, of {rounds} rounds of their own, with 95 % intervals; what cannot be told from the \
         difference of {} with itself is dim",
        ladder.twin_of
    );
    let absent = ladder.absent.iter().map(|absent| format!("ladder: {absent}"));
    std::iter::once(columns).chain(absent).collect()
}
