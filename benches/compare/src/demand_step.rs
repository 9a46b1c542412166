//! A *demand step*: a steady load, then many times as much from one moment on. How long until a service level holds again?

mod control;
mod service_level;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::again::Again;
use crate::block::{self, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::generator::{Generator, Limits, Load};
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::schedule;
use crate::settings::Settings;
use crate::subject::Subject;

pub(crate) use control::Beside;
pub use service_level::{ServiceLevel, Window};

/// A request that was sent later than this share of the bound is late by the generator's fault.
const LATE_SHARE: f64 = 0.1;

/// How a demand step is made and judged. Times are in seconds where the name does not say otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DemandStepSettings {
    /// Each deployment meets the step so many times, each time in fresh processes.
    pub rounds: usize,
    /// Discarded load before: a closed loop.
    pub warm_up_seconds: f64,
    /// How long the steady load lasts.
    pub before_seconds: f64,
    /// How long the higher load lasts.
    pub after_seconds: f64,
    /// Requests a second before the step, a Poisson process.
    pub rate_per_second: f64,
    /// How many times as many come after it.
    pub factor: f64,
    /// The windows in which the service level is judged, in milliseconds.
    pub window_ms: f64,
    /// A window's 99th percentile has to stay below this, in milliseconds, or below the next where that is more.
    pub bound_ms: f64,
    /// So many times the 99th percentile before the step.
    pub bound_factor: f64,
}

impl Default for DemandStepSettings {
    fn default() -> Self {
        Self {
            rounds: 3,
            warm_up_seconds: 0.3,
            before_seconds: 1.5,
            after_seconds: 4.0,
            rate_per_second: 150.0,
            factor: 10.0,
            window_ms: 100.0,
            bound_ms: 50.0,
            bound_factor: 5.0,
        }
    }
}

impl DemandStepSettings {
    /// About how long so many trials of each deployment and journey take.
    pub(crate) fn seconds(&self, subjects: usize, journeys: usize) -> f64 {
        /// A start, an end, a copy of the data, and what is still answered when the load is over.
        const AROUND_SECONDS: f64 = 1.0;
        let trial = AROUND_SECONDS + self.warm_up_seconds + self.before_seconds + self.after_seconds;
        trial * (self.rounds * subjects * journeys) as f64
    }
}

/// What a demand step did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DemandStep {
    /// How it was made.
    pub settings: DemandStepSettings,
    /// The labels in the order in which they were given, the twin last.
    pub labels: Vec<String>,
    /// The deployment that is measured twice, by its label; its twin has the same with (again) behind it. None of a run without a
    /// control, which carries no conclusion.
    #[serde(default)]
    pub twin_of: Option<String>,
    /// Every trial, in the order in which they were made.
    pub trials: Vec<StepTrial>,
}

/// One step of one journey on one deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTrial {
    /// The deployment.
    pub label: String,
    /// The journey.
    pub journey: String,
    /// Requests that were sent late by the generator's fault.
    pub late: u64,
    /// Whether so many were that the trial counts for nothing.
    pub void: bool,
    /// How the service level fared.
    pub level: ServiceLevel,
}

