//! From the blocks of all rounds to results.

use crate::affinity::CpuSets;
use crate::block::Measured;
use crate::journey::Journey;
use crate::machine::Machine;
use crate::measurements::Measurements;
use crate::pairing;
use crate::phases::Phases;
use crate::results::{Block, ByName, Cell, Floor, Results, SCHEMA_ID, SCHEMA_VERSION, Twin};
use crate::settings::Settings;

/// The rounds so far, and what they are rounds of.
pub(crate) struct Collected<'a> {
    settings: &'a Settings,
    journeys: Vec<String>,
    /// Topologies, then the twin, then the floor if there is one.
    labels: Vec<String>,
    twin: String,
    measurements: Measurements,
}

impl<'a> Collected<'a> {
    /// Of no rounds yet but those of an earlier run that is gone on with.
    pub(crate) fn new(
        settings: &'a Settings,
        journeys: &[&dyn Journey],
        labels: Vec<String>,
        twin: String,
        earlier: Option<&Results>,
    ) -> Self {
        let journeys = journeys.iter().map(|journey| journey.name().to_owned()).collect();
        let measurements = earlier.map_or_else(Measurements::new, Measurements::of);
        Self { settings, journeys, labels, twin, measurements }
    }

    pub(crate) fn rounds(&self) -> usize {
        self.measurements.rounds.len()
    }

    /// Adds a complete round, its blocks in the order in which they were measured.
    pub(crate) fn add(&mut self, measured: Vec<(String, Measured)>) {
        self.measurements.add(measured);
    }

    /// The widest p50 interval so far, the control's among them, as a relative half-width.
    pub(crate) fn widest_half_width(&self) -> f64 {
        let compared = self.labels.iter().filter(|label| **label != self.labels[0] && !self.is_floor(label));
        let half_width = |label: &String, journey: &String| {
            let ratios = pairing::ratios(&self.measurements.rounds, journey, label, &self.labels[0]);
            ratios.p50.map_or(f64::INFINITY, |ratio| ratio.half_width())
        };
        compared
            .flat_map(|label| self.journeys.iter().map(move |journey| half_width(label, journey)))
            .fold(0.0, f64::max)
    }

    /// The results so far; the caller adds what it alone knows.
    pub(crate) fn results(&self, machine: Machine, cpu_sets: CpuSets, phases: Phases) -> Results {
        let topologies: Vec<String> =
            self.labels.iter().take_while(|label| **label != self.twin).cloned().collect();
        let of_topologies = |value: &dyn Fn(&Block) -> Option<f64>| {
            topologies
                .iter()
                .map(|label| (label.clone(), self.measurements.over_rounds(label, value)))
                .collect::<ByName<_>>()
        };
        let last = self.measurements.rounds.last().map(|round| &round.blocks);
        let processes = topologies
            .iter()
            .filter_map(|label| Some((label.clone(), last?.get(label)?.processes.clone())))
            .collect();
        let floor = self.labels.iter().find(|label| self.is_floor(label)).map(|label| Floor {
            label: label.clone(),
            journeys: self.cells(label),
            ratios: ByName::new(),
            memory_pss_kib: self.measurements.over_rounds(label, &loaded_kib),
            start_ms: self.measurements.over_rounds(label, &|block| block.start_ms),
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
                topologies
                    .iter()
                    .map(|label| (label.clone(), self.measurements.cell(journey, label)))
                    .collect()
            }),
            ratios: ByName::new(),
            memory_pss_kib: of_topologies(&loaded_kib),
            start_ms: of_topologies(&|block| block.start_ms),
            journey_order: self.journeys.clone(),
            memory_pss_idle_kib: of_topologies(&|block| block.memory_pss_idle_kib.map(|kib| kib as f64)),
            processes,
            floor,
            twin: Twin { label: self.twin.clone(), journeys: self.cells(&self.twin) },
            blast_radius: None,
            scale_out: None,
            demand_step: None,
            rolling_release: None,
            targets: None,
            ladder: None,
            load: None,
            round_trip: None,
            attribution: None,
            cpu_sets,
            pacing: self.measurements.pacing(),
            phases,
            script_steps: 0,
            ended_because: String::new(),
            cut_short: false,
            elapsed_seconds: 0.0,
            histograms: self.measurements.histograms(),
            topologies,
            rounds: self.measurements.rounds.clone(),
        })
    }

    fn is_floor(&self, label: &str) -> bool {
        self.labels.last().is_some_and(|last| last == label) && label != self.twin
    }

    fn by_journey<T>(&self, value: impl Fn(&str) -> T) -> ByName<T> {
        self.journeys.iter().map(|journey| (journey.clone(), value(journey))).collect()
    }

    fn cells(&self, label: &str) -> ByName<Cell> {
        self.by_journey(|journey| self.measurements.cell(journey, label))
    }
}

fn loaded_kib(block: &Block) -> Option<f64> {
    block.memory_pss_kib.map(|kib| kib as f64)
}
