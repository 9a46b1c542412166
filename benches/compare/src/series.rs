//! A series beside the comparison's own rounds: subjects that differ in one factor (a rung of a ladder, a round-trip time, a number
//! of replicas) and take turns as the topologies do.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::measurements::Measurements;
use crate::pairing;
use crate::phases::{Cells, Phases};
use crate::results::{ByName, Cell, Ratios, Round};
use crate::settings::Settings;
use crate::subject::Subject;
use crate::turns::{Entry, Turns};

/// How much of a series is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeriesSettings {
    /// Every subject is measured so many times. Fewer than three give no interval.
    pub rounds: usize,
    /// The phases of each journey on each subject; one of no length is left out, and what it would give is `null`.
    pub phases: Phases,
}

impl SeriesSettings {
    /// About how long so many subjects take for these journeys.
    pub(crate) fn seconds(&self, subjects: usize, journeys: Cells) -> f64 {
        /// A start, an end, a copy of the data.
        const AROUND_SECONDS: f64 = 0.2;
        /// Preparations, and coming to rest, for each second of load.
        const BESIDE_SHARE: f64 = 0.05;
        let block = AROUND_SECONDS + self.phases.seconds_of(journeys) * (1.0 + BESIDE_SHARE);
        block * (subjects * self.rounds) as f64
    }
}

/// What a series found, as it stands in `results.json`. Labels are those of its subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// How it was measured.
    pub settings: SeriesSettings,
    /// The labels in the order in which they were given.
    pub labels: Vec<String>,
    /// By journey and label; a journey that a subject does not answer is missing.
    pub journeys: ByName<ByName<Cell>>,
    /// The raw numbers of every round.
    pub rounds: Vec<Round>,
}

impl Series {
    /// Measures, fewer rounds where it is interrupted; `note` hears what begins, with how many rounds are done.
    pub(crate) fn measure(
        subjects: &[&dyn Subject],
        journeys: &[&dyn Journey],
        plan: SeriesSettings,
        settings: &Settings,
        cpu_sets: &CpuSets,
        interruption: &Interruption,
        mut note: impl FnMut(&str, usize),
    ) -> Result<Self, CompareError> {
        let entries = subjects
            .iter()
            .map(|subject| Entry { label: subject.label().to_owned(), subject: *subject })
            .collect::<Vec<_>>();
        let turns = Turns {
            entries: &entries,
            journeys,
            settings,
            phases: plan.phases,
            cpu_sets,
            interruption,
            run_began: Instant::now(),
            limit_seconds: f64::INFINITY,
        };
        let mut measurements = Measurements::new();
        for round in 0..plan.rounds {
            let Some(measured) = turns.round(round, &mut |what| note(what, round))? else { break };
            measurements.add(measured);
        }
        let cells = |journey: &dyn Journey| {
            let answering = subjects.iter().filter(|subject| subject.answers(journey.name()));
            let labels = answering.map(|subject| subject.label());
            labels.map(|label| (label.to_owned(), measurements.cell(journey.name(), label))).collect()
        };
        Ok(Self {
            settings: plan,
            labels: entries.iter().map(|entry| entry.label.clone()).collect(),
            journeys: journeys.iter().map(|journey| (journey.name().to_owned(), cells(*journey))).collect(),
            rounds: measurements.rounds,
        })
    }

    /// One subject over another in a journey, paired by round; what fewer than three rounds have of both is none.
    pub fn ratios(&self, journey: &str, over: &str, under: &str) -> Ratios {
        pairing::ratios(&self.rounds, journey, over, under)
    }
}

#[cfg(test)]
mod tests;
