//! The run: equivalence first, then what is measured beside the rounds, then rounds until they suffice or time is up.

mod beside;
mod preflight;

use std::borrow::Cow;
use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::affinity::CpuSets;
use crate::again;
use crate::course::Course;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::{Journey, Script};
use crate::ladder::LadderPlan;
use crate::machine::Machine;
use crate::phases::Phases;
use crate::proc::Ticks;
use crate::progress::Progress;
use crate::results::{ByName, Results};
use crate::resume::{self, Circumstances};
use crate::scale_out::Growth;
use crate::settings::Settings;
use crate::subject::Subject;
use crate::summary::Collected;
use crate::turns::{Entry, Turns};
use crate::verdict;

use self::beside::Experiments;
pub(crate) use self::beside::Findings;
use self::preflight::Preflight;

/// All that a comparison needs.
pub struct Comparison<'a> {
    /// What is compared; the first is the baseline and runs twice. One is enough for its price beside the floor.
    pub topologies: &'a [&'a dyn Subject],
    /// The baseline as it is when it runs for the second time; the same where there is no other one.
    pub again: Option<&'a dyn Subject>,
    /// What the same journeys cost without the house around them; it takes no part in the script.
    pub floor: Option<&'a dyn Subject>,
    /// Subjects that differ in one factor each, for settings that want a ladder.
    pub ladder: Option<LadderPlan<'a>>,
    /// What is timed.
    pub journeys: &'a [&'a dyn Journey],
    /// What proves that the topologies are equivalent.
    pub script: &'a dyn Script,
    /// Deployments beside the same with more processes, for what these buy.
    pub growths: &'a [Growth<'a>],
    /// Deployments whose processes are restarted one after the other, as a release goes through.
    pub releases: &'a [&'a dyn Subject],
    /// How it is measured.
    pub settings: Settings,
    /// The version of the program that is measured, for the results.
    pub version: &'a str,
    /// The topologies once more, in their order, with answers that carry `Server-Timing`; without them there is no attribution.
    pub timed: &'a [&'a dyn Subject],
    /// Ends the run with what it has by then.
    pub interruption: Interruption,
    /// The results of a run that ended before its time, which this one goes on with.
    pub earlier: Option<&'a Results>,
    /// Hears the results so far after each experiment and each round, so that whatever happens they are not lost.
    pub keep: &'a dyn Fn(&Results) -> anyhow::Result<()>,
}

/// Why there are no more rounds, for the results.
struct Ending {
    because: Cow<'static, str>,
    /// Whether more had been planned.
    is_early: bool,
}

impl Ending {
    const INTERRUPTED: Self = Self::early("it was interrupted, and what was not complete does not count");

    /// In results that are kept while a run goes on.
    const UNFINISHED: Self = Self::early("it is not finished");

    const fn early(because: &'static str) -> Self {
        Self { because: Cow::Borrowed(because), is_early: true }
    }

    fn in_time(because: String) -> Self {
        Self { because: Cow::Owned(because), is_early: false }
    }
}

/// How long this program waits to see what others do.
const LISTENING: Duration = Duration::from_millis(250);

/// A share of the budget is kept for what takes longer than it did the first time.
const RESERVE_SHARE: f64 = 0.05;

