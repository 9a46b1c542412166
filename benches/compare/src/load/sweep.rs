//! One topology, started once: rising rates, then the highest that holds between the last two.

use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::LoadSettings;
use crate::affinity::CpuSets;
use crate::block::{self, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::generator::{Generator, Load, Phase};
use crate::histogram::Latencies;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::preparation;
use crate::schedule;
use crate::settings::Settings;
use crate::subject::{Running, Subject};

/// One rate, tried once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Requests a second that were due.
    pub rate: f64,
    /// All requests.
    pub requests: u64,
    /// Those that failed.
    pub errors: u64,
    /// Median latency.
    pub p50_us: Option<f64>,
    /// 99th percentile of the latency.
    pub p99_us: Option<f64>,
    /// CPU time of all processes per request.
    pub cpu_us_per_request: Option<f64>,
    /// Sends that were late by the generator's fault.
    pub late: u64,
    /// Whether the objective held. It does not where the generator was late: nobody knows then.
    pub held: bool,
}

/// What a sweep found.
pub(super) struct Measured {
    pub(super) trials: Vec<Trial>,
    /// Those of the trials.
    pub(super) latencies: Vec<Latencies>,
    pub(super) holds_rps: Option<f64>,
}

pub(super) struct Sweep<'a> {
    pub(super) plan: &'a LoadSettings,
    pub(super) subject: &'a dyn Subject,
    pub(super) journey: &'a dyn Journey,
    pub(super) settings: &'a Settings,
    pub(super) cpu_sets: &'a CpuSets,
    pub(super) interruption: &'a Interruption,
    pub(super) round: u64,
}

impl Sweep<'_> {
    pub(super) fn run(&self, note: &mut dyn FnMut(&str)) -> Result<Measured, CompareError> {
        let label = self.subject.label();
        note("starts");
        let guard = block::start(self.cpu_sets, label, self.subject)?;
        let measured =
            self.climb(guard.running(), note).map_err(|source| block::unreachable(self.subject, source))?;
        block::stop(self.subject, guard)?;
        Ok(measured)
    }

    fn climb(&self, running: &dyn Running, note: &mut dyn FnMut(&str)) -> std::io::Result<Measured> {
        let limits = block::limits(self.settings, self.cpu_sets);
        let mut generator = Generator::to(running, limits, self.interruption)?;
        self.warm_up(running, &mut generator)?;
        let mut measured = Measured { trials: Vec::new(), latencies: Vec::new(), holds_rps: None };
        let mut tried = |rate: f64| -> std::io::Result<bool> {
            note(&format!("{rate:.0} requests a second"));
            let number = measured.trials.len() as u64;
            let (trial, latencies) = self.trial(rate, number, running, &mut generator)?;
            let held = trial.held;
            measured.trials.push(trial);
            measured.latencies.push(latencies);
            // What a level left undone would burden the next one.
            let _ = block::settled_ms(running, self.interruption);
            Ok(held)
        };
        let (mut holds, mut fails) = (None, None);
        for rate in &self.plan.rates {
            // A stall of the machine is no limit of the deployment: a rate fails that fails twice, as one holds that holds twice.
            if tried(*rate)? || tried(*rate)? {
                holds = Some(*rate);
            } else {
                fails = Some(*rate);
                break;
            }
        }
        let found = match (holds, fails) {
            (Some(mut low), Some(mut high)) => {
                let lowest = low;
                for _ in 0..self.plan.bisections {
                    // Rates are compared by their ratio, so the middle is the geometric one.
                    let middle = (low * high).sqrt();
                    if tried(middle)? {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                // A rate that held by luck gives way to the one of the levels, which all topologies met.
                Some(if tried(low)? { low } else { lowest })
            }
            (holds, _) => holds,
        };
        measured.holds_rps = found;
        Ok(measured)
    }

    fn warm_up(&self, running: &dyn Running, generator: &mut Generator) -> std::io::Result<()> {
        let mut dice = Dice::new(self.settings.seed, &[purpose::LOAD, self.round, 0]);
        let length = Duration::from_secs_f64(self.plan.warm_up_seconds);
        let count = self.journey.once_per_second().map_or(1_000.0, |once| once * self.plan.warm_up_seconds);
        let requests = block::requests(self.subject, self.journey, &mut dice, count as usize);
        if requests.is_empty() {
            return Ok(());
        }
        preparation::ask(running, self.journey, &requests, self.interruption)?;
        let requests = generator.prepare(requests);
        let load = Load { journey: self.journey, requests: &requests };
        self.cpu_sets.on_generator(|| generator.closed_loop(load, Duration::ZERO, length))?;
        thread::sleep(block::SETTLE);
        Ok(())
    }

    fn trial(
        &self,
        rate: f64,
        number: u64,
        running: &dyn Running,
        generator: &mut Generator,
    ) -> std::io::Result<(Trial, Latencies)> {
        let dice = |purpose| Dice::new(self.settings.seed, &[purpose::LOAD, self.round, 1 + number, purpose]);
        let length = Duration::from_secs_f64(self.plan.level_seconds);
        let schedule = schedule::poisson(&mut dice(purpose::SCHEDULE), rate, length);
        let requests =
            block::scheduled_requests(self.subject, self.journey, &mut dice(purpose::PACED), &schedule);
        preparation::ask(running, self.journey, &requests, self.interruption)?;
        let requests = generator.prepare(requests);
        let load = Load { journey: self.journey, requests: &requests };
        let processes = &running.processes();
        let before = block::cpu_times(processes);
        let phase = self.cpu_sets.on_generator(|| generator.open_loop(load, &schedule, length))?;
        thread::sleep(block::SETTLE);
        let after = block::cpu_times(processes);
        let spent = block::cpu_us_by_service(processes, before.zip(after)).filter(|_| phase.requests > 0);
        let trial = Trial {
            rate,
            requests: phase.requests,
            errors: phase.errors,
            p50_us: phase.latencies.quantile_us(0.5),
            p99_us: phase.latencies.quantile_us(0.99),
            cpu_us_per_request: spent.map(|us| us.values().sum::<f64>() / phase.requests as f64),
            late: phase.late,
            held: self.holds(&phase),
        };
        Ok((trial, phase.latencies))
    }

    fn holds(&self, phase: &Phase) -> bool {
        let is_on_time = phase.late as f64 <= self.settings.late_at_most(phase.requests);
        let errors_most = phase.requests as f64 * self.plan.objective_error_share;
        let p99_us = phase.latencies.quantile_us(0.99);
        is_on_time
            && phase.errors as f64 <= errors_most
            && p99_us.is_some_and(|us| us <= self.plan.objective_p99_ms * 1_000.0)
    }
}
