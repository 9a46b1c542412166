//! The median latency of a journey over the round-trip time, and its slope.

use serde::{Deserialize, Serialize};

use crate::results::{BlockCell, Round};
use crate::series::Series;
use crate::statistics::{Estimate, estimate};
use crate::verdict;

/// A journey on a topology at every round-trip time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// By round-trip time, rising.
    pub points: Vec<Point>,
    /// How many round trips are made one after the other: the slope. None where rounds are too few or answers were wrong.
    pub round_trips: Option<Estimate>,
}

/// A journey on a topology at one round-trip time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// What was asked for.
    pub round_trip_ms: f64,
    /// The median latency, from the merged histogram of all rounds.
    pub p50_us: Option<f64>,
    /// Requests behind it.
    pub requests: u64,
    /// Wrong answers among them.
    pub errors: u64,
}

impl Line {
    /// The line through the subjects of a series with these labels, at their distances.
    pub(super) fn of(series: &Series, journey: &str, distances: &[(f64, &String)]) -> Self {
        let cell = |label: &String| series.journeys.get(journey).and_then(|by_label| by_label.get(label));
        let point = |(round_trip_ms, label): &(f64, &String)| {
            let cell = cell(label);
            let (requests, errors) = cell.map_or((0, 0), |cell| (cell.requests, cell.errors));
            Point {
                round_trip_ms: *round_trip_ms,
                p50_us: cell.and_then(|cell| cell.p50_us),
                requests,
                errors,
            }
        };
        let points = distances.iter().map(point).collect();
        let are_right =
            distances.iter().all(|(_, label)| cell(label).is_some_and(|it| !verdict::too_many_errors(it)));
        let slopes = slopes(series, journey, distances);
        Self { points, round_trips: estimate(&slopes).filter(|_| are_right) }
    }
}

/// The slope of every round in which all distances are valid.
pub(super) fn slopes(series: &Series, journey: &str, distances: &[(f64, &String)]) -> Vec<f64> {
    let of_round = |round: &Round| {
        let place = |(round_trip_ms, label): &(f64, &String)| {
            let cell = round.blocks.get(*label)?.journeys.get(journey)?;
            Some((delayed_ms(*round_trip_ms, cell), cell.valid_p50_us()? / 1_000.0))
        };
        slope(&distances.iter().map(place).collect::<Option<Vec<_>>>()?)
    };
    series.rounds.iter().filter_map(of_round).collect()
}

/// By how much a call was really delayed: what was asked for, and what the timers added to it.
fn delayed_ms(round_trip_ms: f64, cell: &BlockCell) -> f64 {
    let overshoot_us = cell.delay_overshoot.as_ref().and_then(|overshoot| overshoot.quantile_us(0.5));
    round_trip_ms + overshoot_us.unwrap_or(0.0) / 1_000.0
}

/// The slope of the line with the least squares; none where the points lie above each other.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (x_sum, y_sum) = points.iter().fold((0.0, 0.0), |(x_sum, y_sum), (x, y)| (x_sum + x, y_sum + y));
    let (x_mean, y_mean) = (x_sum / count, y_sum / count);
    let variation = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum::<f64>();
    let covariation = points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum::<f64>();
    (variation > 0.0).then(|| covariation / variation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line_and_noise_on_both_sides_leaves_it() {
        let slope_of = |points: &[(f64, f64)]| slope(points).expect("a slope");
        assert!((slope_of(&[(0.0, 1.0), (0.25, 1.5), (1.0, 3.0)]) - 2.0).abs() < 1e-9);
        assert!((slope_of(&[(0.0, 1.1), (1.0, 2.9), (2.0, 5.1), (3.0, 6.9)]) - 1.96).abs() < 1e-9);
        assert_eq!(slope(&[(1.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(slope(&[]), None);
    }
}
