//! A *rolling release*: every process is asked to stop and is started again, one after the other, while visitors come. How many of them
//! get no answer?

use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::blast::{Visit, Visitors};
use crate::block::{self, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::preparation;
use crate::results::ByName;
use crate::schedule;
use crate::subject::{Process, Running, Subject};

/// How a rolling release is made. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollingReleaseSettings {
    /// How long visitors come before the first process is restarted, and after the last one.
    pub around_seconds: f64,
    /// Between a process that is there again and the next that is asked to stop.
    pub between_seconds: f64,
    /// A process that is not there again within this time ends the release.
    pub ready_within_seconds: f64,
    /// How long a visitor waits for an answer.
    pub patience_seconds: f64,
    /// Visitors a second of a journey that only reads; others come as much more seldom as in the paced phase.
    pub rate_per_second: f64,
}

impl Default for RollingReleaseSettings {
    fn default() -> Self {
        Self {
            around_seconds: 0.7,
            between_seconds: 0.3,
            ready_within_seconds: 10.0,
            // Lost is what is not answered at all: on a machine that is busy with starting, many wait for a second.
            patience_seconds: 3.0,
            rate_per_second: 25.0,
        }
    }
}

/// A process that stops and starts in this time is no slower than usual; load is made ready for so much.
const RESTART_SECONDS: f64 = 1.5;

/// Who came so shortly before a process was asked to stop may have been with it then.
const UNDER_WAY: Duration = Duration::from_millis(100);

/// Between the last preparation and the first visitor.
const BREATH: Duration = Duration::from_millis(50);

impl RollingReleaseSettings {
    /// For how long visitors are made ready. They stop coming when the release is over.
    fn longest(&self, processes: usize) -> Duration {
        let each = RESTART_SECONDS + self.between_seconds;
        Duration::from_secs_f64(each.mul_add(processes as f64, 2.0 * self.around_seconds))
    }

    /// About how long the releases of deployments with so many processes take.
    pub(crate) fn seconds(&self, processes: usize, deployments: usize) -> f64 {
        /// A start, preparations and an end, and what a restart takes on a calm machine.
        const AROUND_SECONDS: f64 = 3.0;
        const USUAL_SECONDS: f64 = 0.4;
        let each = USUAL_SECONDS + self.between_seconds;
        each.mul_add(processes as f64, AROUND_SECONDS * deployments as f64)
    }
}

/// What rolling releases cost.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RollingReleases {
    /// How they were made.
    pub settings: RollingReleaseSettings,
    /// The labels in the order in which they were given.
    pub labels: Vec<String>,
    /// By label.
    pub releases: ByName<Release>,
}

/// One rolling release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// In the order in which they were made.
    pub restarts: Vec<Restarted>,
    /// By journey.
    pub journeys: ByName<Answered>,
    /// Whether every process was there again in time, and visitors came until the end.
    pub complete: bool,
}

/// One process that was restarted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restarted {
    /// Its service.
    pub service: String,
    /// How many processes the service has.
    pub replicas: usize,
    /// From asking it to stop until it was there again, in milliseconds; none where that was not seen.
    pub took_ms: Option<f64>,
    /// Visitors of all journeys who came from then until the next one was asked to stop.
    pub visitors: Answered,
}

/// How visitors were answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Who came.
    pub requests: u64,
    /// Who got a wrong answer, or none in time.
    pub failed: u64,
    /// The longest that one of them waited, in milliseconds; none where nobody came.
    pub longest_ms: Option<f64>,
}

impl Answered {
    fn of<'a>(visits: impl Iterator<Item = &'a Visit> + Clone) -> Self {
        Self {
            requests: visits.clone().count() as u64,
            failed: visits.clone().filter(|visit| !visit.is_right).count() as u64,
            longest_ms: visits.map(|visit| visit.took.as_secs_f64() * 1_000.0).reduce(f64::max),
        }
    }
}

impl Release {
    /// Visitors of all journeys who got no answer, and all of them.
    pub fn failed_of(&self) -> (u64, u64) {
        let journeys = self.journeys.values();
        (journeys.clone().map(|it| it.failed).sum(), journeys.map(|it| it.requests).sum())
    }

    /// Those who got none while processes of services with several, or with one only, were restarted.
    pub fn failed_where(&self, several: bool) -> Option<u64> {
        let restarts = self.restarts.iter().filter(|restart| (restart.replicas > 1) == several);
        let failed = restarts.map(|restart| restart.visitors.failed).collect::<Vec<_>>();
        (!failed.is_empty()).then(|| failed.iter().sum())
    }
}

impl RollingReleases {
    /// Makes one release of each; `note` hears whose begins, with how many are done.
    pub(crate) fn measure(
        settings: &RollingReleaseSettings,
        subjects: &[&dyn Subject],
        journeys: &[&dyn Journey],
        cpu_sets: &CpuSets,
        seed: u64,
        interruption: &Interruption,
        mut note: impl FnMut(&str, usize),
    ) -> Result<Self, CompareError> {
        let labels = subjects.iter().map(|subject| subject.label().to_owned()).collect();
        let mut releases = ByName::new();
        for subject in subjects {
            if interruption.is_wanted() {
                break;
            }
            note(subject.label(), releases.len());
            let rolling = Rolling { settings, subject: *subject, journeys, cpu_sets, seed, interruption };
            let release = rolling.run()?;
            // What was seen until then is no release.
            if interruption.is_wanted() {
                break;
            }
            releases.insert(subject.label().to_owned(), release);
        }
        Ok(Self { settings: settings.clone(), labels, releases })
    }
}

