//! One journey on all subjects of a round, slice by slice.

use std::io;
use std::mem;
use std::thread;
use std::time::Duration;

use crate::affinity::CpuSets;
use crate::block::{self, Measured, SETTLE, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::generator::{Generator, Load, Phase, Prepared};
use crate::histogram::Latencies;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::overshoot::Overshoot;
use crate::phases::Phases;
use crate::preparation;
use crate::proc;
use crate::results::{Block, BlockCell, ByName, ProcessCount};
use crate::schedule;
use crate::settings::Settings;
use crate::subject::{Guard, Process};
use crate::turns::Entry;

/// The length of a slice: long against a request, and short against the time in which a shared machine becomes faster or slower.
const SLICE_SECONDS: f64 = 0.05;
/// The share of a slice of the closed loop during which queues fill, not counted.
const RAMP_SHARE: f64 = 0.2;

/// A subject that runs in this round, and what was measured of it so far.
pub(crate) struct Contender<'a> {
    entry: &'a Entry<'a>,
    guard: Guard,
    processes: Vec<Process>,
    generator: Generator,
    measured: Measured,
}

/// One journey, and how it is measured.
pub(crate) struct Slices<'a> {
    pub(crate) journey: &'a dyn Journey,
    /// The round and the journey's place in it, for the dice.
    pub(crate) path: [u64; 2],
    pub(crate) settings: &'a Settings,
    pub(crate) phases: Phases,
    pub(crate) cpu_sets: &'a CpuSets,
    pub(crate) interruption: &'a Interruption,
}

/// What a contender is asked in a journey, and what came of it.
struct Course {
    warm_up: Vec<Prepared>,
    paced: Vec<Prepared>,
    closed: Vec<Prepared>,
    /// How many of them were sent, where each is good for one time only.
    asked: usize,
    phase: Phase,
    /// Of the paced slices, in µs; none where it cannot be read.
    cpu_us: Option<ByName<f64>>,
    capacity: Phase,
    /// What it had counted before the first paced slice, and then what has come since.
    overshoot: Option<Overshoot>,
    /// After the last slice.
    settled_ms: Option<f64>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(entry: &'a Entry<'a>, guard: Guard, generator: Generator, began_seconds: f64) -> Self {
        let processes = guard.running().processes();
        let block = Block {
            began_seconds,
            start_ms: guard.running().start_ms(),
            memory_pss_idle_kib: block::memory(&processes),
            memory_pss_kib: None,
            processes: Vec::new(),
            journeys: ByName::new(),
        };
        let measured = Measured { block, latencies: ByName::new(), lateness: Latencies::new() };
        Self { entry, guard, processes, generator, measured }
    }

    /// Stops it and gives what was measured.
    pub(crate) fn finish(self) -> Result<(String, Measured), CompareError> {
        let Self { entry, guard, processes, generator, mut measured } = self;
        let count = |process: &Process| ProcessCount {
            service: process.service.clone(),
            threads: proc::threads(process.pid),
            memory_pss_kib: proc::pss_kib(process.pid),
        };
        measured.block.processes = processes.iter().map(count).collect();
        measured.block.memory_pss_kib = block::memory(&processes);
        drop(generator);
        block::stop(entry.subject, guard)?;
        Ok((entry.label.clone(), measured))
    }

    fn failed(&self) -> impl Fn(io::Error) -> CompareError + use<'a> {
        let subject = self.entry.subject;
        move |source| block::unreachable(subject, source)
    }
}

