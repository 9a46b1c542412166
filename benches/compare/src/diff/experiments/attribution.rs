//! What the time of a request goes to, part by part.

use super::{Both, Found};
use crate::attribution::{Attribution, AttributionCell, Segment};
use crate::diff::compared::{Better, Compared, Margins, Moved};

/// Of the whole: a part that moved by less is not worth a claim, and by less than the other one it has as good as not moved.
const SMALLEST_SHARE: f64 = 0.01;
const AS_GOOD_AS_NONE_SHARE: f64 = 0.05;

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.attribution.as_ref(), |measured| compare(both, measured))
}

fn compare(both: Both<'_>, measured: [&Attribution; 2]) -> Found {
    let mut found = Found::default();
    for journey in both.journeys() {
        for topology in both.topologies() {
            let cells = measured.map(|attribution| attribution.cell(journey, topology));
            let [Some(before), Some(after)] = cells else { continue };
            let place = format!("{journey}: {topology}");
            found.figures.extend(parts(&place, [before, after], both.is_same_test_bed));
        }
    }
    found
}

fn parts(place: &str, cells: [&AttributionCell; 2], told: bool) -> Vec<Compared> {
    let wholes = cells.map(|cell| of_rounds(cell, |round| round.segments.sum_us()));
    let whole = cells[0].segments.sum_us();
    let margins =
        Margins { smallest: whole * SMALLEST_SHARE, as_good_as_none: whole * AS_GOOD_AS_NONE_SHARE, whole };
    let together = ["time of a request alone"]
        .map(|what| Compared::times(place.to_owned(), what, [&wholes[0], &wholes[1]], Better::Less, told));
    let part = |segment: Segment| {
        let values = cells.map(|cell| of_rounds(cell, |round| round.segments.get(segment)));
        let values = [&*values[0], &*values[1]];
        Compared::by(place.to_owned(), segment.name(), values, Moved::Microseconds, margins, told)
    };
    together.into_iter().chain(Segment::ALL.map(part)).collect()
}

fn of_rounds(
    cell: &AttributionCell,
    value: impl Fn(&crate::attribution::AttributionRound) -> f64,
) -> Vec<f64> {
    cell.rounds.iter().map(value).collect()
}
