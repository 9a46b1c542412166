//! One subject, started afresh, measured on every journey, and stopped.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::affinity::CpuSets;
use crate::dice::Dice;
use crate::error::CompareError;
use crate::generator::{Generator, Limits, Load, Phase};
use crate::histogram::Latencies;
use crate::journey::Journey;
use crate::preparation;
use crate::proc::{self, ThreadTimes};
use crate::results::{Block, BlockCell, ByName, ProcessCount};
use crate::schedule;
use crate::settings::{Phases, Settings};
use crate::subject::{Guard, Process, Running, Subject};

/// What the blocks of one round share.
pub(crate) struct RoundPlan<'a> {
    pub(crate) round: u64,
    pub(crate) settings: &'a Settings,
    pub(crate) phases: Phases,
    pub(crate) cpu_sets: &'a CpuSets,
    /// In the order of this round.
    pub(crate) journeys: Vec<&'a dyn Journey>,
    pub(crate) run_began: Instant,
}

/// A block's numbers and the latencies behind them.
pub(crate) struct Measured {
    pub(crate) block: Block,
    /// By journey; void cells are missing.
    pub(crate) latencies: ByName<Latencies>,
    pub(crate) lateness: Latencies,
}

/// Purposes of the dice, so that no two share their throws.
pub(crate) mod purpose {
    pub(crate) const ORDER: u64 = 1;
    pub(crate) const SCHEDULE: u64 = 2;
    pub(crate) const PACED: u64 = 3;
    pub(crate) const CLOSED: u64 = 4;
    pub(crate) const PREFLIGHT: u64 = 6;
    pub(crate) const LOAD: u64 = 7;
}

/// The closed loop cycles through so many requests.
const CLOSED_REQUESTS: usize = 1000;
/// How many requests show how long preparing takes.
const TRIED_PREPARATIONS: usize = 64;
/// Longer than this nobody waits for a deployment to settle.
const LONGEST_SETTLING: Duration = Duration::from_secs(10);
/// Between phases the deployment comes to rest, and the kernel books what its threads have run.
pub(crate) const SETTLE: Duration = Duration::from_millis(10);
/// The share of the capacity phase during which queues fill, not counted.
const RAMP_SHARE: f64 = 0.2;

