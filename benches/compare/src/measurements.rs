//! Rounds that were measured, with the latencies behind them.

use crate::block::Measured;
use crate::histogram::Latencies;
use crate::results::{Block, BlockCell, ByName, Cell, Pacing, Results, Round};
use crate::statistics::median;

/// The rounds so far, their histograms merged.
#[derive(Debug, Clone)]
pub(crate) struct Measurements {
    pub(crate) rounds: Vec<Round>,
    /// By journey and label.
    latencies: ByName<ByName<Latencies>>,
    lateness: Latencies,
}

impl Measurements {
    pub(crate) fn new() -> Self {
        Self { rounds: Vec::new(), latencies: ByName::new(), lateness: Latencies::new() }
    }

    /// Those that stand in results.
    pub(crate) fn of(results: &Results) -> Self {
        let read = |by_label: &ByName<Vec<(f64, u64)>>| {
            by_label.iter().map(|(label, all)| (label.clone(), Latencies::of_recorded(all))).collect()
        };
        let latencies =
            results.histograms.iter().map(|(journey, all)| (journey.clone(), read(all))).collect();
        let lateness = Latencies::of_recorded(&results.pacing.histogram);
        Self { rounds: results.rounds.clone(), latencies, lateness }
    }

    /// Adds a complete round, its blocks in the order in which they were measured.
    pub(crate) fn add(&mut self, measured: Vec<(String, Measured)>) {
        let mut round = Round { order: Vec::new(), blocks: ByName::new() };
        for (label, Measured { block, latencies, lateness }) in measured {
            self.lateness.merge(&lateness);
            for (journey, histogram) in latencies {
                self.latencies
                    .entry(journey)
                    .or_default()
                    .entry(label.clone())
                    .or_insert_with(Latencies::new)
                    .merge(&histogram);
            }
            round.order.push(label.clone());
            round.blocks.insert(label, block);
        }
        self.rounds.push(round);
    }

    /// One journey on one subject, over all rounds.
    pub(crate) fn cell(&self, journey: &str, label: &str) -> Cell {
        let cells = self.block_cells(journey, label);
        let sum = |value: &dyn Fn(&BlockCell) -> u64| cells.iter().map(|cell| value(cell)).sum::<u64>();
        let counted_seconds: f64 = cells.iter().map(|cell| cell.counted_seconds).sum();
        let latencies = self.latencies.get(journey).and_then(|by_label| by_label.get(label));
        let mut by_service: ByName<Vec<f64>> = ByName::new();
        for (service, cpu_us) in cells
            .iter()
            .filter(|cell| !cell.void)
            .filter_map(|cell| cell.cpu_us_per_request.as_ref())
            .flatten()
        {
            by_service.entry(service.clone()).or_default().push(*cpu_us);
        }
        Cell {
            requests: sum(&|cell| cell.requests),
            errors: sum(&|cell| cell.errors),
            offered_rps: per_second(
                sum(&|cell| cell.requests),
                cells.iter().map(|cell| cell.paced_seconds).sum(),
            ),
            achieved_rps: per_second(sum(&|cell| cell.accepted), counted_seconds),
            settled_ms: median(cells.iter().filter_map(|cell| cell.settled_ms)),
            capacity_rps: median(cells.iter().filter_map(|cell| cell.capacity_rps)).filter(|rps| *rps > 0.0),
            capacity_errors: sum(&|cell| cell.capacity_errors),
            p50_us: latencies.and_then(|all| all.quantile_us(0.5)),
            p99_us: latencies.and_then(|all| all.quantile_us(0.99)),
            p99_carries: latencies.is_some_and(|all| all.carries(0.99)),
            cpu_us_per_request: median(cells.iter().filter_map(|cell| cell.total_cpu_us())),
            cpu_us_per_request_by_service: by_service
                .into_iter()
                .filter_map(|(service, values)| Some((service, median(values)?)))
                .collect(),
            void_rounds: cells.iter().filter(|cell| cell.void).count(),
        }
    }

    /// The median over the rounds of what a subject's blocks have.
    pub(crate) fn over_rounds(&self, label: &str, value: &dyn Fn(&Block) -> Option<f64>) -> Option<f64> {
        median(self.rounds.iter().filter_map(|round| value(round.blocks.get(label)?)))
    }

    /// How punctual the generator was.
    pub(crate) fn pacing(&self) -> Pacing {
        let mut pacing = Pacing {
            p50_us: self.lateness.quantile_us(0.5),
            p99_us: self.lateness.quantile_us(0.99),
            max_us: self.lateness.max_us(),
            histogram: self.lateness.compact(),
            ..Pacing::default()
        };
        for cell in self
            .rounds
            .iter()
            .flat_map(|round| round.blocks.values())
            .flat_map(|block| block.journeys.values())
        {
            pacing.sent += cell.requests;
            pacing.late += cell.late;
            pacing.queued += cell.queued;
            pacing.void_phases += usize::from(cell.void);
        }
        pacing
    }

    /// By journey and label: latencies of all rounds as `[value_us, count]`.
    pub(crate) fn histograms(&self) -> ByName<ByName<Vec<(f64, u64)>>> {
        let compact = |by_label: &ByName<Latencies>| {
            by_label.iter().map(|(label, all)| (label.clone(), all.compact())).collect()
        };
        self.latencies.iter().map(|(journey, by_label)| (journey.clone(), compact(by_label))).collect()
    }

    fn block_cells(&self, journey: &str, label: &str) -> Vec<&BlockCell> {
        self.rounds.iter().filter_map(|round| round.blocks.get(label)?.journeys.get(journey)).collect()
    }
}

fn per_second(count: u64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| count as f64 / seconds)
}
