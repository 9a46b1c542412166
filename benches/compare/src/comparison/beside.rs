//! What is measured beside the rounds, one experiment after the other.

use std::time::Instant;

use super::Comparison;
use super::preflight::Preflight;
use crate::affinity::CpuSets;
use crate::attribution::{Attribution, AttributionSettings, Pair};
use crate::blast::{BlastRadius, BlastSettings, Fault};
use crate::course::Course;
use crate::demand_step::{DemandStep, DemandStepSettings};
use crate::error::CompareError;
use crate::journey::Journey;
use crate::ladder::{Ladder, LadderPlan};
use crate::load::{LoadCurves, LoadSettings};
use crate::phases::Cells;
use crate::results::Results;
use crate::rolling_release::{RollingReleaseSettings, RollingReleases};
use crate::round_trip::{RoundTrip, RoundTripSettings};
use crate::scale_out::{self, ScaleOut};
use crate::series::SeriesSettings;
use crate::settings::ScaleSettings;
use crate::subject::Subject;

/// An experiment, in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Ladder,
    Attribution,
    RoundTrip,
    Load,
    ScaleOut,
    DemandStep,
    RollingRelease,
    BlastRadius,
}

impl Part {
    const ALL: [Self; 8] = [
        Self::Ladder,
        Self::Attribution,
        Self::RoundTrip,
        Self::Load,
        Self::ScaleOut,
        Self::DemandStep,
        Self::RollingRelease,
        Self::BlastRadius,
    ];

    /// What it is called in the timetable.
    fn name(self) -> &'static str {
        match self {
            Self::Ladder => "ladder",
            Self::Attribution => "attribution",
            Self::RoundTrip => "round-trip times",
            Self::Load => "latency against load",
            Self::ScaleOut => "scale-out",
            Self::DemandStep => "demand step",
            Self::RollingRelease => "rolling release",
            Self::BlastRadius => "blast radius",
        }
    }
}

/// What was found beside the rounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    ladder: Option<Ladder>,
    attribution: Option<Attribution>,
    round_trip: Option<RoundTrip>,
    load: Option<LoadCurves>,
    scale_out: Option<ScaleOut>,
    demand_step: Option<DemandStep>,
    rolling_release: Option<RollingReleases>,
    blast_radius: Option<BlastRadius>,
}

impl Findings {
    /// Those of an earlier run.
    pub(crate) fn of(results: &Results) -> Self {
        Self {
            ladder: results.ladder.clone(),
            attribution: results.attribution.clone(),
            round_trip: results.round_trip.clone(),
            load: results.load.clone(),
            scale_out: results.scale_out.clone(),
            demand_step: results.demand_step.clone(),
            rolling_release: results.rolling_release.clone(),
            blast_radius: results.blast_radius.clone(),
        }
    }

    /// Puts them where they belong.
    pub(super) fn put_into(&self, results: &mut Results) {
        let Self {
            ladder,
            attribution,
            round_trip,
            load,
            scale_out,
            demand_step,
            rolling_release,
            blast_radius,
        } = self.clone();
        results.ladder = ladder;
        results.attribution = attribution;
        results.round_trip = round_trip;
        results.load = load;
        results.scale_out = scale_out;
        results.demand_step = demand_step;
        results.rolling_release = rolling_release;
        results.blast_radius = blast_radius;
    }

    pub(crate) fn is_empty(&self) -> bool {
        !Part::ALL.into_iter().any(|part| self.has(part))
    }

    fn has(&self, part: Part) -> bool {
        match part {
            Part::Ladder => self.ladder.is_some(),
            Part::Attribution => self.attribution.is_some(),
            Part::RoundTrip => self.round_trip.is_some(),
            Part::Load => self.load.is_some(),
            Part::ScaleOut => self.scale_out.is_some(),
            Part::DemandStep => self.demand_step.is_some(),
            Part::RollingRelease => self.rolling_release.is_some(),
            Part::BlastRadius => self.blast_radius.is_some(),
        }
    }
}

