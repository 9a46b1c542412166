//! What the slopes mean, in plain words.

use super::{Line, RoundTrip};
use crate::results::Results;
use crate::statistics::Estimate;

/// Fewer round trips than this, even at the upper end of the interval, are none.
const NONE_BELOW: f64 = 0.1;
/// An interval that is wider to either side names no number.
const NAMED_WITHIN: f64 = 0.5;

/// One sentence for each topology and journey; nothing where no round-trip times were measured.
pub(crate) fn sentences(results: &Results) -> Vec<String> {
    let Some(round_trip) = &results.round_trip else { return Vec::new() };
    let lines = results.journey_order.iter().flat_map(|journey| {
        let topologies = results.topologies.iter();
        topologies.filter_map(move |topology| Some((journey, topology, round_trip.line(journey, topology)?)))
    });
    lines.map(|(journey, topology, line)| format!("{journey}: {}", sentence(topology, line))).collect()
}

impl RoundTrip {
    /// A journey on a topology.
    pub(crate) fn line(&self, journey: &str, topology: &str) -> Option<&Line> {
        self.journeys.get(journey)?.get(topology)
    }
}

fn sentence(topology: &str, line: &Line) -> String {
    let failed = line.points.iter().map(|point| point.errors).sum::<u64>();
    let Some(round_trips) = line.round_trips else {
        let reason = if failed > 0 {
            format!("{failed} requests failed at some distance")
        } else {
            "fewer than three rounds are valid; the others are missing, or the generator was late in them"
                .to_owned()
        };
        return format!("how many sequential round trips {topology} makes is not told: {reason}");
    };
    if round_trips.high.max(-round_trips.low) < NONE_BELOW {
        return format!("{topology} makes no round trip between processes: no distance between them is felt");
    }
    if round_trips.half_width() > NAMED_WITHIN {
        return format!("how many sequential round trips {topology} makes cannot be told: {round_trips:.1}");
    }
    let Estimate { value, low, high } = round_trips;
    if low <= 0.0 && high >= 0.0 {
        return format!("no round trip of {topology} between processes can be told ({round_trips:.1})");
    }
    format!(
        "{topology} makes {value:.1} sequential round trips [{low:.1}, {high:.1}]: each millisecond between machines adds {value:.1} ms"
    )
}
