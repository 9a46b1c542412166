//! Two results side by side: what can be said of one run beside another.
//!
//! Rounds of different runs are not paired: what changed on the machine between the runs is in every absolute figure. So each
//! figure of a topology is told twice: as it is, and *relative* to the baseline of its own run, which cancels what slowed a
//! whole run down. Only the second can be laid at the program's door.

mod circumstances;
mod compared;
mod experiments;
mod regressions;
mod text;

use serde::Serialize;

use crate::quantity::Quantity;
use crate::results::Results;
use crate::statistics::{Apart, Ratio};
pub use circumstances::Circumstance;
pub use compared::{Compared, Moved};
pub use experiments::{ExperimentDiff, Observation};
pub use regressions::Regression;

/// What two results have to say to each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// What they are called.
    pub names: [String; 2],
    /// What was different when they were measured, in the order of weight.
    pub circumstances: Vec<Circumstance>,
    /// What has to be known to read the rest.
    pub caveats: Vec<String>,
    /// Journeys and topologies that only one of the two has.
    pub only_in_one: Vec<String>,
    /// Of the rounds, by journey, topology and quantity.
    pub changes: Vec<Change>,
    /// What was measured beside the rounds, and start-up and memory; those that neither has are missing.
    pub experiments: Vec<ExperimentDiff>,
}

/// One figure of one topology in one journey: the second results over the first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The journey.
    pub journey: String,
    /// The topology.
    pub topology: String,
    /// Which figure.
    pub quantity: Quantity,
    /// Whether the figure of each run is divided by that of its own baseline first, round by round.
    pub relative: bool,
    /// The second over the first, with a 95 % interval; none where either has fewer than three rounds of it.
    pub ratio: Option<Ratio>,
    /// How likely figures that did not change look so far apart: p, of a two-sided test. None where nothing may be told.
    pub chance: Option<f64>,
    /// What may be said.
    pub finding: Finding,
}

/// What may be said of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The interval leaves out 1, and the change is above 1 %.
    Differs,
    /// The interval lies within 5 % of 1: whatever there is, is small.
    DoesNotDiffer,
    /// Neither, or the circumstances differ so that an absolute figure says nothing.
    CannotTell,
}

/// A change within this is as good as none.
const AS_GOOD_AS_NONE: f64 = 0.05;

/// Compares two results, whose names are those that people know them by.
pub fn diff(first: (&str, &Results), second: (&str, &Results)) -> Diff {
    let (a, b) = (first.1, second.1);
    let circumstances = circumstances::differing(a, b);
    let is_the_same_test_bed = circumstances.iter().all(|circumstance| !circumstance.decides);
    let mut only_in_one = Vec::new();
    for (here, there, name) in [(a, b, first.0), (b, a, second.0)] {
        let journeys = here.journey_order.iter().filter(|journey| !there.journey_order.contains(journey));
        only_in_one.extend(journeys.map(|journey| format!("journey {journey} is only in {name}")));
        let topologies = here.topologies.iter().filter(|topology| !there.topologies.contains(topology));
        only_in_one.extend(topologies.map(|topology| format!("topology {topology} is only in {name}")));
    }
    let baseline_is_the_same = a.baseline() == b.baseline();
    let mut changes = Vec::new();
    for journey in a.journey_order.iter().filter(|journey| b.journey_order.contains(journey)) {
        for topology in a.topologies.iter().filter(|topology| b.topologies.contains(topology)) {
            for quantity in Quantity::ALL {
                let change = |relative: bool| {
                    let values = |results| values(results, journey, topology, quantity, relative);
                    let apart = Apart::of_logs(&values(b), &values(a));
                    let carries = [a, b].iter().all(|results| carries(results, journey, topology, quantity));
                    let may_be_told = carries && (relative || is_the_same_test_bed);
                    let ratio = apart.map(Apart::ratio);
                    Change {
                        journey: journey.clone(),
                        topology: topology.clone(),
                        quantity,
                        relative,
                        ratio,
                        chance: apart.map(Apart::chance).filter(|_| may_be_told),
                        finding: finding(ratio, may_be_told),
                    }
                };
                changes.push(change(false));
                if baseline_is_the_same && topology != a.baseline() {
                    changes.push(change(true));
                }
            }
        }
    }
    let names = [first.0.to_owned(), second.0.to_owned()];
    let caveats = circumstances::caveats(a, b, is_the_same_test_bed);
    let experiments = experiments::all([a, b], [first.0, second.0], is_the_same_test_bed);
    Diff { names, circumstances, caveats, only_in_one, changes, experiments }
}

/// One value a round: of the topology, or of it over the baseline in the same round.
fn values(results: &Results, journey: &str, topology: &str, quantity: Quantity, relative: bool) -> Vec<f64> {
    let of = |round: &crate::results::Round, label: &str| {
        quantity.of_block(round.blocks.get(label)?.journeys.get(journey)?).filter(|value| *value > 0.0)
    };
    let value = |round| {
        let own = of(round, topology)?;
        if relative { Some(own / of(round, results.baseline())?) } else { Some(own) }
    };
    results.rounds.iter().filter_map(value).collect()
}

/// Whether there are samples enough behind the figure, and behind that of the baseline.
fn carries(results: &Results, journey: &str, topology: &str, quantity: Quantity) -> bool {
    let cells = results.journeys.get(journey);
    [topology, results.baseline()]
        .iter()
        .all(|label| cells.and_then(|cells| cells.get(*label)).is_some_and(|cell| quantity.carries(cell)))
}

fn finding(ratio: Option<Ratio>, may_be_told: bool) -> Finding {
    let within = |ratio: Ratio| ratio.low > 1.0 - AS_GOOD_AS_NONE && ratio.high < 1.0 + AS_GOOD_AS_NONE;
    match ratio {
        Some(ratio) if may_be_told && ratio.differs_from_one() => Finding::Differs,
        Some(ratio) if may_be_told && within(ratio) => Finding::DoesNotDiffer,
        _ => Finding::CannotTell,
    }
}

impl Change {
    /// By which share it became worse: longer, costlier, or answered less often. Negative where it became better.
    fn worse_by(&self) -> Option<f64> {
        let ratio = self.ratio?.value;
        Some(if self.quantity == Quantity::Capacity { 1.0 / ratio - 1.0 } else { ratio - 1.0 })
    }
}

impl Finding {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::DoesNotDiffer => "does not differ",
            Self::CannotTell => "cannot tell",
        }
    }
}

#[cfg(test)]
mod tests;
