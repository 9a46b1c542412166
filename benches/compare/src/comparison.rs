//! The run: equivalence first, then rounds until they suffice or time is up.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::affinity::CpuSets;
use crate::attribution::{Attribution, AttributionSettings, Pair};
use crate::blast::{BlastRadius, BlastSettings, Fault};
use crate::block;
use crate::client::Client;
use crate::course::Course;
use crate::demand_step::{DemandStep, DemandStepSettings};
use crate::equivalence;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::{Journey, Script, Step};
use crate::ladder::{Ladder, LadderPlan};
use crate::load::{LoadCurves, LoadSettings};
use crate::machine::Machine;
use crate::proc;
use crate::progress::Progress;
use crate::results::{ByName, Results};
use crate::rolling_release::RollingReleases;
use crate::round_trip::{RoundTrip, RoundTripSettings};
use crate::scale_out::{self, Growth, ScaleOut};
use crate::series::SeriesSettings;
use crate::settings::{Phases, RoundCost, ScaleSettings, Settings};
use crate::subject::Subject;
use crate::summary::Collected;
use crate::turns::{Entry, Turns};

/// All that a comparison needs.
pub struct Comparison<'a> {
    /// What is compared; the first is the baseline and runs twice. One is enough for its price beside the floor.
    pub topologies: &'a [&'a dyn Subject],
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
}

/// What was learnt before anything was timed.
struct Preflight {
    script_steps: usize,
    /// By topology, in their order: its services, each once.
    services: Vec<Vec<String>>,
    round_cost: RoundCost,
    /// What the baseline answered to the script.
    transcript: Vec<Step>,
}

/// What was found beside the rounds.
#[derive(Default)]
struct Beside {
    blast_radius: Option<BlastRadius>,
    scale_out: Option<ScaleOut>,
    demand_step: Option<DemandStep>,
    rolling_release: Option<RollingReleases>,
    ladder: Option<Ladder>,
    load: Option<LoadCurves>,
    round_trip: Option<RoundTrip>,
    attribution: Option<Attribution>,
}

/// Why an interrupted run ended, for its results.
const INTERRUPTED: &str = "it was interrupted, and what was not complete does not count";

/// A share of the budget is kept for what takes longer than it did the first time.
const RESERVE_SHARE: f64 = 0.05;