impl Slices<'_> {
    /// Warm-up, paced slices, slices of the closed loop: of every contender that answers the journey. Gives whether it came to its end, which
    /// an interruption prevents.
    pub(crate) fn measure(&self, contenders: &mut [Contender<'_>]) -> Result<bool, CompareError> {
        let mut asked = contenders
            .iter_mut()
            .filter(|contender| contender.entry.subject.answers(self.journey.name()))
            .collect::<Vec<_>>();
        let schedule = schedule::poisson(
            &mut self.dice(purpose::SCHEDULE),
            self.journey.rate_per_second(self.settings.paced_rate_per_second),
            Duration::from_secs_f64(self.phases.paced_seconds),
        );
        let mut courses = Vec::new();
        for contender in &mut asked {
            let course = self.course(contender, &schedule).and_then(|mut course| {
                self.warm_up(contender, &mut course)?;
                let overshoot = contender.guard.running().delay_overshoot();
                Ok(Course { overshoot, ..course })
            });
            courses.push(course.map_err(contender.failed())?);
        }
        let paced = cut(self.phases.paced_seconds);
        for number in 0..paced.count {
            for turn in self.turns(purpose::PACED, number, asked.len()) {
                if self.interruption.is_wanted() {
                    return Ok(false);
                }
                let contender = &mut *asked[turn];
                let slice = self
                    .paced_slice(contender, &mut courses[turn], &schedule, paced, number)
                    .map_err(contender.failed())?;
                block::look_for_silent(contender.entry.subject, &slice)?;
            }
        }
        for (contender, course) in asked.iter().zip(&mut courses) {
            let now = contender.guard.running().delay_overshoot();
            course.overshoot = course.overshoot.take().zip(now).map(|(before, now)| now.since(&before));
        }
        let closed = cut(self.phases.capacity_seconds);
        for number in 0..closed.count {
            for turn in self.turns(purpose::CLOSED, number, asked.len()) {
                if self.interruption.is_wanted() {
                    return Ok(false);
                }
                let contender = &mut *asked[turn];
                let slice = self
                    .closed_slice(contender, &mut courses[turn], closed, number)
                    .map_err(contender.failed())?;
                block::look_for_silent(contender.entry.subject, &slice)?;
            }
        }
        for (contender, course) in asked.into_iter().zip(courses) {
            self.tell(contender, course, closed.count > 0);
        }
        Ok(true)
    }

    fn dice(&self, purpose: u64) -> Dice {
        Dice::new(self.settings.seed, &[purpose, self.path[0], self.path[1]])
    }

    /// The order in which contenders get their slice.
    fn turns(&self, purpose: u64, slice: usize, contenders: usize) -> Vec<usize> {
        let path = [purpose::ORDER, self.path[0], self.path[1], purpose, slice as u64];
        let mut order = (0..contenders).collect::<Vec<_>>();
        Dice::new(self.settings.seed, &path).shuffle(&mut order);
        order
    }

    /// The same requests for every contender, ready to be sent, with what must be asked before them.
    fn course(&self, contender: &Contender<'_>, schedule: &[Duration]) -> io::Result<Course> {
        let running = contender.guard.running();
        let mut dice = self.dice(purpose::CLOSED);
        let count = block::closed_requests(self.journey, self.phases);
        let subject = contender.entry.subject;
        let mut closed = block::requests(subject, self.journey, &mut dice, count);
        preparation::ask(running, self.journey, &closed, self.interruption)?;
        let busy_seconds = self.phases.warm_up_seconds + self.phases.capacity_seconds;
        let warm_up = if self.journey.once_per_second().is_some() {
            let share = if busy_seconds > 0.0 { self.phases.warm_up_seconds / busy_seconds } else { 0.0 };
            let rest = closed.split_off((closed.len() as f64 * share) as usize);
            mem::replace(&mut closed, rest)
        } else {
            closed.clone()
        };
        let mut dice = self.dice(purpose::PACED);
        let paced = block::scheduled_requests(subject, self.journey, &mut dice, schedule);
        preparation::ask(running, self.journey, &paced, self.interruption)?;
        let prepare = |requests| contender.generator.prepare(requests);
        Ok(Course {
            warm_up: prepare(warm_up),
            paced: prepare(paced),
            closed: prepare(closed),
            phase: Phase::new(),
            cpu_us: Some(ByName::new()),
            asked: 0,
            capacity: Phase::new(),
            overshoot: None,
            settled_ms: None,
        })
    }

    fn warm_up(&self, contender: &mut Contender<'_>, course: &mut Course) -> io::Result<()> {
        if course.warm_up.is_empty() || self.phases.warm_up_seconds <= 0.0 {
            return Ok(());
        }
        let load = Load { journey: self.journey, requests: &course.warm_up };
        let length = Duration::from_secs_f64(self.phases.warm_up_seconds);
        let generator = &mut contender.generator;
        let phase = self.cpu_sets.on_generator(|| generator.closed_loop(load, Duration::ZERO, length))?;
        if self.journey.once_per_second().is_some() {
            // Who comes later may build on who came before: nobody is left out.
            let mut rest = course.warm_up.split_off(course.warm_up.len().min(phase.requests as usize));
            rest.append(&mut course.closed);
            course.closed = rest;
        }
        self.rest(contender, false);
        Ok(())
    }

    fn paced_slice(
        &self,
        contender: &mut Contender<'_>,
        course: &mut Course,
        schedule: &[Duration],
        cut: Cut,
        number: usize,
    ) -> io::Result<Phase> {
        let (from, until) = (cut.length * number as u32, cut.length * (number as u32 + 1));
        let place = |moment: Duration| schedule.partition_point(|due| *due < moment);
        // Rounding must not lose the last ones.
        let end = if number + 1 == cut.count { schedule.len() } else { place(until) };
        let mine = place(from)..end;
        let due = schedule[mine.clone()].iter().map(|due| due.saturating_sub(from)).collect::<Vec<_>>();
        let load = Load { journey: self.journey, requests: &course.paced[mine] };
        let generator = &mut contender.generator;
        let before = block::cpu_times(&contender.processes);
        let phase = self.cpu_sets.on_generator(|| generator.open_loop(load, &due, cut.length))?;
        // The kernel books what its threads have run.
        thread::sleep(SETTLE);
        let after = block::cpu_times(&contender.processes);
        let spent = block::cpu_us_by_service(&contender.processes, before.zip(after));
        course.cpu_us = course.cpu_us.take().zip(spent).map(|(mut sum, spent)| {
            for (service, us) in spent {
                *sum.entry(service).or_insert(0.0) += us;
            }
            sum
        });
        course.phase.merge(&phase);
        let is_last = number + 1 == cut.count && self.phases.capacity_seconds <= 0.0;
        course.settled_ms = self.rest(contender, is_last);
        Ok(phase)
    }

    fn closed_slice(
        &self,
        contender: &mut Contender<'_>,
        course: &mut Course,
        cut: Cut,
        number: usize,
    ) -> io::Result<Phase> {
        let is_once = self.journey.once_per_second().is_some();
        // Where there are none left, the last ones come again.
        let begin = course.asked.min(course.closed.len().saturating_sub(1));
        let load = Load { journey: self.journey, requests: &course.closed[begin..] };
        let (generator, ramp) = (&mut contender.generator, cut.length.mul_f64(RAMP_SHARE));
        let phase = self.cpu_sets.on_generator(|| generator.closed_loop(load, ramp, cut.length))?;
        if is_once {
            course.asked += phase.requests as usize;
        }
        course.capacity.merge(&phase);
        course.settled_ms = self.rest(contender, number + 1 == cut.count);
        Ok(phase)
    }

    /// What one contender has left to do must not run during the slice of another. Journeys that only read leave nothing, so that is
    /// asked for the results alone, after the last slice. Gives how long it took.
    fn rest(&self, contender: &Contender<'_>, is_last: bool) -> Option<f64> {
        let leaves_work = self.journey.once_per_second().is_some();
        let running = contender.guard.running();
        if leaves_work || is_last { block::settled_ms(running, self.interruption) } else { None }
    }

    fn tell(&self, contender: &mut Contender<'_>, course: Course, has_capacity: bool) {
        let Course { phase, cpu_us, capacity, overshoot, settled_ms, .. } = course;
        let each = |us: f64| us / phase.requests as f64;
        let cpu_us = cpu_us.filter(|_| phase.requests > 0 && !contender.processes.is_empty());
        let cell = BlockCell {
            requests: phase.requests,
            errors: phase.errors,
            paced_seconds: self.phases.paced_seconds,
            counted_seconds: phase.counted.as_secs_f64(),
            accepted: phase.accepted,
            p50_us: phase.latencies.quantile_us(0.5),
            p99_us: phase.latencies.quantile_us(0.99),
            cpu_us_per_request: cpu_us
                .map(|by_service| by_service.into_iter().map(|(service, us)| (service, each(us))).collect()),
            capacity_rps: has_capacity.then(|| capacity.accepted_per_second()),
            capacity_errors: capacity.errors,
            settled_ms,
            delay_overshoot: overshoot,
            late: phase.late,
            queued: phase.queued,
            void: phase.late as f64 > self.settings.late_at_most(phase.requests),
        };
        contender.measured.lateness.merge(&phase.lateness);
        let name = self.journey.name();
        if !cell.void {
            contender.measured.latencies.insert(name.to_owned(), phase.latencies);
        }
        contender.measured.block.journeys.insert(name.to_owned(), cell);
    }
}

/// A phase in slices.
#[derive(Clone, Copy)]
struct Cut {
    count: usize,
    length: Duration,
}

fn cut(seconds: f64) -> Cut {
    if seconds <= 0.0 {
        return Cut { count: 0, length: Duration::ZERO };
    }
    let count = (seconds / SLICE_SECONDS).round().max(1.0);
    Cut { count: count as usize, length: Duration::from_secs_f64(seconds / count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_cut_into_slices_of_about_a_twentieth_of_a_second() {
        let slices = |seconds| {
            let cut = cut(seconds);
            (cut.count, (cut.length.as_secs_f64() * 1_000.0).round())
        };
        assert_eq!(slices(3.0), (60, 50.0));
        assert_eq!(slices(0.37), (7, 53.0));
        assert_eq!(slices(0.02), (1, 20.0));
        assert_eq!(slices(0.0), (0, 0.0));
    }
}