impl DemandStep {
    /// Makes all trials, with the first deployment twice, and fewer rounds where it is interrupted; `note` hears what begins, with how many trials are done.
    pub(crate) fn measure(
        plan: &DemandStepSettings,
        subjects: &[&dyn Subject],
        journeys: &[&dyn Journey],
        settings: &Settings,
        cpu_sets: &CpuSets,
        interruption: &Interruption,
        mut note: impl FnMut(&str, usize),
    ) -> Result<Self, CompareError> {
        let twin_of = subjects.first().copied();
        let twin = twin_of.map(Again::of);
        let mut subjects = subjects.to_vec();
        subjects.extend(twin.as_ref().map(|twin| twin as &dyn Subject));
        let labels = subjects.iter().map(|subject| subject.label().to_owned()).collect();
        let mut trials = Vec::new();
        'rounds: for round in 0..plan.rounds as u64 {
            let mut order = subjects.clone();
            Dice::new(settings.seed, &[purpose::STEP, round, purpose::ORDER]).shuffle(&mut order);
            for subject in order {
                for journey in journeys.iter().filter(|journey| subject.answers(journey.name())) {
                    if interruption.is_wanted() {
                        break 'rounds;
                    }
                    note(&format!("{}, {}", subject.label(), journey.name()), trials.len());
                    let trial =
                        Trial { plan, subject, journey: *journey, settings, cpu_sets, interruption, round };
                    trials.push(trial.run()?);
                }
            }
        }
        let twin_of = twin_of.map(|subject| subject.label().to_owned());
        Ok(Self { settings: plan.clone(), labels, twin_of, trials })
    }

    /// The trials of a journey on a deployment that count.
    pub fn of<'a>(&'a self, label: &'a str, journey: &'a str) -> impl Iterator<Item = &'a StepTrial> {
        self.trials.iter().filter(move |it| it.label == label && it.journey == journey && !it.void)
    }

    /// Of each trial that counts when the service level held again, in ms; none where no trial counts.
    pub(crate) fn holds_again(&self, label: &str, journey: &str) -> Option<String> {
        let shown = |ms: Option<f64>| ms.map_or_else(|| "not seen".to_owned(), |ms| format!("{ms:.0}"));
        let trials = self.of(label, journey).map(|trial| shown(trial.level.holds_again_ms));
        let trials = trials.collect::<Vec<_>>();
        (!trials.is_empty()).then(|| trials.join(", "))
    }

    /// The journeys, each once.
    pub fn journeys(&self) -> BTreeSet<&str> {
        self.trials.iter().map(|trial| trial.journey.as_str()).collect()
    }
}

struct Trial<'a> {
    plan: &'a DemandStepSettings,
    subject: &'a dyn Subject,
    journey: &'a dyn Journey,
    settings: &'a Settings,
    cpu_sets: &'a CpuSets,
    interruption: &'a Interruption,
    /// All deployments of a round meet the same requests at the same moments.
    round: u64,
}

impl Trial<'_> {
    fn run(&self) -> Result<StepTrial, CompareError> {
        let guard = block::start(self.cpu_sets, self.subject.label(), self.subject)?;
        // Who finds no connection free when the step comes opens one and pays for that, as visitors do.
        let limits = Limits {
            // What matters little beside the bound voids no trial.
            late: Duration::from_secs_f64(self.plan.bound_ms / 1_000.0 * LATE_SHARE),
            ..block::limits(self.settings, self.cpu_sets)
        };
        let trial = Generator::to(guard.running(), limits, self.interruption)
            .and_then(|mut generator| self.step(&mut generator))
            .map_err(|source| block::unreachable(self.subject, source))?;
        block::stop(self.subject, guard)?;
        Ok(trial)
    }

    fn step(&self, generator: &mut Generator) -> std::io::Result<StepTrial> {
        const WARM_UP_REQUESTS: usize = 500;
        let (plan, seconds) = (self.plan, Duration::from_secs_f64);
        let dice = |purpose| Dice::new(self.settings.seed, &[purpose::STEP, self.round, purpose]);
        let (step_at, length) =
            (seconds(plan.before_seconds), seconds(plan.before_seconds + plan.after_seconds));
        let mut throw = dice(purpose::SCHEDULE);
        let mut schedule = schedule::poisson(&mut throw, plan.rate_per_second, step_at);
        let high = plan.rate_per_second * plan.factor;
        let after = schedule::poisson(&mut throw, high, seconds(plan.after_seconds));
        schedule.extend(after.into_iter().map(|due| step_at + due));

        let warm_up =
            block::requests(self.subject, self.journey, &mut dice(purpose::CLOSED), WARM_UP_REQUESTS);
        let warm_up = generator.prepare(warm_up);
        let requests =
            block::scheduled_requests(self.subject, self.journey, &mut dice(purpose::PACED), &schedule);
        let requests = generator.prepare(requests);
        let load = |requests| Load { journey: self.journey, requests };
        let mut seen = Vec::with_capacity(schedule.len());
        let phase = self.cpu_sets.on_generator(|| {
            generator.closed_loop(load(&warm_up), Duration::ZERO, seconds(plan.warm_up_seconds))?;
            generator.open_loop_seen(load(&requests), &schedule, length, |one| seen.push(one))
        })?;
        let level = ServiceLevel::of(plan, &seen);
        Ok(StepTrial {
            label: self.subject.label().to_owned(),
            journey: self.journey.name().to_owned(),
            late: phase.late,
            // Who was sent late waited longer for it: where the level held all the same, it would have held anyway.
            void: phase.late as f64 > self.settings.late_at_most(phase.requests)
                && level.holds_again_ms != Some(0.0),
            level,
        })
    }
}
