//! One figure of an experiment in both results.

use serde::Serialize;

use super::Finding;
use crate::statistics::{Apart, Estimate, Ratio};

/// One figure of an experiment: the second results beside the first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// Whose it is: a journey and a topology, a rung, a service.
    pub place: String,
    /// Which figure.
    pub what: String,
    /// How far it moved; none where either has fewer than three rounds of it.
    pub moved: Option<Moved>,
    /// How likely figures that did not move look so far apart: p, of a two-sided test. None where nothing may be told.
    pub chance: Option<f64>,
    /// By which share it became worse; below zero where it became better. None where it is not known.
    pub worse_by: Option<f64>,
    /// What may be said.
    pub finding: Finding,
}

/// How far a figure moved, with a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// The second over the first.
    Times(Ratio),
    /// The second minus the first, in microseconds.
    Microseconds(Estimate),
    /// The second minus the first, in round trips one after the other.
    RoundTrips(Estimate),
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Better {
    Less,
    More,
}

/// Movements of something that is measured in a unit: smaller ones are not worth a claim, and within the other one it has as good as not
/// moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Margins {
    pub(super) smallest: f64,
    pub(super) as_good_as_none: f64,
    /// What a movement by all that there is would be.
    pub(super) whole: f64,
}

impl Compared {
    /// A figure that is positive, of each round of the two results; `may_be_told` is whether circumstances allow a conclusion.
    pub(super) fn times(
        place: String,
        what: impl Into<String>,
        [before, after]: [&[f64]; 2],
        better: Better,
        may_be_told: bool,
    ) -> Self {
        let apart = Apart::of_logs(after, before);
        let ratio = apart.map(Apart::ratio);
        Self::of_ratio(place, what.into(), ratio, apart.map(Apart::chance), better, may_be_told)
    }

    /// The same where the ratio has been found in another way.
    pub(super) fn of_ratio(
        place: String,
        what: String,
        ratio: Option<Ratio>,
        chance: Option<f64>,
        better: Better,
        may_be_told: bool,
    ) -> Self {
        let worse_by = ratio.map(|ratio| match better {
            Better::Less => ratio.value - 1.0,
            Better::More => 1.0 / ratio.value - 1.0,
        });
        Self {
            place,
            what,
            moved: ratio.map(Moved::Times),
            chance: chance.filter(|_| may_be_told),
            worse_by,
            finding: super::finding(ratio, may_be_told),
        }
    }

    /// A figure that may be nothing, of each round of the two results; more of it is worse.
    pub(super) fn by(
        place: String,
        what: impl Into<String>,
        [before, after]: [&[f64]; 2],
        unit: fn(Estimate) -> Moved,
        margins: Margins,
        may_be_told: bool,
    ) -> Self {
        let apart = Apart::of(after.to_vec(), before.to_vec());
        let moved = apart.map(Apart::estimate);
        let finding = match moved {
            Some(by) if may_be_told && margins.differs(by) => Finding::Differs,
            Some(by) if may_be_told && margins.does_not_differ(by) => Finding::DoesNotDiffer,
            _ => Finding::CannotTell,
        };
        Self {
            place,
            what: what.into(),
            moved: moved.map(unit),
            chance: apart.map(Apart::chance).filter(|_| may_be_told),
            worse_by: moved.map(|by| by.value / margins.whole),
            finding,
        }
    }
}

impl Margins {
    fn differs(self, by: Estimate) -> bool {
        (by.low > 0.0 || by.high < 0.0) && by.value.abs() > self.smallest
    }

    fn does_not_differ(self, by: Estimate) -> bool {
        by.low > -self.as_good_as_none && by.high < self.as_good_as_none
    }
}
