//! One trial: a deployment under load, one of whose processes meets a fault.

use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::visitors::Visitors;
use super::{BlastSettings, Damage, Fault};
use crate::affinity::CpuSets;
use crate::block::{self, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::results::ByName;
use crate::schedule;
use crate::subject::Subject;
use crate::{preparation, subject::Process};

/// Between the last preparation and the first visitor.
const BREATH: Duration = Duration::from_millis(50);

/// Right after the fault somebody comes for each journey every so often, and so many times: a process can be back before the next visitor
/// of a journey that is asked seldom would have come.
const BETWEEN_WITNESSES: Duration = Duration::from_millis(20);
const WITNESSES: u32 = 10;

/// What a fault of one process did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strike {
    /// Whose process it was; of several replicas, one.
    pub service: String,
    /// What became of it.
    pub fault: Fault,
    /// By journey.
    pub journeys: ByName<Damage>,
}

impl Strike {
    /// How long after the fault all journeys were well again, in ms; none where one was not seen to be.
    pub(crate) fn all_well_ms(&self) -> Option<f64> {
        let recovered = self.journeys.values().map(|damage| damage.recovered_ms).collect::<Option<Vec<_>>>();
        recovered?.into_iter().reduce(f64::max)
    }
}

pub(super) struct Trial<'a> {
    pub(super) settings: &'a BlastSettings,
    pub(super) subject: &'a dyn Subject,
    pub(super) journeys: &'a [&'a dyn Journey],
    pub(super) cpu_sets: &'a CpuSets,
    pub(super) seed: u64,
    pub(super) interruption: &'a Interruption,
    pub(super) service: &'a str,
    pub(super) fault: Fault,
}

impl Trial<'_> {
    /// None where it is interrupted: what was seen until then is no trial.
    pub(super) fn run(&self) -> Result<Option<Strike>, CompareError> {
        let (label, seconds) = (self.subject.label(), Duration::from_secs_f64);
        let failed = |source| CompareError::Generator { label: label.to_owned(), source };
        let mut guard = block::start(self.cpu_sets, label, self.subject)?;
        guard.running_mut().tend();
        let address = guard.running().address();
        let target = guard.running().processes().into_iter().find(|process| process.service == self.service);
        let fault_at = seconds(self.settings.before_seconds);
        let length = fault_at + seconds(self.settings.after_seconds);

        let mut loads = Vec::new();
        for (index, journey) in (0..).zip(self.journeys) {
            let dice = |purpose| Dice::new(self.seed, &[purpose, index]);
            let rate = journey.rate_per_second(self.settings.rate_per_second);
            let mut schedule = schedule::poisson(&mut dice(purpose::SCHEDULE), rate, length);
            schedule.extend((1..=WITNESSES).map(|number| fault_at + BETWEEN_WITNESSES * number));
            schedule.sort_unstable();
            let requests = journey.requests(&mut dice(purpose::PACED), &schedule);
            preparation::ask(guard.running(), *journey, &requests, self.interruption).map_err(failed)?;
            loads.push((*journey, schedule, requests));
        }
        let start = Instant::now() + BREATH;
        let journeys = thread::scope(|scope| {
            let (cpu_sets, patience) = (self.cpu_sets, seconds(self.settings.patience_seconds));
            let visitors = loads.iter().map(|(journey, schedule, requests)| {
                let interruption = self.interruption;
                let visitors = Visitors {
                    journey: *journey,
                    requests,
                    schedule,
                    patience,
                    is_over: interruption,
                    interruption,
                };
                let come = move || (*journey, visitors.come(address, start, cpu_sets));
                scope.spawn(come)
            });
            let visitors = visitors.collect::<Vec<_>>();
            self.interruption.sleep_until(start + fault_at);
            let struck_at = start.elapsed();
            if !self.interruption.is_wanted() {
                self.strike(target.as_ref());
            }
            let seen = visitors.into_iter().map(ScopedJoinHandle::join);
            let seen = seen.map(|one| one.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            seen.map(|(journey, visits)| (journey.name().to_owned(), Damage::of(&visits, struck_at)))
                .collect()
        });
        guard.stop().map_err(|source| CompareError::Stop { label: label.to_owned(), source })?;
        let strike = Strike { service: self.service.to_owned(), fault: self.fault, journeys };
        Ok((!self.interruption.is_wanted()).then_some(strike))
    }

    fn strike(&self, target: Option<&Process>) {
        let pid = target.and_then(|process| Pid::from_raw(i32::try_from(process.pid).ok()?));
        // A process that has ended by itself is gone, which is what was wanted.
        let send = |signal| pid.map(|pid| kill_process(pid, signal));
        match self.fault {
            Fault::Kill => drop(send(Signal::KILL)),
            Fault::Restart => drop(send(Signal::TERM)),
            Fault::Pause => {
                let _paused = send(Signal::STOP);
                let pause = Duration::from_secs_f64(self.settings.pause_seconds);
                self.interruption.sleep_until(Instant::now() + pause);
                let _goes_on = send(Signal::CONT);
            }
        }
    }
}
