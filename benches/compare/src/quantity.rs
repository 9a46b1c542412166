//! What is compared: four figures of each journey, each with its own claim.

use serde::{Deserialize, Serialize};

use crate::results::{BlockCell, Cell, Ratios, Results};
use crate::statistics::Ratio;
use crate::verdict;

/// A figure of a journey on a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The median latency.
    P50,
    /// The 99th percentile of the latency.
    P99,
    /// CPU time per request of all processes.
    Cpu,
    /// Right answers per second with all connections busy; more is better.
    Capacity,
}

impl Quantity {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::P50, Self::P99, Self::Cpu, Self::Capacity];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50 latency",
            Self::P99 => "p99 latency",
            Self::Cpu => "CPU per request",
            Self::Capacity => "capacity",
        }
    }

    /// Its name in files.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::Cpu => "cpu",
            Self::Capacity => "capacity",
        }
    }

    /// The ratio of it.
    pub(crate) fn ratio(self, ratios: &Ratios) -> Option<Ratio> {
        match self {
            Self::P50 => ratios.p50,
            Self::P99 => ratios.p99,
            Self::Cpu => ratios.cpu,
            Self::Capacity => ratios.capacity,
        }
    }

    /// Its value in one block; none where the phase is void or it was not measured.
    pub(crate) fn of_block(self, cell: &BlockCell) -> Option<f64> {
        match self {
            Self::P50 => cell.valid_p50_us(),
            Self::P99 => cell.valid_p99_us(),
            Self::Cpu => cell.total_cpu_us(),
            Self::Capacity => cell.capacity_rps,
        }
    }

    /// Whether there are samples enough behind it.
    pub(crate) fn carries(self, cell: &Cell) -> bool {
        self != Self::P99 || cell.p99_carries
    }
}

/// What may be said of a ratio beside the A/A control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It differs from 1, beyond what the baseline differs from itself.
    Differs,
    /// Nothing says that it differs.
    NotTold,
    /// The control differs from itself, or there is too little: nothing may be concluded.
    Withheld,
}

impl Claim {
    /// What may be said of a topology over the baseline.
    pub(crate) fn of(results: &Results, journey: &str, topology: &str, quantity: Quantity) -> Self {
        let control = results.control.get(journey).and_then(|ratios| quantity.ratio(ratios));
        let ratios = results.ratios.get(journey).and_then(|by_topology| by_topology.get(topology));
        let cells = results.journeys.get(journey);
        let carries =
            |label: &str| cells.and_then(|cells| cells.get(label)).is_some_and(|cell| quantity.carries(cell));
        let (Some(control), Some(ratio)) = (control, ratios.and_then(|ratios| quantity.ratio(ratios))) else {
            return Self::Withheld;
        };
        let is_withheld = !carries(topology)
            || !carries(results.baseline())
            || verdict::withheld(results, journey, quantity).is_some();
        match (is_withheld, ratio.differs_beside(&control)) {
            (true, _) => Self::Withheld,
            (false, true) => Self::Differs,
            (false, false) => Self::NotTold,
        }
    }

    /// What may be said of a ratio beside the control of the same series.
    pub(crate) fn beside(control: Option<Ratio>, ratio: Option<Ratio>) -> Self {
        match control.zip(ratio) {
            Some((control, ratio)) if !control.differs_from_one() => {
                if ratio.differs_beside(&control) {
                    Self::Differs
                } else {
                    Self::NotTold
                }
            }
            _ => Self::Withheld,
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::NotTold => "cannot be told apart",
            Self::Withheld => "no conclusion",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MadeUp;

    #[test]
    fn each_figure_is_judged_by_its_own_control() {
        let mut results = MadeUp::default().results();
        let claim = |results: &Results, quantity| Claim::of(results, "list", "a | b", quantity);
        assert_eq!(claim(&results, Quantity::P50), Claim::Differs);
        assert_eq!(claim(&results, Quantity::Capacity), Claim::Differs);
        let control = results.control.get_mut("list").expect("a control");
        control.p50 = Some(Ratio { value: 1.0, low: 0.8, high: 1.25 });
        assert_eq!(claim(&results, Quantity::P50), Claim::Withheld);
        assert_eq!(claim(&results, Quantity::Capacity), Claim::Differs);
    }

    #[test]
    fn beside_a_control_that_is_missing_or_differs_from_itself_nothing_is_said() {
        let ratio = |low, high| Some(Ratio { value: f64::midpoint(low, high), low, high });
        let (small, large) = (ratio(0.99, 1.01), ratio(1.2, 1.4));
        assert_eq!(Claim::beside(small, large), Claim::Differs);
        assert_eq!(Claim::beside(small, small), Claim::NotTold);
        assert_eq!(
            Claim::beside(ratio(0.7, 1.3), large),
            Claim::NotTold,
            "the control is as far from itself"
        );
        for (control, ratio) in [(None, large), (small, None), (large, large)] {
            assert_eq!(Claim::beside(control, ratio), Claim::Withheld);
        }
    }

    #[test]
    fn equal_topologies_cannot_be_told_apart() {
        let results = MadeUp { ratio: 1.0, ..MadeUp::default() }.results();
        for journey in &results.journey_order {
            assert_eq!(Claim::of(&results, journey, "a | b", Quantity::P50), Claim::NotTold);
        }
    }
}
