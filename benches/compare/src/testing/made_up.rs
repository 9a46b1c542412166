//! Results that nobody measured, whose truth is known.

use std::time::Duration;

use super::attribution;
use crate::affinity::CpuSets;
use crate::blast::{BlastRadius, BlastSettings, Damage, Extent, Fault, Strike};
use crate::block::Measured;
use crate::demand_step::{DemandStep, DemandStepSettings, ServiceLevel, StepTrial};
use crate::dice::Dice;
use crate::generator::Seen;
use crate::histogram::Latencies;
use crate::http::{Request, Response};
use crate::journey::Journey;
use crate::load::{Level, LoadCurve, LoadCurves, LoadSettings, Trial};
use crate::machine::Machine;
use crate::measurements::Measurements;
use crate::phases::Phases;
use crate::results::{Block, BlockCell, ByName, ProcessCount, Results};
use crate::rolling_release::{Answered, Release, Restarted, RollingReleaseSettings, RollingReleases};
use crate::round_trip::RoundTrip;
use crate::scale_out::{Grown, ScaleOut};
use crate::series::Series;
use crate::settings::Settings;
use crate::summary::Collected;

use super::Distance;

/// A comparison of `mono` with `a | b`, a twin and a floor, in two journeys, of which the floor has the first only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MadeUp {
    pub(crate) seed: u64,
    pub(crate) rounds: usize,
    /// The median latency of the baseline in µs.
    pub(crate) p50_us: f64,
    /// What all of the second topology is of the baseline's.
    pub(crate) ratio: f64,
    /// What all of the twin is of the baseline's: 1.0 where the instrument is right.
    pub(crate) twin: f64,
    /// Deviation of the logarithm from block to block.
    pub(crate) noise: f64,
}

impl Default for MadeUp {
    fn default() -> Self {
        Self { seed: 1, rounds: 10, p50_us: 100.0, ratio: 2.0, twin: 1.0, noise: 0.01 }
    }
}

pub(super) const JOURNEYS: [&str; 2] = ["list", "<item> & \"more\""];
const REQUESTS: usize = 300;

impl MadeUp {
    pub(crate) fn results(self) -> Results {
        let settings = Settings::quick(self.seed);
        let [first, second] = JOURNEYS.map(Named);
        let labels = ["mono", "a | b", "mono (again)", "floor"].map(str::to_owned);
        let mut collected =
            Collected::new(&settings, &[&first, &second], labels.to_vec(), labels[2].clone(), None);
        let mut dice = Dice::new(self.seed, &[]);
        for round in 0..self.rounds {
            let factors = [1.0, self.ratio, self.twin, 0.9];
            let mut blocks: Vec<_> = labels.iter().zip(factors).collect();
            dice.shuffle(&mut blocks);
            let place = |number: usize| (round * blocks.len() + number) as f64 * 2.5;
            let measured = blocks.iter().enumerate().map(|(number, (label, factor))| {
                let services: &[&str] = if *label == "a | b" { &["a", "b"] } else { &["all"] };
                let journeys = if *label == "floor" { &JOURNEYS[..1] } else { &JOURNEYS };
                ((*label).clone(), self.block(&mut dice, place(number), *factor, services, journeys))
            });
            let measured = measured.collect();
            collected.add(measured);
        }
        let phases = Phases::asked(&settings);
        let cpu_sets = CpuSets { servers: vec![0], generator: Some(1), shared: false };
        let machine = Machine { unoptimised: Some(false), ..Machine::detect("1.0.0") };
        let mut results = collected.results(machine, cpu_sets, phases);
        results.began_at = Some("2026-01-02T03:04:05Z".to_owned());
        results.ended_because = "it was made up".to_owned();
        results.elapsed_seconds = 100.0;
        results.blast_radius = Some(Self::blast_radius());
        results.rolling_release = Some(Self::rolling_release());
        results.demand_step = Some(Self::demand_step());
        results.scale_out = Some(self.scale_out(&settings));
        results.load = Some(Self::load());
        results.ladder = Some(self.ladder());
        results.round_trip = Some(self.round_trip());
        results.attribution = Some(attribution::made_up(self.p50_us, self.ratio, &JOURNEYS));
        results
    }

