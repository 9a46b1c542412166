//! What lies between two rungs.

use serde::{Deserialize, Serialize};

use crate::pairing;
use crate::quantity::Quantity;
use crate::results::Round;
use crate::statistics::{Estimate, Ratio, paired_difference, paired_ratio};

/// One rung beside another in one journey, paired by round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Of the median latency; none where fewer than three rounds have both.
    pub p50: Option<Gap>,
    /// Of the CPU time per request.
    pub cpu: Option<Gap>,
}

/// By how much a figure is more, and how many times it is the other one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// In microseconds.
    pub us: Estimate,
    /// As a ratio.
    pub ratio: Ratio,
}

impl Span {
    /// None where one of the two does not answer the journey.
    pub(super) fn between(rounds: &[Round], journey: &str, over: &str, under: &str) -> Option<Self> {
        let answers = |label: &str| {
            rounds.iter().any(|round| {
                round.blocks.get(label).is_some_and(|block| block.journeys.contains_key(journey))
            })
        };
        let gap = |quantity: Quantity| {
            let pairs = pairing::pairs(rounds, journey, over, under, |cell| quantity.of_block(cell));
            Some(Gap { us: paired_difference(&pairs)?, ratio: paired_ratio(&pairs)? })
        };
        (answers(over) && answers(under)).then(|| Self { p50: gap(Quantity::P50), cpu: gap(Quantity::Cpu) })
    }

    /// The gap of a figure that rungs are compared in.
    pub(crate) fn gap(&self, quantity: Quantity) -> Option<Gap> {
        match quantity {
            Quantity::P50 => self.p50,
            Quantity::Cpu => self.cpu,
            Quantity::P99 | Quantity::Capacity => None,
        }
    }
}
