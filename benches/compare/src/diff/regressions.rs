//! What has become worse, so surely that a build may end for it.
//!
//! Of a hundred figures of which none has changed, five differ by chance at 95 %: a build that ended for any of them would end nearly
//! every time. So it ends for what stands against that: the chance of one wrong end is 5 %, shared alike between the rounds and each
//! experiment, and within these by the procedure of Holm (1979).

use std::fmt;

use super::{Change, Compared, Diff, Finding};

/// How likely one of all figures of two equal programs may end a build.
const WRONG_ENDS: f64 = 0.05;

/// A figure that has surely become worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Regression<'a> {
    /// Of the rounds.
    OfRounds(&'a Change),
    /// Of an experiment, with what that is called.
    OfExperiment(&'static str, &'a Compared),
}

impl Diff {
    /// What has become worse by more than so many percent: changes that [differ](Finding::Differs) though so many figures are looked at, and
    /// whose estimate is beyond that.
    pub fn regressions(&self, percent: f64) -> Vec<Regression<'_>> {
        let rounds = self.changes.iter().map(Regression::OfRounds).collect::<Vec<_>>();
        let experiments = self.experiments.iter().map(|diff| {
            let figures = diff.figures.iter();
            figures.map(|figure| Regression::OfExperiment(diff.experiment, figure)).collect::<Vec<_>>()
        });
        let families = std::iter::once(rounds).chain(experiments);
        let families = families.filter(|family| family.iter().any(|it| it.chance().is_some()));
        let families = families.collect::<Vec<_>>();
        let share = WRONG_ENDS / families.len().max(1) as f64;
        let is_worse = |it: &Regression<'_>| {
            it.finding() == Finding::Differs && it.worse_by().is_some_and(|share| share * 100.0 > percent)
        };
        families.iter().flat_map(|family| sure(family, share)).filter(is_worse).collect()
    }
}

/// Those that are no chance, though all of them were looked at: in the order of their chances each has to stay below the share for those that
/// are left, until one does not.
fn sure<'a>(family: &[Regression<'a>], wrong: f64) -> Vec<Regression<'a>> {
    let mut order =
        family.iter().enumerate().filter_map(|(place, it)| Some((it.chance()?, place))).collect::<Vec<_>>();
    order.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let left = (1..=order.len()).rev();
    let sure = order.iter().zip(left).take_while(|((chance, _), left)| *chance <= wrong / *left as f64);
    let mut places = sure.map(|((_, place), _)| *place).collect::<Vec<_>>();
    places.sort_unstable();
    places.into_iter().map(|place| family[place]).collect()
}

impl Regression<'_> {
    fn chance(&self) -> Option<f64> {
        match self {
            Self::OfRounds(change) => change.chance,
            Self::OfExperiment(_, figure) => figure.chance,
        }
    }

    fn finding(&self) -> Finding {
        match self {
            Self::OfRounds(change) => change.finding,
            Self::OfExperiment(_, figure) => figure.finding,
        }
    }

    fn worse_by(&self) -> Option<f64> {
        match self {
            Self::OfRounds(change) => change.worse_by(),
            Self::OfExperiment(_, figure) => figure.worse_by,
        }
    }
}

impl fmt::Display for Regression<'_> {
    /// It in one line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfRounds(change) => change.fmt(formatter),
            Self::OfExperiment(experiment, figure) => write!(formatter, "{experiment}: {figure}"),
        }
    }
}
