//! What more processes buy, and what they cost: a deployment beside the same with more of them, on the same processors.

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::again::{self, Again};
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
    /// The deployment that is measured twice, by its label; its twin has the same with (again) behind it. None of a run without a
    /// control, which carries no conclusion.
    #[serde(default)]
    pub twin_of: Option<String>,
    /// All of them in turns, the twin too.
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
        let twin_of = growths.first().map(|growth| growth.from);
        let twin = twin_of.map(Again::of);
        let mut subjects = grown(growths);
        let journeys = answered(&subjects, journeys);
        subjects.extend(twin.as_ref().map(|twin| twin as &dyn Subject));
        let plan = settings.scale.as_ref().map_or_else(|| settings.series(), |scale| scale.series);
        let series = Series::measure(&subjects, &journeys, plan, settings, cpu_sets, interruption, note)?;
        let name = |growth: &Growth<'_>| Grown {
            from: growth.from.label().to_owned(),
            to: growth.to.label().to_owned(),
        };
        let twin_of = twin_of.map(|subject| subject.label().to_owned());
        Ok(Self { growths: growths.iter().map(name).collect(), twin_of, series })
    }

    /// With more processes over as it is, in a journey.
    pub fn ratios(&self, grown: &Grown, journey: &str) -> Ratios {
        self.series.ratios(journey, &grown.to, &grown.from)
    }

    /// All that are told: what is compared with what, and at last what was measured twice with itself.
    pub(crate) fn with_control(&self) -> Vec<Grown> {
        let twin = self.twin_of.iter().map(|from| Grown { from: from.clone(), to: again::label(from) });
        self.growths.iter().cloned().chain(twin).collect()
    }

    /// The A/A control of a journey: the twin over what it is the twin of. All but 1.0 is error.
    pub fn control(&self, journey: &str) -> Option<Ratios> {
        let twin_of = self.twin_of.as_deref()?;
        Some(self.series.ratios(journey, &again::label(twin_of), twin_of))
    }

    /// The memory of the twin over that of what it is the twin of.
    pub fn memory_control(&self) -> Option<Ratio> {
        let from = self.twin_of.clone()?;
        self.memory_ratio(&Grown { to: again::label(&from), from })
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

/// All that grow, as they are and grown.
pub(crate) fn grown<'a>(growths: &[Growth<'a>]) -> Vec<&'a dyn Subject> {
    growths.iter().flat_map(|growth| [growth.from, growth.to]).collect()
}

/// The journeys that one of these answers at least.
pub(crate) fn answered<'a>(subjects: &[&dyn Subject], journeys: &[&'a dyn Journey]) -> Vec<&'a dyn Journey> {
    let is_answered = |journey: &&dyn Journey| subjects.iter().any(|it| it.answers(journey.name()));
    journeys.iter().copied().filter(is_answered).collect()
}
