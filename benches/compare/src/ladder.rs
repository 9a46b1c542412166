//! The ladder: subjects of which each adds one factor to the one below, so that a difference falls into parts with names.
//!
//! The rungs are measured as a [`Series`], one of them twice (the ladder's own A/A control). Each stands on the one before; a
//! *branch* is a rung on which nothing stands. *Costs* are what lies between two rungs that may be far apart.

mod plan;
mod span;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::again;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::pairing;
use crate::phases::Cells;
use crate::quantity::{Claim, Quantity};
use crate::results::{ByName, Ratios};
use crate::series::{Series, SeriesSettings};
use crate::settings::Settings;
use crate::statistics::{Estimate, estimate};
use crate::subject::Subject;
use crate::verdict::Point;

pub use plan::{CostPlan, LadderPlan, RungPlan};
pub use span::{Gap, Span};

/// The figures that the rungs are compared in.
pub(crate) const QUANTITIES: [Quantity; 2] = [Quantity::P50, Quantity::Cpu];

/// What a ladder found, as it stands in `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// The rungs from the lowest on, each branch behind those that it could stand on.
    pub rungs: Vec<Rung>,
    /// What it would have elsewhere and not here.
    #[serde(default)]
    pub absent: Vec<Absent>,
    /// By journey and rung: what it adds to the one below. A rung that has none below it, or a journey that one of the two does not answer,
    /// is missing.
    pub steps: ByName<ByName<Span>>,
    /// By journey: the highest rung beside the lowest that answers it; branches do not count.
    pub whole: ByName<Span>,
    /// What lies between rungs that may be far apart.
    pub costs: Vec<Cost>,
    /// The rung that is measured twice.
    pub twin_of: String,
    /// By journey: that rung's twin over itself. All but 1.0 is error.
    pub control: ByName<Ratios>,
    /// The measurements.
    pub series: Series,
}

/// One rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Its name in the series.
    pub label: String,
    /// What it adds to the one below.
    pub adds: String,
    /// The rung that it stands on; none of the lowest.
    pub on: Option<String>,
    /// Whether nothing stands on it.
    pub is_branch: bool,
    /// What it cannot do that those above it can: goes on after its name.
    pub lacks: Option<String>,
}

/// A rung that cannot be measured here. It has no figures, which is not to say that it costs nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absent {
    /// Its name.
    pub label: String,
    /// Why not: "nothing of the kind is installed".
    pub why: String,
}

impl fmt::Display for Absent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, why } = self;
        write!(formatter, "{label}: not measured here, {why}")
    }
}

/// What something costs: one rung beside another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// What it is called.
    pub name: String,
    /// The rung without it.
    pub from: String,
    /// The rung with it.
    pub to: String,
    /// By journey.
    pub journeys: ByName<Span>,
}

impl Ladder {
    /// Measures; `note` hears what begins, with how many rounds are done.
    pub(crate) fn measure(
        plan: &LadderPlan<'_>,
        series: SeriesSettings,
        settings: &Settings,
        cpu_sets: &CpuSets,
        interruption: &Interruption,
        note: impl FnMut(&str, usize),
    ) -> Result<Self, CompareError> {
        let twin = plan.twin()?;
        let mut subjects: Vec<&dyn Subject> = plan.rungs.iter().map(|rung| rung.subject).collect();
        subjects.push(&twin);
        let series =
            Series::measure(&subjects, plan.journeys, series, settings, cpu_sets, interruption, note)?;
        let journeys = plan.journeys.iter().map(|journey| journey.name()).collect::<Vec<_>>();
        let ladder = Self::of(plan.described(), plan.costs, plan.twin_of, &journeys, series);
        Ok(Self { absent: plan.absent.to_vec(), ..ladder })
    }

    /// About how long measuring takes, and looking at the answers before.
    pub(crate) fn seconds(plan: &LadderPlan<'_>, series: &SeriesSettings, settings: &Settings) -> f64 {
        /// A start, the script, an end.
        const CHECK_SECONDS: f64 = 1.0;
        let answered = |subject: &dyn Subject| {
            let asked = plan.journeys.iter().copied().filter(|journey| subject.answers(journey.name()));
            Cells::of(&asked.collect::<Vec<_>>(), settings)
        };
        let measured = plan.rungs.iter().map(|rung| {
            let times = if rung.subject.label() == plan.twin_of { 2 } else { 1 };
            series.seconds(times, answered(rung.subject))
        });
        measured.sum::<f64>() + CHECK_SECONDS * plan.rungs.len() as f64
    }