struct Rolling<'a> {
    settings: &'a RollingReleaseSettings,
    subject: &'a dyn Subject,
    journeys: &'a [&'a dyn Journey],
    cpu_sets: &'a CpuSets,
    seed: u64,
    interruption: &'a Interruption,
}

/// A restart as it was made.
struct Made {
    process: Process,
    replicas: usize,
    /// From the start of the load.
    began: Duration,
    took: Option<Duration>,
}

impl Rolling<'_> {
    fn run(&self) -> Result<Release, CompareError> {
        let failed = |source| block::unreachable(self.subject, source);
        let mut guard = block::start(self.cpu_sets, self.subject.label(), self.subject)?;
        guard.running_mut().tend();
        let address = guard.running().address();
        let processes = guard.running().processes();
        let longest = self.settings.longest(processes.len());

        let mut loads = Vec::new();
        for (index, journey) in
            (0..).zip(self.journeys).filter(|(_, journey)| self.subject.answers(journey.name()))
        {
            let dice = |purpose| Dice::new(self.seed, &[purpose::RELEASE, index, purpose]);
            let rate = journey.rate_per_second(self.settings.rate_per_second);
            let schedule = schedule::poisson(&mut dice(purpose::SCHEDULE), rate, longest);
            let requests =
                block::scheduled_requests(self.subject, *journey, &mut dice(purpose::PACED), &schedule);
            preparation::ask(guard.running(), *journey, &requests, self.interruption).map_err(failed)?;
            loads.push((*journey, schedule, requests));
        }
        let start = Instant::now() + BREATH;
        let is_over = Interruption::default();
        let cpu_sets = self.cpu_sets;
        let patience = Duration::from_secs_f64(self.settings.patience_seconds);
        let (made, ended, visits) = thread::scope(|scope| {
            let visitors = loads.iter().map(|(journey, schedule, requests)| {
                let visitors = Visitors {
                    journey: *journey,
                    requests,
                    schedule,
                    patience,
                    is_over: &is_over,
                    interruption: self.interruption,
                };
                let come = move || (*journey, visitors.come(address, start, cpu_sets));
                scope.spawn(come)
            });
            let visitors = visitors.collect::<Vec<_>>();
            let made = self.restart_all(guard.running(), &processes, start);
            let ended = start.elapsed();
            is_over.want();
            let seen = visitors.into_iter().map(ScopedJoinHandle::join);
            let seen = seen.map(|one| one.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            (made, ended, seen.collect::<Vec<_>>())
        });
        block::stop(self.subject, guard)?;
        let is_whole = made.len() == processes.len() && made.iter().all(|one| one.took.is_some());
        let all = visits.iter().flat_map(|(_, visits)| visits).copied().collect::<Vec<_>>();
        Ok(Release {
            restarts: attributed(made, &all),
            journeys: visits
                .iter()
                .map(|(journey, visits)| (journey.name().to_owned(), Answered::of(visits.iter())))
                .collect(),
            complete: is_whole && ended <= longest,
        })
    }

    /// Restarts one process after the other, and tells when.
    fn restart_all(&self, running: &dyn Running, processes: &[Process], start: Instant) -> Vec<Made> {
        let around = Duration::from_secs_f64(self.settings.around_seconds);
        self.interruption.sleep_until(start + around);
        let mut made: Vec<Made> = Vec::new();
        for process in processes {
            if self.interruption.is_wanted() {
                break;
            }
            let began = start.elapsed();
            let replicas = processes.iter().filter(|other| other.service == process.service).count();
            let took = self.restart(running, process, replicas);
            made.push(Made { process: process.clone(), replicas, began, took });
            if took.is_none() {
                break;
            }
            let between = Duration::from_secs_f64(self.settings.between_seconds);
            self.interruption.sleep_until(Instant::now() + between);
        }
        self.interruption.sleep_until(Instant::now() + around);
        made
    }

    /// Asks a process to stop, and waits until its service has as many others as before; none where that takes too long.
    fn restart(&self, running: &dyn Running, process: &Process, replicas: usize) -> Option<Duration> {
        const LOOK_AGAIN: Duration = Duration::from_millis(5);
        let began = Instant::now();
        let pid = Pid::from_raw(i32::try_from(process.pid).ok()?)?;
        // One that has ended by itself is being started again already.
        let _asked = kill_process(pid, Signal::TERM);
        let others = |all: &[Process]| {
            let of_service = all.iter().filter(|other| other.service == process.service);
            of_service.filter(|other| other.pid != process.pid).count()
        };
        while others(&running.processes()) < replicas {
            let is_late = began.elapsed().as_secs_f64() > self.settings.ready_within_seconds;
            if is_late || self.interruption.is_wanted() {
                return None;
            }
            thread::sleep(LOOK_AGAIN);
        }
        Some(began.elapsed())
    }
}

/// The restarts with those visitors who came from each until the next one, or were under way.
fn attributed(made: Vec<Made>, visits: &[Visit]) -> Vec<Restarted> {
    let begins = made.iter().map(|one| one.began).collect::<Vec<_>>();
    let restart_of = |visit: &Visit| {
        let met = visit.due + visit.took.min(UNDER_WAY);
        begins.iter().rposition(|began| *began <= met)
    };
    let restarted = |(number, one): (usize, Made)| Restarted {
        service: one.process.service,
        replicas: one.replicas,
        took_ms: one.took.map(|took| took.as_secs_f64() * 1_000.0),
        visitors: Answered::of(visits.iter().filter(|visit| restart_of(visit) == Some(number))),
    };
    made.into_iter().enumerate().map(restarted).collect()
}

#[cfg(test)]
mod tests;
