//! Where a request's time goes, in a run of its own: the *attribution*.
//!
//! Each topology runs twice at the same time, with answers that carry `Server-Timing` and with answers that do not. Requests of a journey are
//! sent one at a time, in turns to the one, to the other and to a bare echo, over one connection each that stays open. So what
//! taking the time costs is measured by the way, and so is what the kernel takes for as many bytes. The timed one is asked for the
//! moments between which its parts lie: on the clock of one machine they give the way to it and the way back.

mod cell;
mod echo;
mod probe;
mod segments;
mod ways;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::block::purpose;
use crate::dice::Dice;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::results::ByName;
use crate::settings::Settings;
use crate::subject::Subject;

pub use self::cell::{AttributionCell, AttributionRound, Share};
use self::probe::Probe;
pub use self::segments::{Segment, Segments};
pub use self::ways::{Sample, Ways};

/// How the attribution is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributionSettings {
    /// Every topology is started and asked so many times.
    pub rounds: usize,
    /// So many requests of a journey that only reads, in each round; of others as many fewer as they come more seldom in the paced phase.
    pub requests: usize,
    /// Requests of each journey before them that do not count; scaled in the same way.
    pub warm_up_requests: usize,
}

impl Default for AttributionSettings {
    fn default() -> Self {
        Self { rounds: 5, requests: 300, warm_up_requests: 50 }
    }
}

impl AttributionSettings {
    /// About how long it takes.
    pub(crate) fn seconds(self, topologies: usize, journeys: usize) -> f64 {
        /// Two starts and ends, and copies of the data.
        const AROUND_SECONDS: f64 = 0.8;
        /// One request with its two companions and its preparation; what is rarer takes longer.
        const EACH_SECONDS: f64 = 0.001;
        let requests = (self.requests + self.warm_up_requests) * journeys;
        (AROUND_SECONDS + requests as f64 * EACH_SECONDS) * (self.rounds * topologies) as f64
    }

    /// How many requests of a journey count, and how many come before them.
    fn counts(self, journey: &dyn Journey) -> (usize, usize) {
        /// Fewer give no trimmed mean worth the name.
        const FEWEST: usize = 20;
        let share = journey.rate_per_second(1.0);
        let count = |requests: usize| (requests as f64 * share).round() as usize;
        (count(self.requests).max(FEWEST), count(self.warm_up_requests).max(1))
    }
}

/// A topology as it is, and the same one whose answers carry `Server-Timing`.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) plain: &'a dyn Subject,
    pub(crate) timed: &'a dyn Subject,
}

/// Where the time of a request goes, by journey and topology.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// How it was measured.
    pub settings: AttributionSettings,
    /// By journey and topology; none of a cell whose answers did not tell.
    pub journeys: ByName<ByName<AttributionCell>>,
}

impl Attribution {
    /// Measures, fewer rounds where it is interrupted; `note` hears what begins, with how many starts are done and how many there are.
    pub(crate) fn measure(
        plan: AttributionSettings,
        pairs: &[Pair<'_>],
        journeys: &[&dyn Journey],
        settings: &Settings,
        cpu_sets: &CpuSets,
        interruption: &Interruption,
        mut note: impl FnMut(&str, usize, usize),
    ) -> Result<Self, CompareError> {
        let of_all = plan.rounds * pairs.len();
        let mut rounds: ByName<ByName<Vec<AttributionRound>>> = ByName::new();
        let mut done = 0;
        'rounds: for round in 0..plan.rounds {
            let mut order: Vec<&Pair<'_>> = pairs.iter().collect();
            Dice::new(settings.seed, &[purpose::ATTRIBUTION, round as u64]).shuffle(&mut order);
            let mut of_round = Vec::new();
            for pair in order {
                if interruption.is_wanted() {
                    break 'rounds;
                }
                let label = pair.plain.label();
                note(label, done, of_all);
                let probe = Probe { plan, settings, cpu_sets, interruption, round: round as u64 };
                of_round.extend(probe.run(*pair, journeys)?.into_iter().map(|cell| (label, cell)));
                done += 1;
            }
            for (label, (journey, cell)) in of_round {
                rounds.entry(journey).or_default().entry(label.to_owned()).or_default().push(cell);
            }
        }
        let cells = |rounds: ByName<Vec<AttributionRound>>| {
            let cells = rounds.into_iter();
            cells.filter_map(|(label, rounds)| Some((label, AttributionCell::of(rounds)?))).collect()
        };
        let journeys = rounds.into_iter().map(|(journey, rounds)| (journey, cells(rounds))).collect();
        Ok(Self { settings: plan, journeys })
    }

    /// What a topology has in a journey.
    pub(crate) fn cell(&self, journey: &str, label: &str) -> Option<&AttributionCell> {
        self.journeys.get(journey)?.get(label)
    }
}

#[cfg(test)]
mod tests;