/// The experiments of a comparison.
pub(super) struct Experiments<'a> {
    pub(super) comparison: &'a Comparison<'a>,
    pub(super) preflight: &'a Preflight,
    pub(super) cpu_sets: &'a CpuSets,
}

impl Experiments<'_> {
    /// What is wanted and not found yet, and about how many seconds each takes.
    pub(super) fn ahead(&self, found: &Findings) -> Vec<(&'static str, f64)> {
        self.parts(found).into_iter().map(|(part, seconds)| (part.name(), seconds)).collect()
    }

    /// Measures what is wanted and not found yet; `keep` hears after each. One in which the run was interrupted is not found.
    pub(super) fn measure(
        &self,
        found: &mut Findings,
        course: &mut Course<'_>,
        keep: &mut dyn FnMut(&Findings) -> Result<(), CompareError>,
    ) -> Result<(), CompareError> {
        let parts = self.parts(found);
        for (_, seconds) in &parts {
            course.expect(*seconds);
        }
        for (part, seconds) in parts {
            course.begin(seconds);
            let mut with_it = found.clone();
            let measured = self.one(part, seconds, &mut with_it, course);
            match self.comparison.unless_interrupted(measured) {
                Err(CompareError::Interrupted) => break,
                measured => measured?,
            }
            if self.comparison.interruption.is_wanted() {
                break;
            }
            *found = with_it;
            keep(found)?;
        }
        Ok(())
    }

    fn parts(&self, found: &Findings) -> Vec<(Part, f64)> {
        let wanted = Part::ALL.into_iter().filter(|part| !found.has(*part));
        wanted.filter_map(|part| Some((part, self.seconds(part)?))).collect()
    }

    /// About how long an experiment takes; none where it is not wanted.
    fn seconds(&self, part: Part) -> Option<f64> {
        let settings = &self.comparison.settings;
        let topologies = self.comparison.topologies.len();
        let scale = settings.scale.as_ref();
        match part {
            Part::Ladder => {
                self.wanted_ladder().map(|(plan, series)| Ladder::seconds(&plan, &series, settings))
            }
            Part::Attribution => {
                let journeys = self.journeys_of_one_kind().len();
                self.wanted_attribution().map(|plan| plan.seconds(topologies, journeys))
            }
            Part::RoundTrip => {
                let journeys = Cells::of(&self.journeys_of_one_kind(), settings);
                settings.round_trip.as_ref().map(|plan| plan.seconds(topologies, journeys))
            }
            Part::Load => settings.load.as_ref().map(|plan| plan.seconds(topologies)),
            Part::ScaleOut => {
                let (subjects, journeys) = self.grown();
                // One of them is measured twice.
                scale.map(|scale| scale.series.seconds(subjects.len() + 1, Cells::of(&journeys, settings)))
            }
            Part::DemandStep => {
                let (subjects, journeys) = self.grown();
                scale.map(|scale| scale.demand_step.seconds(subjects.len() + 1, journeys.len()))
            }
            Part::RollingRelease => {
                /// Nobody has counted them yet.
                const USUAL_PROCESSES: usize = 12;
                let releases = self.comparison.releases.len();
                scale.map(|scale| scale.rolling_release.seconds(USUAL_PROCESSES * releases, releases))
            }
            Part::BlastRadius => {
                settings.blast.as_ref().map(|plan| BlastRadius::seconds(plan, self.processes()))
            }
        }
    }

    fn one(
        &self,
        part: Part,
        seconds: f64,
        found: &mut Findings,
        course: &mut Course<'_>,
    ) -> Result<(), CompareError> {
        let settings = &self.comparison.settings;
        match part {
            Part::Ladder => {
                if let Some((plan, series)) = self.wanted_ladder() {
                    found.ladder = Some(self.ladder(plan, series, course)?);
                }
            }
            Part::Attribution => {
                if let Some(plan) = self.wanted_attribution() {
                    found.attribution = Some(self.attribution(plan, seconds, course)?);
                }
            }
            Part::RoundTrip => {
                if let Some(plan) = &settings.round_trip {
                    found.round_trip = Some(self.round_trip(plan, seconds, course)?);
                }
            }
            Part::Load => {
                if let Some(plan) = &settings.load {
                    found.load = Some(self.load(plan, seconds, course)?);
                }
            }
            Part::ScaleOut => {
                if let Some(scale) = &settings.scale {
                    found.scale_out = Some(self.scale_out(scale, seconds, course)?);
                }
            }
            Part::DemandStep => {
                if let Some(scale) = &settings.scale {
                    found.demand_step = Some(self.demand_step(&scale.demand_step, seconds, course)?);
                }
            }
            Part::RollingRelease => {
                if let Some(scale) = &settings.scale {
                    let plan = &scale.rolling_release;
                    found.rolling_release = Some(self.rolling_release(plan, seconds, course)?);
                }
            }
            Part::BlastRadius => {
                if let Some(plan) = &settings.blast {
                    found.blast_radius = Some(self.blast_radius(plan, course)?);
                }
            }
        }
        Ok(())
    }

    /// The ladder where there is one, with how much of it is measured.
    fn wanted_ladder(&self) -> Option<(LadderPlan<'_>, SeriesSettings)> {
        self.comparison.ladder.zip(self.comparison.settings.ladder)
    }

    /// None without deployments that tell where their time goes.
    fn wanted_attribution(&self) -> Option<AttributionSettings> {
        self.comparison.settings.attribution.filter(|_| !self.comparison.timed.is_empty())
    }

    /// All that grow, as they are and grown, and the journeys that they answer.
    fn grown(&self) -> (Vec<&dyn Subject>, Vec<&dyn Journey>) {
        let subjects = scale_out::grown(self.comparison.growths);
        let journeys = scale_out::answered(&subjects, self.comparison.journeys);
        (subjects, journeys)
    }

    /// Those whose median says how many round trips it takes.
    fn journeys_of_one_kind(&self) -> Vec<&dyn Journey> {
        self.comparison.journeys.iter().copied().filter(|journey| !journey.is_mix()).collect()
    }

    fn processes(&self) -> usize {
        self.preflight.services.iter().map(Vec::len).sum()
    }

    /// Every rung shows that it answers rightly before any is timed.
    fn ladder(
        &self,
        plan: LadderPlan<'_>,
        series: SeriesSettings,
        course: &mut Course<'_>,
    ) -> Result<Ladder, CompareError> {
        let Comparison { settings, interruption, .. } = self.comparison;
        for rung in plan.rungs {
            if interruption.is_wanted() {
                break;
            }
            let left = Ladder::seconds(&plan, &series, settings);
            course.advance(left, &format!("ladder: {} checks its answers", rung.subject.label()));
            let script = rung.is_equivalent.then_some(&*self.preflight.transcript);
            self.comparison.check(rung.subject, plan.journeys, script, self.cpu_sets)?;
        }
        Ladder::measure(&plan, series, settings, self.cpu_sets, interruption, |what, rounds| {
            let left = SeriesSettings { rounds: series.rounds - rounds, ..series };
            let left_seconds = Ladder::seconds(&plan, &left, settings);
            course.advance(left_seconds, &format!("ladder {} of {}: {what}", rounds + 1, series.rounds));
        })
    }

    fn attribution(
        &self,
        plan: AttributionSettings,
        seconds: f64,
        course: &mut Course<'_>,
    ) -> Result<Attribution, CompareError> {
        let Comparison { topologies, timed, settings, interruption, .. } = self.comparison;
        let pairs = topologies.iter().zip(*timed);
        let pairs = pairs.map(|(plain, timed)| Pair { plain: *plain, timed: *timed }).collect::<Vec<_>>();
        let note = |what: &str, done: usize, of_all: usize| {
            let left = seconds * (of_all - done) as f64 / of_all as f64;
            course.advance(left, &format!("attribution {} of {of_all}: {what}", done + 1));
        };
        let journeys = self.journeys_of_one_kind();
        Attribution::measure(plan, &pairs, &journeys, settings, self.cpu_sets, interruption, note)
    }

    fn round_trip(
        &self,
        plan: &RoundTripSettings,
        seconds: f64,
        course: &mut Course<'_>,
    ) -> Result<RoundTrip, CompareError> {
        let Comparison { topologies, settings, interruption, .. } = self.comparison;
        let (began, journeys) = (Instant::now(), self.journeys_of_one_kind());
        let note = |what: &str, round: usize| {
            let left = seconds - began.elapsed().as_secs_f64();
            course.advance(left, &format!("round trips {} of {}: {what}", round + 1, plan.series.rounds));
        };
        RoundTrip::measure(plan, topologies, &journeys, settings, self.cpu_sets, interruption, note)
    }

    /// Of the last journey: that is the mix of all, where there is one.
    fn load(
        &self,
        plan: &LoadSettings,
        seconds: f64,
        course: &mut Course<'_>,
    ) -> Result<LoadCurves, CompareError> {
        let Comparison { topologies, journeys, settings, interruption, .. } = self.comparison;
        let Some(journey) = journeys.last() else {
            return Err(CompareError::Plan("no journey is given".to_owned()));
        };
        let sweeps = topologies.len() * plan.rounds;
        let note = |what: &str, done: usize| {
            let left = seconds * (sweeps - done) as f64 / sweeps as f64;
            course.advance(left, &format!("load {} of {sweeps}: {what}", done + 1));
        };
        LoadCurves::measure(plan, topologies, *journey, settings, self.cpu_sets, interruption, note)
    }

    fn scale_out(
        &self,
        scale: &ScaleSettings,
        seconds: f64,
        course: &mut Course<'_>,
    ) -> Result<ScaleOut, CompareError> {
        let Comparison { growths, journeys, settings, interruption, .. } = self.comparison;
        let rounds = scale.series.rounds;
        let note = |what: &str, done: usize| {
            let left = seconds * (rounds - done) as f64 / rounds as f64;
            course.advance(left, &format!("scale-out, round {} of {rounds}: {what}", done + 1));
        };
        ScaleOut::measure(growths, journeys, settings, self.cpu_sets, interruption, note)
    }

    fn demand_step(
        &self,
        plan: &DemandStepSettings,
        seconds: f64,
        course: &mut Course<'_>,
    ) -> Result<DemandStep, CompareError> {
        let Comparison { settings, interruption, .. } = self.comparison;
        let (subjects, journeys) = self.grown();
        let trials = plan.rounds * (subjects.len() + 1) * journeys.len();
        let note = |what: &str, done: usize| {
            let left = seconds * (trials - done) as f64 / trials as f64;
            course.advance(left, &format!("demand step {} of {trials}: {what}", done + 1));
        };
        DemandStep::measure(plan, &subjects, &journeys, settings, self.cpu_sets, interruption, note)
    }

    fn rolling_release(
        &self,
        plan: &RollingReleaseSettings,
        seconds: f64,
        course: &mut Course<'_>,
    ) -> Result<RollingReleases, CompareError> {
        let Comparison { releases, journeys, settings, interruption, .. } = self.comparison;
        let of_all = releases.len();
        let note = |what: &str, done: usize| {
            let left = seconds * (of_all - done) as f64 / of_all as f64;
            course.advance(left, &format!("rolling release {} of {of_all}: {what}", done + 1));
        };
        RollingReleases::measure(plan, releases, journeys, self.cpu_sets, settings.seed, interruption, note)
    }

    fn blast_radius(
        &self,
        plan: &BlastSettings,
        course: &mut Course<'_>,
    ) -> Result<BlastRadius, CompareError> {
        let Comparison { topologies, journeys, settings, interruption, .. } = self.comparison;
        let targets = topologies.iter().copied().zip(&self.preflight.services);
        let note = |what: &str, done: usize, of_all: usize| {
            let left = BlastRadius::seconds(plan, of_all - done) / Fault::ALL.len() as f64;
            course.advance(left, &format!("blast radius {} of {of_all}: {what}", done + 1));
        };
        BlastRadius::measure(plan, targets, journeys, self.cpu_sets, settings.seed, interruption, note)
    }
}
