//! What a comparison found, as it stands in `results.json`.
//!
//! What could not be measured is `null`, never zero. Every number can be recomputed from `rounds` and `histograms`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::attribution::Attribution;
use crate::blast::BlastRadius;
use crate::demand_step::DemandStep;
use crate::ladder::Ladder;
use crate::load::LoadCurves;
use crate::machine::Machine;
use crate::overshoot::Overshoot;
use crate::phases::Phases;
use crate::rolling_release::RollingReleases;
use crate::round_trip::RoundTrip;
use crate::scale_out::ScaleOut;
use crate::settings::Settings;
use crate::statistics::Ratio;

/// The version of the form of `results.json`: higher where a reader of the one before would misread it.
pub const SCHEMA_VERSION: u32 = 2;
/// The name of the JSON Schema that `results.json` obeys, its `$id`.
pub const SCHEMA_ID: &str = "urn:cleave:results:2";

/// Values by the name of a journey, a topology or a service.
pub type ByName<T> = BTreeMap<String, T>;

/// All that a comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// [`SCHEMA_ID`].
    #[serde(rename = "$schema")]
    pub schema: String,
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When the run began, in RFC 3339 and UTC; none in results that were written when nobody noted it.
    pub began_at: Option<String>,
    /// The seed of all randomness.
    pub seed: u64,
    /// Where it ran.
    pub machine: Machine,
    /// The topologies' names, the baseline first.
    pub topologies: Vec<String>,
    /// How it was asked to measure.
    pub settings: Settings,
    /// The A/A control by journey: the baseline's twin over the baseline. All but 1.0 is error.
    pub control: ByName<Ratios>,
    /// By journey and topology.
    pub journeys: ByName<ByName<Cell>>,
    /// By journey and topology: the topology over the baseline. The baseline itself is not in it.
    pub ratios: ByName<ByName<Ratios>>,
    /// By topology: proportional set size of all its processes after load, median over rounds.
    pub memory_pss_kib: ByName<Option<f64>>,
    /// By topology: spawn to ready, median over rounds.
    pub start_ms: ByName<Option<f64>>,
    /// The journeys in the order in which they were given.
    pub journey_order: Vec<String>,
    /// By topology: proportional set size before any load, median over rounds.
    pub memory_pss_idle_kib: ByName<Option<f64>>,
    /// By topology: its processes and their threads after load, in the last round.
    pub processes: ByName<Vec<ProcessCount>>,
    /// The reference subject, where there was one.
    pub floor: Option<Floor>,
    /// The baseline's twin: the same cells again.
    pub twin: Twin,
    /// What goes on while a process is gone; none where nobody asked.
    #[serde(default)]
    pub blast_radius: Option<BlastRadius>,
    /// What more processes buy; none where nobody asked.
    #[serde(default)]
    pub scale_out: Option<ScaleOut>,
    /// What a sudden demand did; none where nobody asked.
    #[serde(default)]
    pub demand_step: Option<DemandStep>,
    /// Whom rolling releases cost their answer; none where nobody asked.
    #[serde(default)]
    pub rolling_release: Option<RollingReleases>,
    /// By topology: where it ran already, so that it was seen from outside only; none where all were started for the run.
    #[serde(default)]
    pub targets: Option<ByName<String>>,
    /// Which factor adds how much; none where nobody asked.
    #[serde(default)]
    pub ladder: Option<Ladder>,
    /// Latency against load; none where nobody asked.
    #[serde(default)]
    pub load: Option<LoadCurves>,
    /// How latencies grow with the round-trip time between processes; none where nobody asked.
    #[serde(default)]
    pub round_trip: Option<RoundTrip>,
    /// Where a request's time goes; none where nobody asked.
    #[serde(default)]
    pub attribution: Option<Attribution>,
    /// Who ran where.
    pub cpu_sets: CpuSets,
    /// How punctual the generator was.
    pub pacing: Pacing,
    /// The lengths of the phases that fitted the budget.
    pub phases: Phases,
    /// Steps of the script that all topologies answered alike.
    pub script_steps: usize,
    /// Why no more rounds were measured.
    pub ended_because: String,
    /// Whether that was before the run was complete: somebody interrupted it, a target went away, or the time was over inside a round.
    #[serde(default)]
    pub cut_short: bool,
    /// Wall-clock time of the whole run.
    pub elapsed_seconds: f64,
    /// The raw numbers of every complete round.
    pub rounds: Vec<Round>,
    /// By journey and subject: latencies of all rounds as `[value_us, count]`.
    pub histograms: ByName<ByName<Vec<(f64, u64)>>>,
}

