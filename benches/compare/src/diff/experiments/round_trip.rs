//! How many round trips a journey makes one after the other: a number of the program, whatever the machine.

use super::{Both, Found};
use crate::diff::compared::{Compared, Margins, Moved};
use crate::round_trip::RoundTrip;

/// Less than a tenth of a round trip is none, and who is within a half makes as many.
const SMALLEST: f64 = 0.1;
const AS_GOOD_AS_NONE: f64 = 0.5;

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.round_trip.as_ref(), |measured| compare(both, measured))
}

fn compare(both: Both<'_>, measured: [&RoundTrip; 2]) -> Found {
    let mut found = Found::default();
    for journey in both.journeys() {
        for topology in both.topologies() {
            let slopes = [0, 1]
                .map(|number| measured[number].slopes(journey, topology, &both.results[number].topologies));
            let [Some(before), Some(after)] = &slopes else { continue };
            // One more where there was none is one more of one.
            let whole = mean(before).max(1.0);
            let margins = Margins { smallest: SMALLEST, as_good_as_none: AS_GOOD_AS_NONE, whole };
            let place = format!("{journey}: {topology}");
            let what = "sequential round trips";
            found.figures.push(Compared::by(place, what, [before, after], Moved::RoundTrips, margins, true));
        }
    }
    found
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}
