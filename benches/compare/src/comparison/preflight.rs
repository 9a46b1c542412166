//! What is learnt before anything is timed: that all answer alike, who they consist of, and what a round costs.

use std::time::{Duration, Instant};

use super::Comparison;
use crate::affinity::CpuSets;
use crate::block;
use crate::client::Client;
use crate::course::Course;
use crate::equivalence;
use crate::error::CompareError;
use crate::journey::{Journey, Step};
use crate::phases::{Cells, RoundCost};
use crate::subject::Subject;

/// What was learnt before anything was timed.
pub(super) struct Preflight {
    /// By topology, in their order: its services, each once.
    pub(super) services: Vec<Vec<String>>,
    pub(super) round_cost: RoundCost,
    /// What the baseline answered to the script.
    pub(super) transcript: Vec<Step>,
    /// How long it took to learn it.
    pub(super) took: Duration,
}

impl Comparison<'_> {
    /// Starts every subject once: transcripts must agree, and every journey must be answered rightly.
    pub(super) fn preflight(
        &self,
        cpu_sets: &CpuSets,
        course: &mut Course<'_>,
    ) -> Result<Preflight, CompareError> {
        let began = Instant::now();
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
            let mut client = guard.running().client(timeout).heeding(&self.interruption);
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
            let preparation_share = journeys
                .iter()
                .map(|journey| {
                    block::preparation_share(
                        subject,
                        guard.running(),
                        *journey,
                        &self.settings,
                        &self.interruption,
                    )
                })
                .sum::<std::io::Result<f64>>()
                .map_err(|source| block::unreachable(subject, source))?;
            let before_stop = Instant::now();
            block::stop(subject, guard)?;
            subject_overhead += before_stop.elapsed();
            // The baseline is measured twice a round.
            let times = if number == 0 { 2 } else { 1 };
            round_cost.cells += Cells::of(&journeys, &self.settings) * times;
            round_cost.fixed_seconds += subject_overhead.as_secs_f64() * times as f64;
            round_cost.preparation_share += preparation_share * times as f64;
        }
        let transcript = first.map_or_else(Vec::new, |(_, transcript)| transcript);
        course.note(&format!(
            "equivalent: {} steps of the script are answered alike by all topologies",
            transcript.len()
        ));
        Ok(Preflight { services, round_cost, transcript, took: began.elapsed() })
    }

    /// Starts a subject once: it must answer its journeys rightly, and the script as the baseline did where it is given.
    pub(super) fn check(
        &self,
        subject: &dyn Subject,
        journeys: &[&dyn Journey],
        expected: Option<&[Step]>,
        cpu_sets: &CpuSets,
    ) -> Result<(), CompareError> {
        let label = subject.label();
        let guard = block::start(cpu_sets, label, subject)?;
        let timeout = Duration::from_secs_f64(self.settings.request_timeout_seconds);
        let mut client = guard.running().client(timeout).heeding(&self.interruption);
        if let (Some(expected), Some(baseline)) = (expected, self.topologies.first()) {
            let transcript = self.transcript(label, &mut client)?;
            equivalence::compare((baseline.label(), expected), (label, &transcript))
                .map_err(CompareError::Different)?;
        }
        equivalence::probe(subject, &mut client, &answered(journeys, subject), self.settings.seed)?;
        block::stop(subject, guard)
    }

    /// What a deployment answers to the script.
    fn transcript(&self, label: &str, client: &mut Client) -> Result<Vec<Step>, CompareError> {
        let failed = |source| CompareError::Script { label: label.to_owned(), source };
        self.script.replay(client).map_err(failed)
    }
}

/// The journeys that a subject has.
fn answered<'a>(journeys: &[&'a dyn Journey], subject: &dyn Subject) -> Vec<&'a dyn Journey> {
    journeys.iter().copied().filter(|journey| subject.answers(journey.name())).collect()
}