/// One journey on one subject, over all rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Requests of the paced phases.
    pub requests: u64,
    /// Wrong answers, broken connections and given up requests among them.
    pub errors: u64,
    /// Requests due per second in the paced phases.
    pub offered_rps: Option<f64>,
    /// Right answers per second in the paced phases.
    pub achieved_rps: Option<f64>,
    /// From the end of a load until nothing was left to do, in milliseconds.
    pub settled_ms: Option<f64>,
    /// Right answers per second with all connections always busy, median over rounds.
    pub capacity_rps: Option<f64>,
    /// Errors of the capacity phases, which are not in `capacity_rps`.
    pub capacity_errors: u64,
    /// From the merged histogram of the paced phases that are not void.
    pub p50_us: Option<f64>,
    /// From the merged histogram of the paced phases that are not void.
    pub p99_us: Option<f64>,
    /// Whether at least ten samples lie beyond p99.
    pub p99_carries: bool,
    /// CPU time of all processes per request of the paced phase, median over rounds.
    pub cpu_us_per_request: Option<f64>,
    /// The same by service.
    pub cpu_us_per_request_by_service: ByName<f64>,
    /// Rounds whose paced phase is void because the generator was late.
    pub void_rounds: usize,
}

/// Paired ratios of one subject over another in one journey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// Of the median latency.
    pub p50: Option<Ratio>,
    /// Of the 99th percentile of the latency.
    pub p99: Option<Ratio>,
    /// Of the CPU time per request.
    pub cpu: Option<Ratio>,
    /// Of the capacity; above 1.0 is better here.
    pub capacity: Option<Ratio>,
}

/// One process of a topology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessCount {
    /// Its service.
    pub service: String,
    /// Its threads.
    pub threads: Option<usize>,
    /// Its proportional set size after load.
    pub memory_pss_kib: Option<u64>,
}

/// The reference subject: what the same work costs without the house around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Its name.
    pub label: String,
    /// By journey.
    pub journeys: ByName<Cell>,
    /// By journey: the baseline over the floor. `capacity` is the share of the floor's that the baseline reaches.
    pub ratios: ByName<Ratios>,
    /// After load, median over rounds.
    pub memory_pss_kib: Option<f64>,
    /// Spawn to ready, median over rounds.
    pub start_ms: Option<f64>,
}

/// The baseline under its second label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    /// Its name in `rounds` and `histograms`.
    pub label: String,
    /// By journey.
    pub journeys: ByName<Cell>,
}

/// How punctual the generator was in all paced phases together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pacing {
    /// Requests that were sent or due.
    pub sent: u64,
    /// Sent later than the limit although a connection was free.
    pub late: u64,
    /// Waited for a free connection; part of their latency.
    pub queued: u64,
    /// Phases that count for nothing because too many sends were late.
    pub void_phases: usize,
    /// Lateness of the sends for which a connection was free.
    pub p50_us: Option<f64>,
    /// Its 99th percentile.
    pub p99_us: Option<f64>,
    /// Its maximum.
    pub max_us: Option<f64>,
    /// All of it as `[value_us, count]`; empty in results of an earlier version.
    #[serde(default)]
    pub histogram: Vec<(f64, u64)>,
}

