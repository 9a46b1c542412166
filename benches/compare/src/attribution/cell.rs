//! One journey on one topology: what its requests say together.

use serde::{Deserialize, Serialize};

use super::segments::Segments;
use super::ways::{Sample, Ways};
use crate::statistics::{Ratio, median, paired_ratio};

/// One journey on one topology, over all rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributionCell {
    /// How much each segment has: means over rounds, which add up to the mean time that the client waited.
    pub segments: Segments,
    /// What [`Segments::client_us`] consists of; none where it is as much as an echo takes, because some stamps were not of one clock.
    #[serde(default)]
    pub ways: Option<Ways>,
    /// What no stamp explains, as a share of the whole; the interval is none where there are fewer than three rounds.
    pub residual: Share,
    /// The median time with `Server-Timing` over that without, paired by round: what taking the time costs.
    pub probe: Option<Ratio>,
    /// The raw numbers of every round.
    pub rounds: Vec<AttributionRound>,
}

/// A share of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// The estimate: 0.05 means 5 %.
    pub value: f64,
    /// The lower end of its interval.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// One round of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributionRound {
    /// Requests that were answered rightly and told of their time.
    pub requests: u64,
    /// Wrong answers, and answers that did not tell.
    pub errors: u64,
    /// Means over the requests, without the slowest and the fastest ones, as whole requests: so they add up.
    pub segments: Segments,
    /// Mean time of a bare echo of as many bytes beside each request, without the slowest and the fastest ones.
    pub echo_us: f64,
    /// The way in and the way out, means over the same requests; none where one of them had stamps of different clocks.
    #[serde(default)]
    pub ways: Option<Ways>,
    /// The median time that the client waited, with `Server-Timing`.
    pub timed_p50_us: f64,
    /// The same without.
    pub plain_p50_us: Option<f64>,
    /// Some of the requests, as they were seen, spread evenly over the round.
    #[serde(default)]
    pub samples: Vec<Sample>,
}

/// A request that was answered rightly and told of its time.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// How long the client waited, in µs.
    pub(super) whole_us: f64,
    pub(super) segments: Segments,
    pub(super) ways: Option<Ways>,
    pub(super) sample: Sample,
    /// How long the echo of as many bytes took.
    pub(super) echo_us: f64,
}

/// The share of the requests that is left out at each end.
const TRIMMED_SHARE: f64 = 0.05;

/// So many requests of a round are kept as they were seen.
const SAMPLES: usize = 3;

impl AttributionRound {
    /// None where no request told of its time.
    pub(super) fn of(mut told: Vec<Told>, plain_us: Vec<f64>, errors: u64) -> Option<Self> {
        let timed_p50_us = median(told.iter().map(|one| one.whole_us))?;
        // As many are left out of the echoes: it is a mean beside a mean, and either has outliers of its own.
        let mut echoes = told.iter().map(|one| one.echo_us).collect::<Vec<_>>();
        echoes.sort_by(f64::total_cmp);
        let echoes = trimmed(&echoes);
        let echo_us = echoes.iter().sum::<f64>() / echoes.len() as f64;
        let samples =
            told.iter().step_by(told.len().div_ceil(SAMPLES)).map(|one| one.sample.clone()).collect();
        told.sort_by(|one, other| one.whole_us.total_cmp(&other.whole_us));
        let counted = trimmed(&told);
        let ways = Ways::mean(counted.iter().map(|one| one.ways));
        let segments = Segments::mean(&counted.iter().map(|one| one.segments).collect::<Vec<_>>());
        Some(Self {
            requests: told.len() as u64,
            errors,
            segments: segments.with_client(ways.map_or(echo_us, Ways::sum_us)),
            ways,
            echo_us,
            timed_p50_us,
            plain_p50_us: median(plain_us),
            samples,
        })
    }
}

/// Sorted values without those at either end.
fn trimmed<T>(sorted: &[T]) -> &[T] {
    let cut = (sorted.len() as f64 * TRIMMED_SHARE).floor() as usize;
    &sorted[cut..sorted.len() - cut]
}

impl AttributionCell {
    /// None without rounds.
    pub(crate) fn of(rounds: Vec<AttributionRound>) -> Option<Self> {
        if rounds.is_empty() {
            return None;
        }
        let segments = Segments::mean(&rounds.iter().map(|round| round.segments).collect::<Vec<_>>());
        let probed = rounds.iter().filter_map(|round| Some((round.timed_p50_us, round.plain_p50_us?)));
        Some(Self {
            segments,
            ways: Ways::mean(rounds.iter().map(|round| round.ways)),
            residual: Share::residual(&segments, &rounds),
            probe: paired_ratio(&probed.collect::<Vec<_>>()),
            rounds,
        })
    }
}

impl AttributionCell {
    /// What the way to the client and back takes beyond a bare echo, in µs; below zero where the echo was slower.
    pub fn beyond_echo_us(&self) -> Option<f64> {
        Some(self.ways?.sum_us() - self.echo_us())
    }

    /// Mean time of a bare echo of as many bytes beside each request, over all rounds, in µs.
    pub fn echo_us(&self) -> f64 {
        self.rounds.iter().map(|round| round.echo_us).sum::<f64>() / self.rounds.len().max(1) as f64
    }
}

impl Share {
    fn residual(mean: &Segments, rounds: &[AttributionRound]) -> Self {
        let explained = rounds.iter().map(|round| {
            let whole = round.segments.sum_us();
            (whole - round.segments.residual_us, whole)
        });
        let explained = paired_ratio(&explained.collect::<Vec<_>>());
        Self {
            value: mean.residual_us / mean.sum_us().max(f64::MIN_POSITIVE),
            low: explained.map(|explained| (1.0 - explained.high).max(0.0)),
            high: explained.map(|explained| (1.0 - explained.low).max(0.0)),
        }
    }
}
