//! What more processes buy, and what they cost: a deployment beside the same with more of them, on the same processors.

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::results::Ratios;
use crate::series::Series;
use crate::settings::Settings;
use crate::statistics::{Ratio, median, paired_ratio};
use crate::subject::Subject;

/// A deployment, and the same with more processes.
#[derive(Clone, Copy)]
pub struct Growth<'a> {
    /// As it is.
    pub from: &'a dyn Subject,
    /// With more processes.
    pub to: &'a dyn Subject,
}

/// What more processes buy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScaleOut {
    /// What is compared with what.
    pub growths: Vec<Grown>,
    /// All of them in turns.
    pub series: Series,
}

/// A deployment and the same with more processes, by their labels in the series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grown {
    /// As it is.
    pub from: String,
    /// With more processes.
    pub to: String,
}

impl ScaleOut {
    /// Measures all in turns; `note` hears what begins, with how many rounds are done.
    pub(crate) fn measure(
        growths: &[Growth<'_>],
        journeys: &[&dyn Journey],
        settings: &Settings,
        cpu_sets: &CpuSets,
        interruption: &Interruption,
        note: impl FnMut(&str, usize),
    ) -> Result<Self, CompareError> {
        let subjects = growths.iter().flat_map(|growth| [growth.from, growth.to]).collect::<Vec<_>>();
        let journeys = answered(&subjects, journeys);
        let plan = settings.scale.as_ref().map_or_else(|| settings.series(), |scale| scale.series);
        let series = Series::measure(&subjects, &journeys, plan, settings, cpu_sets, interruption, note)?;
        let name = |growth: &Growth<'_>| Grown {
            from: growth.from.label().to_owned(),
            to: growth.to.label().to_owned(),
        };
        Ok(Self { growths: growths.iter().map(name).collect(), series })
    }

    /// With more processes over as it is, in a journey.
    pub fn ratios(&self, grown: &Grown, journey: &str) -> Ratios {
        self.series.ratios(journey, &grown.to, &grown.from)
    }

    /// The memory after load, with more processes over as it is.
    pub fn memory_ratio(&self, grown: &Grown) -> Option<Ratio> {
        let pairs = self.series.rounds.iter().filter_map(|round| {
            let kib = |label: &str| Some(round.blocks.get(label)?.memory_pss_kib? as f64);
            kib(&grown.to).zip(kib(&grown.from))
        });
        paired_ratio(&pairs.collect::<Vec<_>>())
    }

    /// Proportional set size of all processes of a subject after load, the median over rounds.
    pub fn memory_kib(&self, label: &str) -> Option<f64> {
        let blocks = self.series.rounds.iter().filter_map(|round| round.blocks.get(label));
        median(blocks.filter_map(|block| block.memory_pss_kib).map(|kib| kib as f64))
    }
}

/// The journeys that one of these answers at least.
pub(crate) fn answered<'a>(subjects: &[&dyn Subject], journeys: &[&'a dyn Journey]) -> Vec<&'a dyn Journey> {
    let is_answered = |journey: &&dyn Journey| subjects.iter().any(|it| it.answers(journey.name()));
    journeys.iter().copied().filter(is_answered).collect()
}