    /// What has one process loses visitors, what has two loses none.
    fn rolling_release() -> RollingReleases {
        let visitors = |failed| Answered { requests: 60, failed, longest_ms: Some(12.5) };
        let restart = |service: &str, replicas, failed| Restarted {
            service: service.to_owned(),
            replicas,
            took_ms: Some(180.0),
            visitors: visitors(failed),
        };
        let release = Release {
            restarts: vec![restart("a", 1, 7), restart("b", 2, 0), restart("b", 2, 0)],
            journeys: JOURNEYS
                .iter()
                .zip([2, 5])
                .map(|(it, lost)| ((*it).to_owned(), visitors(lost)))
                .collect(),
            complete: true,
        };
        let label = "a | b, each × 2".to_owned();
        let settings = RollingReleaseSettings::default();
        RollingReleases { settings, labels: vec![label.clone()], releases: [(label, release)].into() }
    }

    /// The first holds all the time, the second never again.
    fn demand_step() -> DemandStep {
        let settings = DemandStepSettings::default();
        let labels = ["mono", "2 × mono", "mono (again)"].map(str::to_owned);
        let trial = |(label, slow_ms): (&String, u64)| {
            let seen = (0..5_500).map(|due| {
                let took = if due < 1_500 { 2 } else { slow_ms };
                Seen {
                    due: Duration::from_millis(due),
                    took: Duration::from_millis(took),
                    is_right: due != 2_000,
                }
            });
            let level = ServiceLevel::of(&settings, &seen.collect::<Vec<_>>());
            StepTrial { label: label.clone(), journey: JOURNEYS[0].to_owned(), late: 0, void: false, level }
        };
        let round = || labels.iter().zip([4, 400, 4]).map(trial);
        let trials = (0..settings.rounds).flat_map(|_| round()).collect();
        DemandStep {
            settings: settings.clone(),
            labels: labels.to_vec(),
            twin_of: Some(labels[0].clone()),
            trials,
        }
    }

    /// Of `mono` a second copy, which answers as much as the ratio says.
    fn scale_out(self, settings: &Settings) -> ScaleOut {
        let plan = settings.series();
        let labels = ["mono", "2 × mono", "mono (again)"].map(str::to_owned);
        let mut dice = Dice::new(self.seed, &[1]);
        let mut measurements = Measurements::new();
        for round in 0..plan.rounds {
            let factors = [1.0, 1.0 / self.ratio, 1.0];
            let block = |(number, label): (usize, &String)| {
                let began = (round * labels.len() + number) as f64 * 2.0;
                (label.clone(), self.block(&mut dice, began, factors[number], &["all"], &JOURNEYS[..1]))
            };
            let measured = labels.iter().enumerate().map(block).collect();
            measurements.add(measured);
        }
        let cell = |label: &String| (label.clone(), measurements.cell(JOURNEYS[0], label));
        let journeys = [(JOURNEYS[0].to_owned(), labels.iter().map(cell).collect())].into();
        let grown = Grown { from: labels[0].clone(), to: labels[1].clone() };
        let series =
            Series { settings: plan, labels: labels.to_vec(), journeys, rounds: measurements.rounds };
        ScaleOut { growths: vec![grown], twin_of: Some(labels[0].clone()), series }
    }

    /// Of one process everything needs, of another one the second journey alone.
    fn blast_radius() -> BlastRadius {
        let extent = |service: &str, journey: &str| match (service, journey == JOURNEYS[1]) {
            ("b", false) => Extent::Unaffected,
            ("a", false) => Extent::Degraded,
            _ => Extent::Down,
        };
        let damage = |extent: Extent| {
            let (failed, slow, longest_ms) = match extent {
                Extent::Unaffected => (0, 0, 3.5),
                Extent::Degraded => (4, 7, 320.0),
                Extent::Down => (55, 0, 1_000.0),
            };
            let recovered_ms = Some(longest_ms * 1.5).filter(|_| failed > 0).or(Some(0.0));
            Damage { extent, requests: 60, failed, slow, longest_ms, recovered_ms }
        };
        let strike = |service: &str, fault| Strike {
            service: service.to_owned(),
            fault,
            journeys: JOURNEYS.iter().map(|it| ((*it).to_owned(), damage(extent(service, it)))).collect(),
        };
        let strikes = |services: &[&str]| {
            let all = services.iter().flat_map(|service| Fault::ALL.map(|fault| strike(service, fault)));
            all.collect::<Vec<_>>()
        };
        let topologies = [("mono", strikes(&["all"])), ("a | b", strikes(&["a", "b"]))];
        let topologies = topologies.map(|(label, strikes)| (label.to_owned(), strikes));
        BlastRadius { settings: BlastSettings::default(), topologies: topologies.into_iter().collect() }
    }