impl Comparison<'_> {
    /// Measures, and tells `progress` how far it is. Every deployment that was started is stopped on every way out.
    pub fn run(&self, progress: &mut dyn Progress) -> Result<Results, CompareError> {
        let run_began = Instant::now();
        let began_at = OffsetDateTime::now_utc().format(&Rfc3339).ok();
        let settings = &self.settings;
        let (entries, twin) = self.entries()?;
        let targets = self.targets();
        let cpu_sets = match &targets {
            None => CpuSets::detect(settings.share_processors),
            Some(_) => CpuSets::of_generator(),
        };
        let mut machine = Machine::detect(self.version);
        let steal_before = proc::steal_and_total_ticks();
        let mut course = Course::new(progress);
        course.note(&self.introduction(&cpu_sets));
        course.expect(settings.budget_seconds);

        let preflight = self.preflight(&cpu_sets, &mut course)?;
        let preflight_took = run_began.elapsed();
        course.note(&self.timetable(&preflight));
        let beside = self.beside(&preflight, &cpu_sets, &mut course)?;

        // The rounds have their budget to themselves.
        let rounds_began = Instant::now().checked_sub(preflight_took).unwrap_or(run_began);
        let elapsed = || rounds_began.elapsed().as_secs_f64();
        let left_seconds = settings.budget_seconds * (1.0 - RESERVE_SHARE) - elapsed();
        let phases = Phases::fit(settings, left_seconds, preflight.round_cost);
        let mut collected = Collected::new(settings, self.journeys, labels(&entries), twin);
        let mut round_seconds = preflight.round_cost.seconds(phases);
        let turns = Turns {
            entries: &entries,
            journeys: self.journeys,
            settings,
            phases,
            cpu_sets: &cpu_sets,
            interruption: &self.interruption,
            run_began: rounds_began,
            limit_seconds: settings.limit_seconds,
        };
        course.begin(settings.budget_seconds);

        let ended_because = loop {
            let rounds = collected.rounds();
            if let Some(reason) = self.enough(&collected, elapsed(), round_seconds) {
                break reason;
            }
            let expected = settings.rounds_target.max(rounds + 1);
            let total = (elapsed() + round_seconds * (expected - rounds) as f64).min(settings.limit_seconds);
            let began = elapsed();
            let round = turns.round(rounds, &mut |what| {
                course.advance(total - elapsed(), &format!("round {} of {expected}: {what}", rounds + 1));
            });
            match round {
                Ok(Some(round)) => collected.add(round),
                Ok(None) if self.interruption.is_wanted() => break INTERRUPTED.to_owned(),
                Ok(None) => {
                    break "the time limit was reached inside a round, which does not count".to_owned();
                }
                Err(CompareError::Gone { label, .. }) if rounds > 0 => {
                    break format!("{label} stopped answering in round {}, which does not count", rounds + 1);
                }
                Err(error) => return Err(error),
            }
            round_seconds = round_seconds.mul_add(0.5, (elapsed() - began) * 0.5).max(elapsed() - began);
        };
        if collected.rounds() == 0 && settings.rounds_most > 0 {
            return Err(if self.interruption.is_wanted() {
                CompareError::Interrupted
            } else {
                CompareError::NoRounds { limit_seconds: settings.limit_seconds }
            });
        }
        machine.steal_share = steal_share(steal_before, proc::steal_and_total_ticks());
        let mut results = collected.finish(machine, cpu_sets, phases);
        results.began_at = began_at;
        results.script_steps = preflight.script_steps;
        results.ended_because = ended_because;
        results.elapsed_seconds = run_began.elapsed().as_secs_f64();
        results.blast_radius = beside.blast_radius;
        results.scale_out = beside.scale_out;
        results.demand_step = beside.demand_step;
        results.rolling_release = beside.rolling_release;
        if targets.is_some() {
            // How what runs elsewhere was built is not known here.
            results.machine.unoptimised = None;
        }
        results.targets = targets;
        results.ladder = beside.ladder;
        results.load = beside.load;
        results.round_trip = beside.round_trip;
        results.attribution = beside.attribution;
        Ok(results)
    }

    /// By topology: where it runs; none if they are started here.
    fn targets(&self) -> Option<ByName<String>> {
        let running = self.topologies.iter().map(|it| Some((it.label().to_owned(), it.runs_at()?)));
        running.collect::<Option<ByName<_>>>().filter(|targets| !targets.is_empty())
    }

    /// What is measured before the rounds, and about how many seconds each takes.
    fn parts(&self, preflight: &Preflight) -> Vec<(&'static str, f64)> {
        let processes = preflight.services.iter().map(Vec::len).sum::<usize>();
        let blast = self.settings.blast.as_ref();
        let blast = blast.map(|blast| ("blast radius", BlastRadius::seconds(blast, processes)));
        let load = self.settings.load.as_ref();
        let load = load.map(|load| ("latency against load", load.seconds(self.topologies.len())));
        let round_trip = self.settings.round_trip.as_ref();
        let round_trip = round_trip.map(|plan| ("round-trip times", self.round_trip_seconds(plan)));
        let attribution = self.attribution_settings();
        let attribution = attribution.map(|plan| ("attribution", self.attribution_seconds(plan)));
        let ladder = self.wanted_ladder();
        let ladder = ladder.map(|(plan, series)| ("ladder", Ladder::seconds(&plan, &series)));
        let scale = self.settings.scale.as_ref();
        let scale_out = scale.map(|scale| ("scale-out", self.scale_out_seconds(scale)));
        let step = scale.map(|scale| {
            let (subjects, journeys) = self.grown();
            ("demand step", scale.demand_step.seconds(subjects.len(), journeys.len()))
        });
        let release = scale.map(|scale| ("rolling release", self.release_seconds(scale)));
        blast
            .into_iter()
            .chain(load)
            .chain(round_trip)
            .chain(attribution)
            .chain(scale_out)
            .chain(step)
            .chain(release)
            .chain(ladder)
            .collect()
    }

    /// The ladder where there is one, with how much of it is measured.
    fn wanted_ladder(&self) -> Option<(LadderPlan<'_>, SeriesSettings)> {
        self.ladder.zip(self.settings.ladder)
    }

    /// What will be measured, and how long that takes.
    fn timetable(&self, preflight: &Preflight) -> String {
        let rounds = ("rounds", self.settings.budget_seconds);
        let parts = self.parts(preflight).into_iter().chain([rounds]).collect::<Vec<_>>();
        let all_seconds = parts.iter().map(|(_, seconds)| seconds).sum::<f64>();
        let listed = parts.iter().map(|(part, seconds)| format!("{part} {seconds:.0} s"));
        let listed = listed.collect::<Vec<_>>().join(", ");
        format!("the plan: {listed}; {:.0} min in all", (all_seconds / 60.0).ceil())
    }

    /// Measures what is asked for beside the rounds.
    fn beside(
        &self,
        preflight: &Preflight,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<Beside, CompareError> {
        self.parts(preflight).iter().for_each(|(_, seconds)| course.expect(*seconds));
        let mut beside = Beside::default();
        if let Some(settings) = &self.settings.blast {
            beside.blast_radius = Some(self.blast_radius(settings, preflight, cpu_sets, course)?);
        }
        if let Some(settings) = &self.settings.load {
            beside.load = Some(self.load(settings, cpu_sets, course)?);
        }
        if let Some(plan) = &self.settings.round_trip {
            beside.round_trip = Some(self.round_trip(plan, cpu_sets, course)?);
        }
        if let Some(plan) = self.attribution_settings() {
            beside.attribution = Some(self.attribution(plan, cpu_sets, course)?);
        }
        if let Some(settings) = &self.settings.scale {
            beside.scale_out = Some(self.scale_out(settings, cpu_sets, course)?);
            beside.demand_step = Some(self.demand_step(&settings.demand_step, cpu_sets, course)?);
            beside.rolling_release = Some(self.rolling_release(settings, cpu_sets, course)?);
        }
        if let Some((plan, series)) = self.wanted_ladder() {
            beside.ladder = Some(self.ladder(plan, series, preflight, cpu_sets, course)?);
        }
        Ok(beside)
    }

    /// Of the last journey: that is the mix of all, where there is one.
    fn load(
        &self,
        plan: &LoadSettings,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<LoadCurves, CompareError> {
        let Some(journey) = self.journeys.last() else {
            return Err(CompareError::Plan("no journey is given".to_owned()));
        };
        let (topologies, sweeps) = (self.topologies, self.topologies.len() * plan.rounds);
        let all_seconds = plan.seconds(topologies.len());
        course.begin(all_seconds);
        LoadCurves::measure(
            plan,
            topologies,
            *journey,
            &self.settings,
            cpu_sets,
            &self.interruption,
            |what, done| {
                let left = all_seconds * (sweeps - done) as f64 / sweeps as f64;
                course.advance(left, &format!("load {} of {sweeps}: {what}", done + 1));
            },
        )
    }

    /// All that grow, as they are and grown, and how many journeys they answer.
    fn grown(&self) -> (Vec<&dyn Subject>, Vec<&dyn Journey>) {
        let subjects = self.growths.iter().flat_map(|growth| [growth.from, growth.to]).collect::<Vec<_>>();
        let journeys = scale_out::answered(&subjects, self.journeys);
        (subjects, journeys)
    }

    fn rolling_release(
        &self,
        settings: &ScaleSettings,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<RollingReleases, CompareError> {
        let (seconds, releases) = (self.release_seconds(settings), self.releases.len());
        course.begin(seconds);
        let note = |what: &str, done: usize| {
            let left = seconds * (releases - done) as f64 / releases as f64;
            course.advance(left, &format!("rolling release {} of {releases}: {what}", done + 1));
        };
        RollingReleases::measure(
            &settings.rolling_release,
            self.releases,
            self.journeys,
            cpu_sets,
            self.settings.seed,
            &self.interruption,
            note,
        )
    }

    fn release_seconds(&self, settings: &ScaleSettings) -> f64 {
        /// Nobody has counted them yet.
        const USUAL_PROCESSES: usize = 12;
        settings.rolling_release.seconds(USUAL_PROCESSES * self.releases.len(), self.releases.len())
    }

    fn demand_step(
        &self,
        settings: &DemandStepSettings,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<DemandStep, CompareError> {
        let (subjects, journeys) = self.grown();
        let trials = settings.rounds * subjects.len() * journeys.len();
        let seconds = settings.seconds(subjects.len(), journeys.len());
        course.begin(seconds);
        let note = |what: &str, done: usize| {
            let left = seconds * (trials - done) as f64 / trials as f64;
            course.advance(left, &format!("demand step {} of {trials}: {what}", done + 1));
        };
        DemandStep::measure(
            settings,
            &subjects,
            &journeys,
            &self.settings,
            cpu_sets,
            &self.interruption,
            note,
        )
    }

    fn scale_out_seconds(&self, settings: &ScaleSettings) -> f64 {
        let (subjects, journeys) = self.grown();
        settings.series.seconds(subjects.len(), journeys.len())
    }

    fn scale_out(
        &self,
        settings: &ScaleSettings,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<ScaleOut, CompareError> {
        let (seconds, rounds) = (self.scale_out_seconds(settings), settings.series.rounds);
        course.begin(seconds);
        let note = |what: &str, done: usize| {
            let left = seconds * (rounds - done) as f64 / rounds as f64;
            course.advance(left, &format!("scale-out, round {} of {rounds}: {what}", done + 1));
        };
        ScaleOut::measure(self.growths, self.journeys, &self.settings, cpu_sets, &self.interruption, note)
    }

    fn blast_radius(
        &self,
        settings: &BlastSettings,
        preflight: &Preflight,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<BlastRadius, CompareError> {
        let targets = self.topologies.iter().copied().zip(&preflight.services);
        let processes = preflight.services.iter().map(Vec::len).sum();
        course.begin(BlastRadius::seconds(settings, processes));
        BlastRadius::measure(
            settings,
            targets,
            self.journeys,
            cpu_sets,
            self.settings.seed,
            &self.interruption,
            |what, done, of_all| {
                let left = BlastRadius::seconds(settings, of_all - done) / Fault::ALL.len() as f64;
                course.advance(left, &format!("blast radius {} of {of_all}: {what}", done + 1));
            },
        )
    }

    fn round_trip_seconds(&self, plan: &RoundTripSettings) -> f64 {
        plan.seconds(self.topologies.len(), self.journeys_of_one_kind().len())
    }

    /// Those whose median says how many round trips it takes.
    fn journeys_of_one_kind(&self) -> Vec<&dyn Journey> {
        self.journeys.iter().copied().filter(|journey| !journey.is_mix()).collect()
    }

    fn round_trip(
        &self,
        plan: &RoundTripSettings,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<RoundTrip, CompareError> {
        let seconds = self.round_trip_seconds(plan);
        course.begin(seconds);
        let began = Instant::now();
        RoundTrip::measure(
            plan,
            self.topologies,
            &self.journeys_of_one_kind(),
            &self.settings,
            cpu_sets,
            &self.interruption,
            |what, round| {
                let left = seconds - began.elapsed().as_secs_f64();
                course.advance(left, &format!("round trips {} of {}: {what}", round + 1, plan.series.rounds));
            },
        )
    }

    fn attribution_settings(&self) -> Option<AttributionSettings> {
        self.settings.attribution.filter(|_| !self.timed.is_empty())
    }

    fn attribution_seconds(&self, plan: AttributionSettings) -> f64 {
        plan.seconds(self.timed.len(), self.journeys_of_one_kind().len())
    }

    fn attribution(
        &self,
        plan: AttributionSettings,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<Attribution, CompareError> {
        let seconds = self.attribution_seconds(plan);
        course.begin(seconds);
        let pairs = self.topologies.iter().zip(self.timed);
        let pairs = pairs.map(|(plain, timed)| Pair { plain: *plain, timed: *timed }).collect::<Vec<_>>();
        let note = |what: &str, done: usize, of_all: usize| {
            let left = seconds * (of_all - done) as f64 / of_all as f64;
            course.advance(left, &format!("attribution {} of {of_all}: {what}", done + 1));
        };
        let (settings, interruption) = (&self.settings, &self.interruption);
        let journeys = self.journeys_of_one_kind();
        Attribution::measure(plan, &pairs, &journeys, settings, cpu_sets, interruption, note)
    }

    /// Every rung shows that it answers rightly before any is timed.
    fn ladder(
        &self,
        plan: LadderPlan<'_>,
        series: SeriesSettings,
        preflight: &Preflight,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<Ladder, CompareError> {
        let all_seconds = Ladder::seconds(&plan, &series);
        course.begin(all_seconds);
        for rung in plan.rungs {
            if self.interruption.is_wanted() {
                break;
            }
            course.advance(all_seconds, &format!("ladder: {} checks its answers", rung.subject.label()));
            let script = rung.is_equivalent.then_some(&*preflight.transcript);
            self.check(rung.subject, plan.journeys, script, cpu_sets)?;
        }
        Ladder::measure(&plan, series, &self.settings, cpu_sets, &self.interruption, |what, rounds| {
            let left = SeriesSettings { rounds: series.rounds - rounds, ..series };
            let left_seconds = Ladder::seconds(&plan, &left);
            course.advance(left_seconds, &format!("ladder {} of {}: {what}", rounds + 1, series.rounds));
        })
    }

    /// Starts a subject once: it must answer its journeys rightly, and the script as the baseline did where it is given.
    fn check(
        &self,
        subject: &dyn Subject,
        journeys: &[&dyn Journey],
        expected: Option<&[Step]>,
        cpu_sets: &CpuSets,
    ) -> Result<(), CompareError> {
        let label = subject.label();
        let guard = block::start(cpu_sets, label, subject)?;
        let timeout = Duration::from_secs_f64(self.settings.request_timeout_seconds);
        let mut client = guard.running().client(timeout);
        if let (Some(expected), Some(baseline)) = (expected, self.topologies.first()) {
            let transcript = self.transcript(label, &mut client)?;
            equivalence::compare((baseline.label(), expected), (label, &transcript))
                .map_err(CompareError::Different)?;
        }
        equivalence::probe(subject, &mut client, &answered(journeys, subject), self.settings.seed)?;
        block::stop(subject, guard)
    }

    fn transcript(&self, label: &str, client: &mut Client) -> Result<Vec<Step>, CompareError> {
        let failed = |source| CompareError::Script { label: label.to_owned(), source };
        self.script.replay(client).map_err(failed)
    }

    fn entries(&self) -> Result<(Vec<Entry<'_>>, String), CompareError> {
        let plan = |text: &str| Err(CompareError::Plan(text.to_owned()));
        let Some(baseline) = self.topologies.first() else { return plan("no topology is given") };
        if self.journeys.is_empty() {
            return plan("no journey is given");
        }
        let twin = format!("{} (again)", baseline.label());
        let mut named: Vec<(String, &dyn Subject)> =
            self.topologies.iter().map(|topology| (topology.label().to_owned(), *topology)).collect();
        named.push((twin.clone(), *baseline));
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
        let Settings { plan, budget_seconds, seed, rounds_target, .. } = &self.settings;
        format!(
            "comparing {} ({plan}: about {budget_seconds:.0} s, {rounds_target} rounds, seed {seed}; {cpu_sets})",
            names.join(", ")
        )
    }

    /// Starts every subject once: transcripts must agree, and every journey must be answered rightly.
    fn preflight(&self, cpu_sets: &CpuSets, course: &mut Course<'_>) -> Result<Preflight, CompareError> {
        let mut first: Option<(String, Vec<Step>)> = None;
        let (mut round_cost, mut services) = (RoundCost::default(), Vec::new());
        let subjects = self.topologies.iter().map(|topology| (*topology, true));
        for (number, (subject, is_topology)) in
            subjects.chain(self.floor.map(|floor| (floor, false))).enumerate()
        {
            let label = subject.label();
            course.advance(0.0, &format!("{label}: checks its answers"));
            let before_start = Instant::now();
            let guard = block::start(cpu_sets, label, subject)?;
            let mut subject_overhead = before_start.elapsed();
            let timeout = Duration::from_secs_f64(self.settings.request_timeout_seconds);
            let mut client = guard.running().client(timeout);
            if is_topology {
                let processes = guard.running().processes().into_iter();
                let mut names = processes.map(|process| process.service).collect::<Vec<_>>();
                names.dedup();
                services.push(names);
                let transcript = self.transcript(label, &mut client)?;
                match &first {
                    None => first = Some((label.to_owned(), transcript)),
                    Some((baseline, expected)) => {
                        equivalence::compare((baseline, expected), (label, &transcript))
                            .map_err(CompareError::Different)?;
                    }
                }
            }
            let journeys = answered(self.journeys, subject);
            equivalence::probe(subject, &mut client, &journeys, self.settings.seed)?;
            let address = guard.running().address();
            let preparation_share = journeys
                .iter()
                .map(|journey| block::preparation_share(subject, address, *journey, &self.settings))
                .sum::<std::io::Result<f64>>()
                .map_err(|source| block::unreachable(subject, source))?;
            let before_stop = Instant::now();
            block::stop(subject, guard)?;
            subject_overhead += before_stop.elapsed();
            // The baseline is measured twice a round.
            let times = if number == 0 { 2 } else { 1 };
            round_cost.cells += journeys.len() * times;
            round_cost.fixed_seconds += subject_overhead.as_secs_f64() * times as f64;
            round_cost.preparation_share += preparation_share * times as f64;
        }
        let transcript = first.map_or_else(Vec::new, |(_, transcript)| transcript);
        let script_steps = transcript.len();
        course.note(&format!(
            "equivalent: {script_steps} steps of the script are answered alike by all topologies"
        ));
        Ok(Preflight { script_steps, services, round_cost, transcript })
    }

    /// Why no further round should begin; none if one should.
    fn enough(&self, collected: &Collected<'_>, elapsed_seconds: f64, round_seconds: f64) -> Option<String> {
        let settings = &self.settings;
        let rounds = collected.rounds();
        let would_end_seconds = elapsed_seconds + round_seconds;
        if self.interruption.is_wanted() {
            return Some(INTERRUPTED.to_owned());
        }
        if rounds >= settings.rounds_most {
            return Some(format!("all {rounds} rounds of the plan were measured"));
        }
        if rounds >= settings.rounds_target && collected.widest_half_width() <= settings.stop_half_width {
            let percent = settings.stop_half_width * 100.0;
            return Some(format!("every p50 interval is within ±{percent:.1} %"));
        }
        if rounds >= settings.rounds_least && would_end_seconds > settings.budget_seconds {
            return Some(format!(
                "another round would exceed the budget of {:.0} s",
                settings.budget_seconds
            ));
        }
        (would_end_seconds > settings.limit_seconds)
            .then(|| format!("another round would exceed the limit of {:.0} s", settings.limit_seconds))
    }
}

/// The journeys that a subject has.
fn answered<'a>(journeys: &[&'a dyn Journey], subject: &dyn Subject) -> Vec<&'a dyn Journey> {
    journeys.iter().copied().filter(|journey| subject.answers(journey.name())).collect()
}

fn labels(entries: &[Entry<'_>]) -> Vec<String> {
    entries.iter().map(|entry| entry.label.clone()).collect()
}

fn steal_share(before: Option<(u64, u64)>, after: Option<(u64, u64)>) -> Option<f64> {
    let ((steal_before, total_before), (steal_after, total_after)) = before.zip(after)?;
    let total = total_after.checked_sub(total_before).filter(|total| *total > 0)?;
    Some(steal_after.saturating_sub(steal_before) as f64 / total as f64)
}

#[cfg(test)]
mod tests;