impl RoundPlan<'_> {
    /// Measures one subject; `note` hears what begins.
    pub(crate) fn measure(
        &self,
        label: &str,
        subject: &dyn Subject,
        mut note: impl FnMut(&str),
    ) -> Result<Measured, CompareError> {
        let began_seconds = self.run_began.elapsed().as_secs_f64();
        note("starts");
        let guard = start(self.cpu_sets, label, subject)?;
        let processes = guard.running().processes();
        let failed = |source| CompareError::Generator { label: label.to_owned(), source };
        let memory_pss_idle_kib = memory(&processes);
        let mut generator = Generator::new(guard.running().address(), limits(self.settings, self.cpu_sets))
            .map_err(failed)?;
        let mut measured = Measured {
            block: Block {
                began_seconds,
                start_ms: guard.running().start_ms(),
                memory_pss_idle_kib,
                memory_pss_kib: None,
                processes: Vec::new(),
                journeys: ByName::new(),
            },
            latencies: ByName::new(),
            lateness: Latencies::new(),
        };
        for (index, journey) in self.journeys.iter().enumerate() {
            if !subject.answers(journey.name()) {
                continue;
            }
            note(journey.name());
            let paced = self.journey(*journey, index as u64, &processes, &mut generator).map_err(failed)?;
            let (mut cell, phase) = paced;
            cell.settled_ms = settled_ms(guard.running());
            measured.lateness.merge(&phase.lateness);
            if !cell.void {
                measured.latencies.insert(journey.name().to_owned(), phase.latencies);
            }
            measured.block.journeys.insert(journey.name().to_owned(), cell);
        }
        let count = |process: &Process| ProcessCount {
            service: process.service.clone(),
            threads: proc::threads(process.pid),
            memory_pss_kib: proc::pss_kib(process.pid),
        };
        measured.block.processes = processes.iter().map(count).collect();
        let loaded_kib = measured.block.processes.iter().map(|process| process.memory_pss_kib);
        measured.block.memory_pss_kib = loaded_kib.sum::<Option<u64>>().filter(|_| !processes.is_empty());
        drop(generator);
        guard.stop().map_err(|source| CompareError::Stop { label: label.to_owned(), source })?;
        Ok(measured)
    }

    /// Warm-up, paced phase, capacity.
    fn journey(
        &self,
        journey: &dyn Journey,
        index: u64,
        processes: &[Process],
        generator: &mut Generator,
    ) -> std::io::Result<(BlockCell, Phase)> {
        let seconds = Duration::from_secs_f64;
        let dice = |purpose| Dice::new(self.settings.seed, &[purpose, self.round, index]);
        let mut throw = dice(purpose::CLOSED);
        let busy = self.phases.warm_up_seconds + self.phases.capacity_seconds;
        let count = closed_requests(journey, self.phases);
        let closed_requests = (0..count).map(|_| journey.request(&mut throw)).collect::<Vec<_>>();
        preparation::ask(generator.address(), journey, &closed_requests)?;
        let (warm_up_requests, closed_requests) = if journey.once_per_second().is_some() {
            let mut warm_up = closed_requests;
            let share = self.phases.warm_up_seconds / busy;
            let rest = warm_up.split_off((warm_up.len() as f64 * share) as usize);
            (generator.prepare(warm_up), generator.prepare(rest))
        } else {
            (generator.prepare(closed_requests.clone()), generator.prepare(closed_requests))
        };
        let warming = Load { journey, requests: &warm_up_requests };
        let closed = Load { journey, requests: &closed_requests };
        let paced_length = seconds(self.phases.paced_seconds);
        let schedule = schedule::poisson(
            &mut dice(purpose::SCHEDULE),
            journey.rate_per_second(self.settings.paced_rate_per_second),
            paced_length,
        );
        let paced_requests = journey.requests(&mut dice(purpose::PACED), &schedule);
        preparation::ask(generator.address(), journey, &paced_requests)?;
        let paced_requests = generator.prepare(paced_requests);
        let paced = Load { journey, requests: &paced_requests };

        let warm_up = seconds(self.phases.warm_up_seconds);
        self.on_generator(|| generator.closed_loop(warming, Duration::ZERO, warm_up))?;
        thread::sleep(SETTLE);

        let before = cpu_times(processes);
        let phase = self.on_generator(|| generator.open_loop(paced, &schedule, paced_length))?;
        thread::sleep(SETTLE);
        let after = cpu_times(processes);

        let length = seconds(self.phases.capacity_seconds);
        let ramp = length.mul_f64(RAMP_SHARE);
        let capacity = self.on_generator(|| generator.closed_loop(closed, ramp, length))?;
        thread::sleep(SETTLE);

        let cell = BlockCell {
            requests: phase.requests,
            errors: phase.errors,
            counted_seconds: phase.counted.as_secs_f64(),
            accepted: phase.accepted,
            p50_us: phase.latencies.quantile_us(0.5),
            p99_us: phase.latencies.quantile_us(0.99),
            cpu_us_per_request: cpu_by_service(processes, before.zip(after), phase.requests),
            capacity_rps: (!length.is_zero()).then(|| capacity.accepted_per_second()),
            capacity_errors: capacity.errors,
            settled_ms: None,
            late: phase.late,
            queued: phase.queued,
            // Two late sends void no phase, however few there are.
            void: phase.late as f64 > (phase.requests as f64 * self.settings.void_late_share).max(2.0),
        };
        Ok((cell, phase))
    }

    fn on_generator<T: Send>(&self, phase: impl FnOnce() -> T + Send) -> T {
        on_generator(self.cpu_sets, phase)
    }
}

