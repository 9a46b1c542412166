//! From the blocks of all rounds to results.

use crate::affinity::CpuSets;
use crate::block::Measured;
use crate::histogram::Latencies;
use crate::journey::Journey;
use crate::machine::Machine;
use crate::pairing;
use crate::results::{
    Block, BlockCell, ByName, Cell, Floor, Pacing, Results, Round, SCHEMA_ID, SCHEMA_VERSION, Twin,
};
use crate::settings::{Phases, Settings};
use crate::statistics::median;

/// The rounds so far, their histograms merged.
pub(crate) struct Collected<'a> {
    settings: &'a Settings,
    journeys: Vec<String>,
    /// Topologies, then the twin, then the floor if there is one.
    labels: Vec<String>,
    twin: String,
    rounds: Vec<Round>,
    /// By journey and label.
    latencies: ByName<ByName<Latencies>>,
    lateness: Latencies,
}

impl<'a> Collected<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        journeys: &[&dyn Journey],
        labels: Vec<String>,
        twin: String,
    ) -> Self {
        let journeys = journeys.iter().map(|journey| journey.name().to_owned()).collect();
        let (rounds, latencies) = (Vec::new(), ByName::new());
        Self { settings, journeys, labels, twin, rounds, latencies, lateness: Latencies::new() }
    }

    pub(crate) fn rounds(&self) -> usize {
        self.rounds.len()
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

    /// The widest p50 interval so far, the control's among them, as a relative half-width.
    pub(crate) fn widest_half_width(&self) -> f64 {
        let compared = self.labels.iter().filter(|label| **label != self.labels[0] && !self.is_floor(label));
        let half_width = |label: &String, journey: &String| {
            let ratios = pairing::ratios(&self.rounds, journey, label, &self.labels[0]);
            ratios.p50.map_or(f64::INFINITY, |ratio| ratio.half_width())
        };
        compared
            .flat_map(|label| self.journeys.iter().map(move |journey| half_width(label, journey)))
            .fold(0.0, f64::max)
    }

    /// The results; the caller adds what it alone knows.
    pub(crate) fn finish(self, machine: Machine, cpu_sets: CpuSets, phases: Phases) -> Results {
        let topologies: Vec<String> =
            self.labels.iter().take_while(|label| **label != self.twin).cloned().collect();
        let of_topologies = |value: &dyn Fn(&Block) -> Option<f64>| {
            topologies
                .iter()
                .map(|label| (label.clone(), self.over_rounds(label, value)))
                .collect::<ByName<_>>()
        };
        let last = self.rounds.last().map(|round| &round.blocks);
        let processes = topologies
            .iter()
            .filter_map(|label| Some((label.clone(), last?.get(label)?.processes.clone())))
            .collect();
        let floor = self.labels.iter().find(|label| self.is_floor(label)).map(|label| Floor {
            label: label.clone(),
            journeys: self.cells(label, phases),
            ratios: ByName::new(),
            memory_pss_kib: self.over_rounds(label, &loaded_kib),
            start_ms: self.over_rounds(label, &|block| block.start_ms),
        });
        pairing::with_ratios(Results {
            schema: SCHEMA_ID.to_owned(),
            schema_version: SCHEMA_VERSION,
            began_at: None,
            seed: self.settings.seed,
            machine,
            settings: self.settings.clone(),
            control: ByName::new(),
            journeys: self.by_journey(|journey| {
                topologies.iter().map(|label| (label.clone(), self.cell(journey, label, phases))).collect()
            }),
            ratios: ByName::new(),
            memory_pss_kib: of_topologies(&loaded_kib),
            start_ms: of_topologies(&|block| block.start_ms),
            journey_order: self.journeys.clone(),
            memory_pss_idle_kib: of_topologies(&|block| block.memory_pss_idle_kib.map(|kib| kib as f64)),
            processes,
            floor,
            twin: Twin { label: self.twin.clone(), journeys: self.cells(&self.twin, phases) },
            blast_radius: None,
            targets: None,
            cpu_sets,
            pacing: self.pacing(),
            phases,
            script_steps: 0,
            ended_because: String::new(),
            elapsed_seconds: 0.0,
            histograms: self
                .latencies
                .iter()
                .map(|(journey, by_label)| {
                    let compact = by_label.iter().map(|(label, all)| (label.clone(), all.compact()));
                    (journey.clone(), compact.collect())
                })
                .collect(),
            topologies,
            rounds: self.rounds,
        })
    }

    fn is_floor(&self, label: &str) -> bool {
        self.labels.last().is_some_and(|last| last == label) && label != self.twin
    }

    fn by_journey<T>(&self, value: impl Fn(&str) -> T) -> ByName<T> {
        self.journeys.iter().map(|journey| (journey.clone(), value(journey))).collect()
    }

    fn cells(&self, label: &str, phases: Phases) -> ByName<Cell> {
        self.by_journey(|journey| self.cell(journey, label, phases))
    }

    fn block_cells(&self, journey: &str, label: &str) -> Vec<&BlockCell> {
        self.rounds.iter().filter_map(|round| round.blocks.get(label)?.journeys.get(journey)).collect()
    }

    fn cell(&self, journey: &str, label: &str, phases: Phases) -> Cell {
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
            offered_rps: per_second(sum(&|cell| cell.requests), cells.len() as f64 * phases.paced_seconds),
            achieved_rps: per_second(sum(&|cell| cell.accepted), counted_seconds),
            settled_ms: median(cells.iter().filter_map(|cell| cell.settled_ms)),
            capacity_rps: median(cells.iter().map(|cell| cell.capacity_rps)).filter(|rps| *rps > 0.0),
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

    fn over_rounds(&self, label: &str, value: &dyn Fn(&Block) -> Option<f64>) -> Option<f64> {
        median(self.rounds.iter().filter_map(|round| value(round.blocks.get(label)?)))
    }

    fn pacing(&self) -> Pacing {
        let mut pacing = Pacing {
            p50_us: self.lateness.quantile_us(0.5),
            p99_us: self.lateness.quantile_us(0.99),
            max_us: self.lateness.max_us(),
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
}

fn per_second(count: u64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| count as f64 / seconds)
}

fn loaded_kib(block: &Block) -> Option<f64> {
    block.memory_pss_kib.map(|kib| kib as f64)
}
