//! Subjects that take turns: each is measured once a round, in random order, in fresh processes, so that a slow minute of the
//! machine meets all of them alike.

use std::time::Instant;

use crate::affinity::CpuSets;
use crate::block::{Measured, RoundPlan, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::settings::{Phases, Settings};
use crate::subject::Subject;

/// A subject under a label; the baseline of a comparison has two.
pub(crate) struct Entry<'a> {
    pub(crate) label: String,
    pub(crate) subject: &'a dyn Subject,
}

/// What the rounds have in common.
pub(crate) struct Turns<'a> {
    pub(crate) entries: &'a [Entry<'a>],
    /// What is asked; a subject is spared what it does not answer.
    pub(crate) journeys: &'a [&'a dyn Journey],
    pub(crate) settings: &'a Settings,
    pub(crate) phases: Phases,
    pub(crate) cpu_sets: &'a CpuSets,
    pub(crate) interruption: &'a Interruption,
    pub(crate) run_began: Instant,
    /// No block begins that would end later than so many seconds after the run began.
    pub(crate) limit_seconds: f64,
}

impl Turns<'_> {
    /// Measures every subject once; none where the limit or an interruption came first. `note` hears what begins.
    pub(crate) fn round(
        &self,
        round: usize,
        note: &mut dyn FnMut(&str),
    ) -> Result<Option<Vec<(String, Measured)>>, CompareError> {
        let mut dice = Dice::new(self.settings.seed, &[purpose::ORDER, round as u64]);
        let mut order: Vec<&Entry<'_>> = self.entries.iter().collect();
        dice.shuffle(&mut order);
        let mut journeys = self.journeys.to_vec();
        dice.shuffle(&mut journeys);
        let block_seconds = self.phases.sum_seconds() * self.journeys.len() as f64;
        let plan = RoundPlan {
            round: round as u64,
            settings: self.settings,
            phases: self.phases,
            cpu_sets: self.cpu_sets,
            journeys,
            run_began: self.run_began,
        };
        let mut measured = Vec::new();
        for entry in order {
            let ends_seconds = self.run_began.elapsed().as_secs_f64() + block_seconds;
            if ends_seconds > self.limit_seconds || self.interruption.is_wanted() {
                return Ok(None);
            }
            let block = plan.measure(&entry.label, entry.subject, |what| {
                note(&format!("{}, {what}", entry.label));
            })?;
            measured.push((entry.label.clone(), block));
        }
        Ok(Some(measured))
    }
}