    /// The ladder that these measurements make.
    pub(crate) fn of(
        rungs: Vec<Rung>,
        costs: &[CostPlan<'_>],
        twin_of: &str,
        journeys: &[&str],
        series: Series,
    ) -> Self {
        let between = |over: &str, under: &str| -> ByName<Span> {
            let span = |journey: &&str| Span::between(&series.rounds, journey, over, under);
            journeys.iter().filter_map(|journey| Some(((*journey).to_owned(), span(journey)?))).collect()
        };
        let mut steps: ByName<ByName<Span>> = ByName::new();
        for rung in &rungs {
            for (journey, span) in rung.on.iter().flat_map(|on| between(&rung.label, on)) {
                steps.entry(journey).or_default().insert(rung.label.clone(), span);
            }
        }
        let costs = costs.iter().map(|cost| Cost {
            name: cost.name.to_owned(),
            from: cost.from.to_owned(),
            to: cost.to.to_owned(),
            journeys: between(cost.to, cost.from),
        });
        let twin = again::label(twin_of);
        let control = journeys
            .iter()
            .map(|journey| ((*journey).to_owned(), pairing::ratios(&series.rounds, journey, &twin, twin_of)));
        let mut ladder = Self {
            costs: costs.collect(),
            control: control.collect(),
            whole: ByName::new(),
            twin_of: twin_of.to_owned(),
            rungs,
            absent: Vec::new(),
            steps,
            series,
        };
        ladder.whole = journeys.iter().filter_map(|journey| ladder.whole_of(journey)).collect();
        ladder
    }

    fn whole_of(&self, journey: &str) -> Option<(String, Span)> {
        let mut chain = self.chain(journey);
        let (lowest, highest) = (chain.next()?, chain.last()?);
        let span = Span::between(&self.series.rounds, journey, &highest.label, &lowest.label)?;
        Some((journey.to_owned(), span))
    }

    /// The rungs that stand on each other and answer a journey, from the lowest on.
    pub(crate) fn chain<'a>(&'a self, journey: &'a str) -> impl Iterator<Item = &'a Rung> {
        self.answering(journey).filter(|rung| !rung.is_branch)
    }

    /// The rungs that answer a journey, branches too.
    pub(crate) fn answering<'a>(&'a self, journey: &'a str) -> impl Iterator<Item = &'a Rung> {
        let cells = self.series.journeys.get(journey);
        self.rungs.iter().filter(move |rung| cells.is_some_and(|cells| cells.contains_key(&rung.label)))
    }

    /// What a rung adds to the one below it.
    pub(crate) fn step(&self, journey: &str, rung: &str) -> Option<Span> {
        self.steps.get(journey)?.get(rung).copied()
    }

    /// What all steps add up to, in microseconds: about what the whole is. None where one of them is not known.
    pub(crate) fn together(&self, journey: &str, quantity: Quantity) -> Option<f64> {
        let above = self.chain(journey).skip(1);
        above.map(|rung| Some(self.step(journey, &rung.label)?.gap(quantity)?.us.value)).sum()
    }

    /// What a rung has, of all rounds together, in microseconds.
    pub(crate) fn level(&self, journey: &str, rung: &str, quantity: Quantity) -> Option<f64> {
        let cell = self.series.journeys.get(journey)?.get(rung)?;
        match quantity {
            Quantity::P50 => cell.p50_us,
            Quantity::Cpu => cell.cpu_us_per_request,
            Quantity::P99 | Quantity::Capacity => None,
        }
    }

    /// The same from round to round, as steps are.
    pub(crate) fn estimate(&self, journey: &str, rung: &str, quantity: Quantity) -> Option<Estimate> {
        let cells =
            self.series.rounds.iter().filter_map(|round| round.blocks.get(rung)?.journeys.get(journey));
        estimate(&cells.filter_map(|cell| quantity.of_block(cell)).collect::<Vec<_>>())
    }

    /// What may be said of a gap beside the ladder's own control. The rounds of a ladder are few: a wide control hides small steps, and makes no
    /// large one.
    pub(crate) fn claim(&self, journey: &str, quantity: Quantity, gap: Option<Gap>) -> Claim {
        let control = self.control.get(journey).and_then(|ratios| quantity.ratio(ratios));
        match (control, gap) {
            (Some(control), Some(gap)) if !control.differs_from_one() => {
                if gap.ratio.differs_beside(&control) { Claim::Differs } else { Claim::NotTold }
            }
            _ => Claim::Withheld,
        }
    }

    /// The costs in plain words, a line for each journey.
    pub(crate) fn told(&self, journeys: &[String]) -> Vec<Point> {
        let told = |cost: &Cost| {
            let sentence = |journey: &String| {
                let span = cost.journeys.get(journey)?;
                let figures = QUANTITIES.map(|quantity| self.figure(journey, quantity, span.gap(quantity)));
                Some(format!("{journey}: {}", figures.join("; ")))
            };
            let Cost { name, from, to, .. } = cost;
            Point {
                about: Some(format!("{name} ({from} → {to})")),
                lines: journeys.iter().filter_map(sentence).collect(),
            }
        };
        self.costs.iter().map(told).collect()
    }

    /// That phases do not count, where some do not.
    pub(crate) fn void_phases(&self) -> Option<String> {
        let blocks = self.series.rounds.iter().flat_map(|round| round.blocks.values());
        let cells = blocks.flat_map(|block| block.journeys.values());
        let (void, all) = cells.fold((0, 0), |(void, all), cell| (void + usize::from(cell.void), all + 1));
        (void > 0).then(|| {
            format!("ladder: {void} of {all} phases are void, because the generator itself was late in them, and count for nothing")
        })
    }

    fn figure(&self, journey: &str, quantity: Quantity, gap: Option<Gap>) -> String {
        let name = match quantity {
            Quantity::Cpu => "CPU a request",
            _ => "p50",
        };
        let Some(gap) = gap else { return format!("{name} not measured in enough rounds") };
        let Gap { us, ratio } = gap;
        match self.claim(journey, quantity, Some(gap)) {
            Claim::Differs => {
                let us = format!("{:+.0} µs [{:+.0}, {:+.0}]", us.value, us.low, us.high);
                format!("{ratio} times the {name}, {us}")
            }
            Claim::NotTold => format!("{name} cannot be told apart ({ratio})"),
            Claim::Withheld => format!("measured were {ratio} times the {name}, but no conclusion is drawn"),
        }
    }
}

#[cfg(test)]
mod tests;
