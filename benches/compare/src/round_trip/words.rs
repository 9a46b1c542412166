//! What the slopes mean, in plain words.

use super::{Line, RoundTrip};
use crate::results::Results;
use crate::statistics::Estimate;

/// Fewer round trips than this, even at the upper end of the interval, are none.
const NONE_BELOW: f64 = 0.1;
/// An interval that is wider to either side names no number.
const NAMED_WITHIN: f64 = 0.5;

/// What is known of a journey on a topology.
enum Slope {
    Makes(Estimate),
    /// None, not even at the upper end of the interval.
    None,
    /// One may be hidden in the interval, or none.
    MayBeNone(Estimate),
    TooWide(Estimate),
    /// With the reason.
    Missing(String),
}

/// One sentence for each topology; nothing where no round-trip times were measured.
pub(crate) fn sentences(results: &Results) -> Vec<String> {
    let sentence = |topology: &String| {
        let slopes = slopes(results, topology);
        let clause = |is_meant: fn(&Slope) -> bool, words: fn(String) -> String| {
            let journeys = slopes.iter().filter(|(_, slope)| is_meant(slope));
            let journeys = journeys.map(|(journey, slope)| format!("{journey}{}", slope.shown()));
            let journeys = journeys.collect::<Vec<_>>();
            (!journeys.is_empty()).then(|| words(journeys.join(", ")))
        };
        let clauses = [
            clause(
                |slope| matches!(slope, Slope::Makes(_)),
                |journeys| format!("{journeys}: each millisecond between machines adds so many"),
            ),
            clause(
                |slope| matches!(slope, Slope::None),
                |journeys| format!("none in {journeys}: no distance between processes is felt"),
            ),
            clause(
                |slope| matches!(slope, Slope::MayBeNone(_)),
                |journeys| format!("whether any cannot be told in {journeys}"),
            ),
            clause(
                |slope| matches!(slope, Slope::TooWide(_)),
                |journeys| format!("how many cannot be told in {journeys}"),
            ),
            clause(|slope| matches!(slope, Slope::Missing(_)), |journeys| format!("not told in {journeys}")),
        ];
        let clauses = clauses.into_iter().flatten().collect::<Vec<_>>();
        (!clauses.is_empty()).then(|| format!("{topology}: {}", clauses.join("; ")))
    };
    results.topologies.iter().filter_map(sentence).collect()
}

/// What a millisecond costs in the topologies in which it costs something, in one sentence.
pub(crate) fn in_a_sentence(results: &Results) -> Option<String> {
    let of_topology = |topology: &String| {
        let slopes = slopes(results, topology);
        let made = slopes.iter().filter_map(|(_, slope)| match slope {
            Slope::Makes(round_trips) => Some(round_trips.value),
            _ => None,
        });
        let (least, most) = (made.clone().reduce(f64::min)?, made.clone().reduce(f64::max)?);
        let (count, all) = (made.count(), slopes.len());
        Some(if most - least < 0.05 {
            format!("{least:.1} ms to a request in {topology} ({count} of {all} journeys)")
        } else {
            format!("{least:.1} to {most:.1} ms to a request in {topology} ({count} of {all} journeys)")
        })
    };
    let told = results.topologies.iter().filter_map(of_topology).collect::<Vec<_>>();
    (!told.is_empty()).then(|| format!("Each millisecond between machines adds {}.", told.join(", ")))
}

fn slopes<'a>(results: &'a Results, topology: &str) -> Vec<(&'a String, Slope)> {
    let slope = |journey: &'a String| {
        Some((journey, Slope::of(results.round_trip.as_ref()?.line(journey, topology)?)))
    };
    results.journey_order.iter().filter_map(slope).collect()
}

impl RoundTrip {
    /// A journey on a topology.
    pub(crate) fn line(&self, journey: &str, topology: &str) -> Option<&Line> {
        self.journeys.get(journey)?.get(topology)
    }
}

impl Slope {
    fn of(line: &Line) -> Self {
        let failed = line.points.iter().map(|point| point.errors).sum::<u64>();
        let Some(round_trips) = line.round_trips else {
            return Self::Missing(if failed > 0 {
                format!("{failed} requests failed at some distance")
            } else {
                "fewer than three rounds are valid; the others are missing, or the generator was late in them"
                    .to_owned()
            });
        };
        if round_trips.high.max(-round_trips.low) < NONE_BELOW {
            return Self::None;
        }
        if round_trips.half_width() > NAMED_WITHIN {
            return Self::TooWide(round_trips);
        }
        if round_trips.low <= 0.0 && round_trips.high >= 0.0 {
            return Self::MayBeNone(round_trips);
        }
        Self::Makes(round_trips)
    }

    /// What stands behind the name of the journey.
    fn shown(&self) -> String {
        match self {
            Self::Makes(round_trips) => format!(" {round_trips:.1}"),
            Self::None => String::new(),
            Self::MayBeNone(round_trips) | Self::TooWide(round_trips) => format!(" ({round_trips:.1})"),
            Self::Missing(reason) => format!(" ({reason})"),
        }
    }
}
