//! Which rungs a ladder has.

use crate::again::Again;
use crate::error::CompareError;
use crate::journey::Journey;
use crate::subject::Subject;

use super::{Absent, Rung};

/// The rungs, and which of them are told beside each other.
#[derive(Clone, Copy)]
pub struct LadderPlan<'a> {
    /// From the lowest on.
    pub rungs: &'a [RungPlan<'a>],
    /// What there would be if it could run here.
    pub absent: &'a [Absent],
    /// What is asked; a rung is spared what it does not answer.
    pub journeys: &'a [&'a dyn Journey],
    /// What lies between two rungs and has a name.
    pub costs: &'a [CostPlan<'a>],
    /// The label of the rung that is measured twice.
    pub twin_of: &'a str,
}

/// A rung that is to be measured.
#[derive(Clone, Copy)]
pub struct RungPlan<'a> {
    /// What is started.
    pub subject: &'a dyn Subject,
    /// What it adds to the rung that it stands on.
    pub adds: &'a str,
    /// The label of the rung that a branch stands on; none of a rung that stands on the one before.
    pub branch_of: Option<&'a str>,
    /// What it cannot do that those above it can, to go on after its name: "cannot be split".
    pub lacks: Option<&'a str>,
    /// Whether it claims to be the same as the topologies, and so has to answer the script as they do.
    pub is_equivalent: bool,
}

/// A cost that is to be told.
#[derive(Debug, Clone, Copy)]
pub struct CostPlan<'a> {
    /// What it is called: "the cost of height".
    pub name: &'a str,
    /// The label of the rung without it.
    pub from: &'a str,
    /// The label of the rung with it.
    pub to: &'a str,
}

impl<'a> LadderPlan<'a> {
    /// The rungs as results tell of them.
    pub(super) fn described(&self) -> Vec<Rung> {
        let mut before: Option<&str> = None;
        let mut rungs = Vec::new();
        for RungPlan { subject, adds, branch_of, lacks, .. } in self.rungs {
            let label = subject.label();
            let on = branch_of.or(before).map(str::to_owned);
            let is_branch = branch_of.is_some();
            let lacks = lacks.map(str::to_owned);
            rungs.push(Rung { label: label.to_owned(), adds: (*adds).to_owned(), on, is_branch, lacks });
            if !is_branch {
                before = Some(label);
            }
        }
        rungs
    }

    /// The subject that is measured twice, under its second label.
    pub(super) fn twin(&self) -> Result<Again<'a>, CompareError> {
        let rung = self.rungs.iter().find(|rung| rung.subject.label() == self.twin_of);
        let missing = || CompareError::Plan(format!("the ladder has no rung {:?}", self.twin_of));
        rung.map(|rung| Again::of(rung.subject)).ok_or_else(missing)
    }
}
