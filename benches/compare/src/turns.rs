//! Subjects that take turns: all are started afresh for a round, and of each journey every one gets a slice of a twentieth of a second before
//! any gets the next, in an order that is drawn anew each time. A slow second of the machine so meets all of them alike.

use std::thread;
use std::time::{Duration, Instant};

use crate::affinity::CpuSets;
use crate::block::{self, Measured, purpose};
use crate::dice::Dice;
use crate::error::CompareError;
use crate::generator::Generator;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::phases::{Cells, Phases};
use crate::settings::Settings;
use crate::slices::{Contender, Slices};
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
    /// Nothing begins that would end later than so many seconds after the run began.
    pub(crate) limit_seconds: f64,
}

/// After all have started, whatever a start leaves to do is done.
const BREATH: Duration = Duration::from_millis(50);

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
        let goes_on = |journeys: &[&dyn Journey]| {
            let left_seconds =
                self.phases.seconds_of(Cells::of(journeys, self.settings) * self.entries.len());
            let ends = self.run_began.elapsed().as_secs_f64() + left_seconds;
            ends <= self.limit_seconds && !self.interruption.is_wanted()
        };
        if !goes_on(&journeys) {
            return Ok(None);
        }
        let mut contenders = Vec::new();
        for entry in order {
            if self.interruption.is_wanted() {
                return Ok(None);
            }
            note(&format!("{} starts", entry.label));
            contenders.push(self.contender(entry)?);
        }
        thread::sleep(BREATH);
        for (index, journey) in journeys.iter().enumerate() {
            if !goes_on(&journeys[index..]) {
                return Ok(None);
            }
            note(journey.name());
            let slices = Slices {
                journey: *journey,
                path: [round as u64, index as u64],
                settings: self.settings,
                phases: self.phases.of(*journey, self.settings),
                cpu_sets: self.cpu_sets,
                interruption: self.interruption,
            };
            if !slices.measure(&mut contenders)? {
                return Ok(None);
            }
        }
        contenders.into_iter().map(Contender::finish).collect::<Result<_, _>>().map(Some)
    }

    fn contender<'a>(&self, entry: &'a Entry<'_>) -> Result<Contender<'a>, CompareError> {
        let began_seconds = self.run_began.elapsed().as_secs_f64();
        let guard = block::start(self.cpu_sets, &entry.label, entry.subject)?;
        let limits = block::limits(self.settings, self.cpu_sets);
        let generator = Generator::to(guard.running(), limits, self.interruption)
            .map_err(|source| block::unreachable(entry.subject, source))?;
        Ok(Contender::new(entry, guard, generator, began_seconds))
    }
}