/// One round: every subject once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// The subjects' labels in the order in which they were measured.
    pub order: Vec<String>,
    /// By label.
    pub blocks: ByName<Block>,
}

/// One subject in one round, in fresh processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Since the beginning of the run.
    pub began_seconds: f64,
    /// Spawn to ready; none of what was running before.
    pub start_ms: Option<f64>,
    /// Before load.
    pub memory_pss_idle_kib: Option<u64>,
    /// After load.
    pub memory_pss_kib: Option<u64>,
    /// After load.
    pub processes: Vec<ProcessCount>,
    /// By journey.
    pub journeys: ByName<BlockCell>,
}

/// One journey on one subject in one round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlockCell {
    /// Requests of the paced phase.
    pub requests: u64,
    /// Its errors.
    pub errors: u64,
    /// The length of its schedule.
    #[serde(default)]
    pub paced_seconds: f64,
    /// Its length: requests and answers per second refer to it.
    pub counted_seconds: f64,
    /// Its right answers.
    pub accepted: u64,
    /// Median latency.
    pub p50_us: Option<f64>,
    /// 99th percentile of the latency.
    pub p99_us: Option<f64>,
    /// CPU time per request by service.
    pub cpu_us_per_request: Option<ByName<f64>>,
    /// From the end of the load until nothing was left to do, in milliseconds; none where that cannot be asked.
    pub settled_ms: Option<f64>,
    /// By how much longer than asked calls between processes were delayed in the paced phase, as `[µs, calls]` with the upper end of
    /// each bucket; none where none are delayed.
    #[serde(default)]
    pub delay_overshoot: Option<Overshoot>,
    /// Right answers per second with all connections busy; none where that was not measured.
    pub capacity_rps: Option<f64>,
    /// Errors of the capacity phase.
    pub capacity_errors: u64,
    /// Sends that were late by the generator's fault.
    pub late: u64,
    /// Sends that waited for a connection.
    pub queued: u64,
    /// Whether too many sends were late: latency and CPU of this cell count for nothing.
    pub void: bool,
}

impl BlockCell {
    /// The median latency; none where the phase is void.
    pub(crate) fn valid_p50_us(&self) -> Option<f64> {
        self.p50_us.filter(|_| !self.void)
    }

    /// The 99th percentile; none where the phase is void.
    pub(crate) fn valid_p99_us(&self) -> Option<f64> {
        self.p99_us.filter(|_| !self.void)
    }

    /// CPU time per request of all processes; none where the phase is void.
    pub(crate) fn total_cpu_us(&self) -> Option<f64> {
        let by_service = self.cpu_us_per_request.as_ref().filter(|_| !self.void)?;
        Some(by_service.values().sum())
    }
}

impl Results {
    /// What a subject of that label has in a journey, round by round; nothing of rounds in which it was not measured.
    pub(crate) fn blocks_of<'a>(
        &'a self,
        journey: &'a str,
        label: &'a str,
    ) -> impl Iterator<Item = (&'a Block, &'a BlockCell)> {
        self.rounds.iter().filter_map(move |round| {
            let block = round.blocks.get(label)?;
            Some((block, block.journeys.get(journey)?))
        })
    }

    /// The topologies in their order, with where they run if they ran already.
    pub(crate) fn topologies_with_places(&self) -> String {
        let place = |label: &String| self.targets.as_ref()?.get(label);
        let shown = self.topologies.iter().map(|label| match place(label) {
            Some(url) => format!("{label} at {url}"),
            None => label.clone(),
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    /// Whether only experiments beside the rounds were asked for.
    pub(crate) fn has_no_rounds(&self) -> bool {
        self.settings.rounds_most == 0
    }

    /// The topology that the others are compared with.
    pub fn baseline(&self) -> &str {
        self.topologies.first().map_or("", String::as_str)
    }
}
