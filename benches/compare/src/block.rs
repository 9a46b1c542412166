//! What measuring a subject in a round takes: its start, its bounds, its CPU time and memory, and when it has come to rest.

use std::thread;
use std::time::{Duration, Instant};

use crate::affinity::CpuSets;
use crate::dice::Dice;
use crate::error::CompareError;
use crate::generator::{Limits, Phase};
use crate::histogram::Latencies;
use crate::http::Request;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::phases::Phases;
use crate::preparation;
use crate::proc::{self, ThreadTimes};
use crate::results::{Block, ByName};
use crate::settings::Settings;
use crate::subject::{Guard, Process, Running, Subject};

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
    pub(crate) const STEP: u64 = 8;
    pub(crate) const RELEASE: u64 = 9;
    pub(crate) const ATTRIBUTION: u64 = 10;
}

/// The closed loop cycles through so many requests.
const CLOSED_REQUESTS: usize = 1000;
/// How many requests show how long preparing takes.
const TRIED_PREPARATIONS: usize = 64;
/// Longer than this nobody waits for a deployment to settle.
const LONGEST_SETTLING: Duration = Duration::from_secs(10);
/// After a load the deployment comes to rest, and the kernel books what its threads have run.
pub(crate) const SETTLE: Duration = Duration::from_millis(5);

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
pub(crate) fn closed_requests(journey: &dyn Journey, phases: Phases) -> usize {
    let seconds = phases.warm_up_seconds + phases.capacity_seconds;
    journey.once_per_second().map_or(CLOSED_REQUESTS, |once| (seconds * once).ceil() as usize)
}

/// How long what has to be asked before a journey's phases takes beside the phases themselves: tried with a few
/// requests that no phase has.
pub(crate) fn preparation_share(
    subject: &dyn Subject,
    running: &dyn Running,
    journey: &dyn Journey,
    settings: &Settings,
    interruption: &Interruption,
) -> std::io::Result<f64> {
    let mut throw = Dice::new(settings.seed, &[purpose::PREFLIGHT]);
    let requests = requests(subject, journey, &mut throw, TRIED_PREPARATIONS);
    let began = Instant::now();
    preparation::ask(running, journey, &requests, interruption)?;
    let each_seconds = began.elapsed().as_secs_f64() / TRIED_PREPARATIONS as f64;
    let asked = Phases::asked(settings);
    let phases = asked.of(journey, settings);
    let paced = journey.rate_per_second(settings.paced_rate_per_second) * phases.paced_seconds;
    Ok(each_seconds * (closed_requests(journey, phases) as f64 + paced) / asked.sum_seconds())
}

/// The next requests of a journey, as the subject knows them.
pub(crate) fn requests(
    subject: &dyn Subject,
    journey: &dyn Journey,
    dice: &mut Dice,
    count: usize,
) -> Vec<Request> {
    journey.unscheduled(dice, count).into_iter().map(|request| subject.adapted(request)).collect()
}

/// The requests of a journey at these moments, as the subject knows them.
pub(crate) fn scheduled_requests(
    subject: &dyn Subject,
    journey: &dyn Journey,
    dice: &mut Dice,
    schedule: &[Duration],
) -> Vec<Request> {
    journey.requests(dice, schedule).into_iter().map(|request| subject.adapted(request)).collect()
}

/// Starts a subject on the servers' processors; one that runs already is looked for.
pub(crate) fn start(cpu_sets: &CpuSets, label: &str, subject: &dyn Subject) -> Result<Guard, CompareError> {
    let failed = |source| match subject.runs_at() {
        Some(_) => CompareError::Gone { label: subject.label().to_owned(), source },
        None => CompareError::Start { label: label.to_owned(), source },
    };
    cpu_sets.on_servers(|| subject.start()).map(Guard::new).map_err(failed)
}

/// Stops a subject; one that ran before has to be there still.
pub(crate) fn stop(subject: &dyn Subject, guard: Guard) -> Result<(), CompareError> {
    let label = subject.label().to_owned();
    guard.stop().map_err(|source| match subject.runs_at() {
        Some(_) => CompareError::Gone { label, source },
        None => CompareError::Stop { label, source },
    })
}

/// The load generator does not reach a subject: its own fault, or that of one that has gone.
pub(crate) fn unreachable(subject: &dyn Subject, source: std::io::Error) -> CompareError {
    let label = subject.label().to_owned();
    match subject.runs_at() {
        Some(_) => CompareError::Gone { label, source: source.into() },
        None => CompareError::Generator { label, source },
    }
}

/// After a load of which nothing was answered, makes sure that what ran before is still there: the rest of the round would only wait for it.
pub(crate) fn look_for_silent(subject: &dyn Subject, load: &Phase) -> Result<(), CompareError> {
    if subject.runs_at().is_none() || load.requests == 0 || load.accepted > 0 {
        return Ok(());
    }
    let gone = |source| CompareError::Gone { label: subject.label().to_owned(), source };
    subject.start().map(drop).map_err(gone)
}

/// How long it takes from here until nothing is left to do; none where that cannot be asked, takes too long or is interrupted.
pub(crate) fn settled_ms(running: &dyn Running, interruption: &Interruption) -> Option<f64> {
    let start = Instant::now();
    loop {
        if running.is_settled()? {
            return Some(start.elapsed().as_secs_f64() * 1_000.0);
        }
        if start.elapsed() > LONGEST_SETTLING || interruption.is_wanted() {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The sum over all processes; none if one of them cannot be read.
pub(crate) fn memory(processes: &[Process]) -> Option<u64> {
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

/// CPU time between two readings by service; none where it cannot be read.
pub(crate) fn cpu_us_by_service(
    processes: &[Process],
    times: Option<(Vec<ThreadTimes>, Vec<ThreadTimes>)>,
) -> Option<ByName<f64>> {
    let (before, after) = times?;
    let mut by_service = ByName::new();
    for (process, (before, after)) in processes.iter().zip(before.iter().zip(&after)) {
        *by_service.entry(process.service.clone()).or_insert(0.0) += after.since_us(before);
    }
    Some(by_service)
}