/// Runs a phase on a thread of its own on the generator's processor.
pub(crate) fn on_generator<T: Send>(cpu_sets: &CpuSets, phase: impl FnOnce() -> T + Send) -> T {
    let pinned = || {
        cpu_sets.pin_generator();
        phase()
    };
    thread::scope(|scope| scope.spawn(pinned).join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The generator's bounds.
pub(crate) fn limits(settings: &Settings, cpu_sets: &CpuSets) -> Limits {
    Limits {
        connections: settings.connections,
        connections_most: settings.connections_most,
        request_timeout: Duration::from_secs_f64(settings.request_timeout_seconds),
        late: Duration::from_micros(settings.late_us),
        spin: !cpu_sets.shared,
    }
}

/// How many requests the warm-up and the closed loop take.
fn closed_requests(journey: &dyn Journey, phases: Phases) -> usize {
    let seconds = phases.warm_up_seconds + phases.capacity_seconds;
    journey.once_per_second().map_or(CLOSED_REQUESTS, |once| (seconds * once).ceil() as usize)
}

/// How long what has to be asked before a journey's phases takes beside the phases themselves: tried with a few
/// requests that no phase has.
pub(crate) fn preparation_share(
    address: SocketAddr,
    journey: &dyn Journey,
    settings: &Settings,
) -> std::io::Result<f64> {
    let mut throw = Dice::new(settings.seed, &[purpose::PREFLIGHT]);
    let requests = (0..TRIED_PREPARATIONS).map(|_| journey.request(&mut throw)).collect::<Vec<_>>();
    let began = Instant::now();
    preparation::ask(address, journey, &requests)?;
    let each_seconds = began.elapsed().as_secs_f64() / TRIED_PREPARATIONS as f64;
    let phases = Phases::asked(settings);
    let paced = journey.rate_per_second(settings.paced_rate_per_second) * phases.paced_seconds;
    Ok(each_seconds * (closed_requests(journey, phases) as f64 + paced) / phases.sum_seconds())
}

/// Starts a subject on the servers' processors.
pub(crate) fn start(cpu_sets: &CpuSets, label: &str, subject: &dyn Subject) -> Result<Guard, CompareError> {
    let failed = |source| CompareError::Start { label: label.to_owned(), source };
    cpu_sets.on_servers(|| subject.start()).map(Guard::new).map_err(failed)
}

/// How long it takes from here until nothing is left to do; none where that cannot be asked or takes too long.
pub(crate) fn settled_ms(running: &dyn Running) -> Option<f64> {
    let start = Instant::now();
    loop {
        if running.is_settled()? {
            return Some(start.elapsed().as_secs_f64() * 1_000.0);
        }
        if start.elapsed() > LONGEST_SETTLING {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The sum over all processes; none if one of them cannot be read.
fn memory(processes: &[Process]) -> Option<u64> {
    if processes.is_empty() {
        return None;
    }
    processes.iter().map(|process| proc::pss_kib(process.pid)).sum()
}

pub(crate) fn cpu_times(processes: &[Process]) -> Option<Vec<ThreadTimes>> {
    if processes.is_empty() {
        return None;
    }
    processes.iter().map(|process| ThreadTimes::read(process.pid)).collect()
}

pub(crate) fn cpu_by_service(
    processes: &[Process],
    times: Option<(Vec<ThreadTimes>, Vec<ThreadTimes>)>,
    requests: u64,
) -> Option<ByName<f64>> {
    let (before, after) = times?;
    if requests == 0 {
        return None;
    }
    let mut by_service = ByName::new();
    for (process, (before, after)) in processes.iter().zip(before.iter().zip(&after)) {
        *by_service.entry(process.service.clone()).or_insert(0.0) += after.since_us(before) / requests as f64;
    }
    Some(by_service)
}