impl Comparison<'_> {
    /// Measures, and tells `progress` how far it is. Every deployment that was started is stopped on every way out.
    pub fn run(&self, progress: &mut dyn Progress) -> Result<Results, CompareError> {
        let run_began = Instant::now();
        let settings = &self.settings;
        let (entries, twin) = self.entries()?;
        let mut frame = Frame::around(self, run_began);
        self.refuse_other_runs(&entries, &frame)?;
        frame.machine.busy_share_before = busy_share();
        let mut course = Course::new(progress);
        course.note(&self.introduction(&frame.cpu_sets));
        if let Some(line) = verdict::busy(&frame.machine) {
            course.note(&line);
        }
        course.expect(settings.budget_seconds);

        let preflight =
            match (self.unless_interrupted(self.preflight(&frame.cpu_sets, &mut course)), self.earlier) {
                // What there was is still there.
                (Err(CompareError::Interrupted), Some(earlier)) => return Ok(earlier.clone()),
                (preflight, _) => preflight?,
            };
        frame.script_steps = preflight.transcript.len();
        let labels = entries.iter().map(|entry| entry.label.clone()).collect();
        let mut collected = Collected::new(settings, self.journeys, labels, twin, self.earlier);
        let mut found = self.earlier.map(Findings::of).unwrap_or_default();
        let cpu_sets = frame.cpu_sets.clone();
        let experiments = Experiments { comparison: self, preflight: &preflight, cpu_sets: &cpu_sets };
        let ahead = experiments.ahead(&found);
        course.note(&self.timetable(&ahead));
        frame.phases = Phases::asked(settings);
        let parts_began = Instant::now();
        experiments.measure(&mut found, &mut course, &mut |found| {
            self.keep(&frame.results(&collected, found, &Ending::UNFINISHED))
        })?;

        frame.clock = RoundClock::new(settings, &ahead, parts_began.elapsed());
        frame.phases = self.phases(&collected, &preflight, frame.clock);
        course.begin(settings.budget_seconds);
        let keep =
            |collected: &Collected<'_>| self.keep(&frame.results(collected, &found, &Ending::UNFINISHED));
        let ending = self.rounds(&entries, &preflight, &frame, &mut collected, &mut course, &keep)?;
        if collected.rounds() == 0 && settings.rounds_most > 0 {
            if !self.interruption.is_wanted() {
                return Err(CompareError::NoRounds { limit_seconds: settings.limit_seconds });
            }
            if found.is_empty() {
                return Err(CompareError::Interrupted);
            }
        }
        frame.machine.steal_share = frame.stolen_share();
        Ok(frame.results(&collected, &found, &ending))
    }

    /// Measures rounds, and says why there are no more.
    fn rounds(
        &self,
        entries: &[Entry<'_>],
        preflight: &Preflight,
        frame: &Frame,
        collected: &mut Collected<'_>,
        course: &mut Course<'_>,
        keep: &dyn Fn(&Collected<'_>) -> Result<(), CompareError>,
    ) -> Result<Ending, CompareError> {
        // The rounds have their budget to themselves; those of an earlier run lie before it.
        let before = preflight.took + Duration::from_secs_f64(frame.earlier_seconds);
        let began = Instant::now().checked_sub(before).unwrap_or_else(Instant::now);
        let elapsed = || began.elapsed().as_secs_f64();
        let clock = frame.clock.later(frame.earlier_seconds);
        let turns = Turns {
            entries,
            journeys: self.journeys,
            settings: &self.settings,
            phases: frame.phases,
            cpu_sets: &frame.cpu_sets,
            interruption: &self.interruption,
            run_began: began,
            limit_seconds: clock.limit_seconds,
        };
        let mut round_seconds = preflight.round_cost.seconds(frame.phases);
        loop {
            let rounds = collected.rounds();
            if let Some(reason) = self.enough(collected, elapsed() + round_seconds, clock) {
                return Ok(reason);
            }
            let expected = self.settings.rounds_target.max(rounds + 1);
            let ends = (elapsed() + round_seconds * (expected - rounds) as f64).min(clock.limit_seconds);
            let round_began = elapsed();
            let round = turns.round(rounds, &mut |what| {
                course.advance(ends - elapsed(), &format!("round {} of {expected}: {what}", rounds + 1));
            });
            match self.unless_interrupted(round) {
                Ok(Some(round)) => collected.add(round),
                Err(CompareError::Interrupted) => return Ok(Ending::INTERRUPTED),
                Ok(None) if self.interruption.is_wanted() => return Ok(Ending::INTERRUPTED),
                Ok(None) => {
                    return Ok(Ending::early(
                        "the time limit was reached inside a round, which does not count",
                    ));
                }
                Err(CompareError::Gone { label, .. }) if rounds > 0 => {
                    let because =
                        format!("{label} stopped answering in round {}, which does not count", rounds + 1);
                    return Ok(Ending { because: because.into(), is_early: true });
                }
                Err(error) => return Err(error),
            }
            keep(collected)?;
            let took = elapsed() - round_began;
            round_seconds = round_seconds.mul_add(0.5, took * 0.5).max(took);
        }
    }

    /// Those of the earlier rounds, or as long as the budget allows.
    fn phases(&self, collected: &Collected<'_>, preflight: &Preflight, clock: RoundClock) -> Phases {
        match self.earlier {
            Some(earlier) if collected.rounds() > 0 => earlier.phases,
            _ => {
                let budget_seconds = clock.budget_seconds * (1.0 - RESERVE_SHARE);
                let left_seconds = budget_seconds - preflight.took.as_secs_f64();
                Phases::fit(&self.settings, left_seconds, preflight.round_cost)
            }
        }
    }

    /// Whatever goes wrong after an end was wished went wrong because of it: what waited was torn from its work. But what could not be
    /// stopped or kept is told.
    fn unless_interrupted<T>(&self, done: Result<T, CompareError>) -> Result<T, CompareError> {
        match done {
            Err(error @ (CompareError::Stop { .. } | CompareError::Keep(_))) => Err(error),
            Err(_) if self.interruption.is_wanted() => Err(CompareError::Interrupted),
            done => done,
        }
    }

    fn keep(&self, results: &Results) -> Result<(), CompareError> {
        (self.keep)(results).map_err(CompareError::Keep)
    }

    /// Rounds of something else must not be mixed with those that would come.
    fn refuse_other_runs(&self, entries: &[Entry<'_>], frame: &Frame) -> Result<(), CompareError> {
        let Some(earlier) = self.earlier else { return Ok(()) };
        let now = Circumstances {
            settings: &self.settings,
            machine: &frame.machine,
            cpu_sets: &frame.cpu_sets,
            labels: entries.iter().map(|entry| entry.label.as_str()).collect(),
            journeys: self.journeys.iter().map(|journey| journey.name()).collect(),
        };
        let obstacles = resume::obstacles(earlier, &now);
        if obstacles.is_empty() { Ok(()) } else { Err(CompareError::OtherRun(obstacles)) }
    }

    /// What will be measured, and how long that takes.
    fn timetable(&self, ahead: &[(&'static str, f64)]) -> String {
        let rounds = Some(("rounds", self.settings.budget_seconds)).filter(|(_, seconds)| *seconds > 0.0);
        let parts = ahead.iter().copied().chain(rounds).collect::<Vec<_>>();
        let all_seconds = parts.iter().map(|(_, seconds)| seconds).sum::<f64>();
        let listed = parts.iter().map(|(part, seconds)| format!("{part} {seconds:.0} s"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        format!("the plan: {listed}; {:.0} min in all", (all_seconds / 60.0).ceil())
    }

    /// By topology: where it runs; none if they are started here.
    fn targets(&self) -> Option<ByName<String>> {
        let running = self.topologies.iter().map(|it| Some((it.label().to_owned(), it.runs_at()?)));
        running.collect::<Option<ByName<_>>>().filter(|targets| !targets.is_empty())
    }

    fn entries(&self) -> Result<(Vec<Entry<'_>>, String), CompareError> {
        let plan = |text: &str| Err(CompareError::Plan(text.to_owned()));
        let Some(baseline) = self.topologies.first() else { return plan("no topology is given") };
        if self.journeys.is_empty() {
            return plan("no journey is given");
        }
        let twin = again::label(baseline.label());
        let mut named: Vec<(String, &dyn Subject)> =
            self.topologies.iter().map(|topology| (topology.label().to_owned(), *topology)).collect();
        named.push((twin.clone(), self.again.unwrap_or(*baseline)));
        named.extend(self.floor.map(|floor| (floor.label().to_owned(), floor)));
        let mut seen = HashSet::new();
        let journeys = self.journeys.iter().map(|journey| journey.name());
        if let Some(label) = named.iter().map(|(label, _)| label).find(|label| !seen.insert(label.as_str())) {
            return plan(&format!("two subjects are called {label:?} (each may be named once)"));
        }
        let mut seen = HashSet::new();
        if let Some(name) = journeys.into_iter().find(|name| !seen.insert(*name)) {
            return plan(&format!("two journeys are called {name:?}"));
        }
        let entries = named.into_iter().map(|(label, subject)| Entry { label, subject }).collect();
        Ok((entries, twin))
    }

    fn introduction(&self, cpu_sets: &CpuSets) -> String {
        let names: Vec<&str> = self.topologies.iter().map(|topology| topology.label()).collect();
        let Settings { plan, seed, .. } = &self.settings;
        format!("comparing {} ({plan} plan, seed {seed}; {cpu_sets})", names.join(", "))
    }

    /// Why no further round should begin, which would end at `would_end_seconds`; none if one should.
    fn enough(&self, collected: &Collected<'_>, would_end_seconds: f64, clock: RoundClock) -> Option<Ending> {
        let settings = &self.settings;
        let rounds = collected.rounds();
        if self.interruption.is_wanted() {
            return Some(Ending::INTERRUPTED);
        }
        if rounds >= settings.rounds_most {
            return Some(Ending::in_time(format!("all {rounds} rounds of the plan were measured")));
        }
        if rounds >= settings.rounds_target && collected.widest_half_width() <= settings.stop_half_width {
            let percent = settings.stop_half_width * 100.0;
            return Some(Ending::in_time(format!("every p50 interval is within ±{percent:.1} %")));
        }
        if rounds >= settings.rounds_least && would_end_seconds > clock.budget_seconds {
            let budget_seconds = clock.budget_seconds;
            return Some(Ending::in_time(format!(
                "another round would exceed the budget of {budget_seconds:.0} s"
            )));
        }
        let limit_seconds = clock.limit_seconds;
        (would_end_seconds > clock.limit_seconds)
            .then(|| Ending::in_time(format!("another round would exceed the limit of {limit_seconds:.0} s")))
    }
}

/// The seconds since the rounds began at which they should, and at which they must, have ended.
#[derive(Clone, Copy)]
struct RoundClock {
    budget_seconds: f64,
    limit_seconds: f64,
}

impl RoundClock {
    /// Rounds have a budget of their own, and what the parts before them did not need of the time that they were `expected` to take.
    fn new(settings: &Settings, expected: &[(&'static str, f64)], took: Duration) -> Self {
        let expected_seconds = expected.iter().map(|(_, seconds)| seconds).sum::<f64>();
        let Settings { budget_seconds, limit_seconds, .. } = *settings;
        Self { budget_seconds, limit_seconds }.later((expected_seconds - took.as_secs_f64()).max(0.0))
    }

    fn later(self, seconds: f64) -> Self {
        Self { budget_seconds: self.budget_seconds + seconds, limit_seconds: self.limit_seconds + seconds }
    }
}

/// What stands around the figures in results.
struct Frame {
    run_began: Instant,
    began_at: Option<String>,
    /// What an earlier run took that this one goes on with.
    earlier_seconds: f64,
    machine: Machine,
    cpu_sets: CpuSets,
    targets: Option<ByName<String>>,
    phases: Phases,
    clock: RoundClock,
    script_steps: usize,
    ticks_before: Option<Ticks>,
}

impl Frame {
    fn around(comparison: &Comparison<'_>, run_began: Instant) -> Self {
        let targets = comparison.targets();
        let mut machine = Machine::detect(comparison.version);
        if targets.is_some() {
            // How what runs elsewhere was built is not known here.
            machine.unoptimised = None;
        }
        let now = || OffsetDateTime::now_utc().format(&Rfc3339).ok();
        Self {
            run_began,
            began_at: comparison.earlier.map_or_else(now, |earlier| earlier.began_at.clone()),
            earlier_seconds: comparison.earlier.map_or(0.0, |earlier| earlier.elapsed_seconds),
            machine,
            cpu_sets: match targets {
                None => CpuSets::detect(comparison.settings.share_processors),
                Some(_) => CpuSets::of_generator(),
            },
            targets,
            phases: Phases::asked(&comparison.settings),
            clock: RoundClock::new(&comparison.settings, &[], Duration::ZERO),
            script_steps: 0,
            ticks_before: Ticks::read(),
        }
    }

    fn results(&self, collected: &Collected<'_>, found: &Findings, ending: &Ending) -> Results {
        let mut results = collected.results(self.machine.clone(), self.cpu_sets.clone(), self.phases);
        results.began_at.clone_from(&self.began_at);
        results.script_steps = self.script_steps;
        results.ended_because = ending.because.clone().into_owned();
        results.cut_short = ending.is_early;
        results.elapsed_seconds = self.earlier_seconds + self.run_began.elapsed().as_secs_f64();
        results.targets.clone_from(&self.targets);
        found.put_into(&mut results);
        results
    }

    fn stolen_share(&self) -> Option<f64> {
        Ticks::read()?.stolen_share(self.ticks_before?)
    }
}

/// How much of the processors others use while this program does nothing.
fn busy_share() -> Option<f64> {
    let before = Ticks::read()?;
    thread::sleep(LISTENING);
    Ticks::read()?.busy_share(before)
}

#[cfg(test)]
mod tests;