    /// The second topology holds half as much as the first.
    fn load() -> LoadCurves {
        let settings = LoadSettings { rates: vec![1_000.0, 2_000.0, 4_000.0], ..LoadSettings::default() };
        let curve = |most: f64| {
            let trial = |rate: &f64| Trial {
                rate: *rate,
                requests: *rate as u64,
                errors: 0,
                p50_us: Some(100.0 + rate / most * 50.0),
                p99_us: Some(if *rate > most { 90_000.0 } else { 900.0 }),
                cpu_us_per_request: Some(400_000.0 / most),
                late: 0,
                held: *rate <= most,
            };
            let trials = settings.rates.iter().map(trial).collect::<Vec<_>>();
            let level = |trial: &Trial| Level {
                rate: trial.rate,
                rounds: 3,
                held: if trial.held { 3 } else { 0 },
                requests: trial.requests * 3,
                errors: 0,
                p50_us: trial.p50_us,
                p99_us: trial.p99_us,
                p99_carries: trial.rate > 1_500.0,
                cpu_us_per_request: trial.cpu_us_per_request,
            };
            LoadCurve {
                levels: trials.iter().map(level).collect(),
                holds_rps: vec![Some(most), Some(most * 1.02), Some(most * 0.99)],
                trials: vec![trials.clone(), trials.clone(), trials],
            }
        };
        let topologies = [("mono", curve(4_000.0)), ("a | b", curve(2_000.0))];
        let topologies = topologies.map(|(label, curve)| (label.to_owned(), curve)).into_iter().collect();
        LoadCurves { journey: JOURNEYS[0].to_owned(), topologies, settings }
    }

    /// The first journey makes one round trip in the second topology, the other one two; none in the first topology.
    fn round_trip(self) -> RoundTrip {
        let journeys = JOURNEYS.into_iter().zip([1.0, 2.0]);
        let journeys = journeys.map(|(journey, calls)| (journey, vec![("mono", 0.0), ("a | b", calls)]));
        let distance = Distance { journeys: journeys.collect(), ..Distance::default() };
        distance.measured(&mut Dice::new(self.seed, &[7]))
    }

    pub(super) fn block(
        self,
        dice: &mut Dice,
        began_seconds: f64,
        factor: f64,
        services: &[&str],
        journeys: &[&str],
    ) -> Measured {
        let memory_kib = (10_000.0 * factor) as u64;
        let count = |service: &&str| ProcessCount {
            service: (*service).to_owned(),
            threads: Some(4),
            memory_pss_kib: Some(memory_kib / services.len() as u64),
        };
        let mut measured = Measured {
            block: Block {
                began_seconds,
                start_ms: Some(10.0 * factor),
                memory_pss_idle_kib: Some(memory_kib / 2),
                memory_pss_kib: Some(memory_kib),
                processes: services.iter().map(count).collect(),
                journeys: ByName::new(),
            },
            latencies: ByName::new(),
            lateness: Latencies::new(),
        };
        for journey in journeys {
            let level = factor * (self.noise * normal(dice)).exp();
            let mut latencies = Latencies::new();
            for _ in 0..REQUESTS {
                let us = self.p50_us * level * (0.4 * normal(dice)).exp();
                latencies.record(Duration::from_nanos((us * 1_000.0) as u64));
            }
            let share_us = 80.0 * level / services.len() as f64;
            let cell = BlockCell {
                requests: REQUESTS as u64,
                errors: 0,
                paced_seconds: 0.9,
                counted_seconds: 0.9,
                accepted: REQUESTS as u64,
                p50_us: Some(self.p50_us * level),
                p99_us: latencies.quantile_us(0.99),
                cpu_us_per_request: Some(
                    services.iter().map(|service| ((*service).to_owned(), share_us)).collect(),
                ),
                settled_ms: Some(2.0 * level),
                delay_overshoot: None,
                capacity_rps: Some(10_000.0 / level),
                capacity_errors: 0,
                late: 0,
                queued: 0,
                void: false,
            };
            measured.block.journeys.insert((*journey).to_owned(), cell);
            measured.latencies.insert((*journey).to_owned(), latencies);
        }
        measured
    }
}

/// A journey that is only named.
struct Named(&'static str);

impl Journey for Named {
    fn name(&self) -> &str {
        self.0
    }

    fn request(&self, _dice: &mut Dice) -> Request {
        Request::get("/")
    }

    fn accepts(&self, _response: &Response) -> bool {
        true
    }
}

/// A draw from the standard normal distribution (Box and Muller).
pub(crate) fn normal(dice: &mut Dice) -> f64 {
    (2.0 * dice.exponential(1.0)).sqrt() * (std::f64::consts::TAU * dice.unit()).cos()
}
