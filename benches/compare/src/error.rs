//! Why a comparison has no results.

use thiserror::Error;

/// Why a comparison has no results.
#[derive(Debug, Error)]
pub enum CompareError {
    /// The comparison was put together wrongly.
    #[error("nothing can be compared: {0}")]
    Plan(String),
    /// A deployment did not start.
    #[error("{label} did not start")]
    Start {
        /// Which one.
        label: String,
        /// Why.
        source: anyhow::Error,
    },
    /// A deployment did not stop.
    #[error("{label} did not stop")]
    Stop {
        /// Which one.
        label: String,
        /// Why.
        source: anyhow::Error,
    },
    /// A deployment that ran before does not answer any more.
    #[error("{label} stopped answering before a round was complete, so there is nothing to tell")]
    Gone {
        /// Which one.
        label: String,
        /// How that showed.
        source: anyhow::Error,
    },
    /// The script could not be replayed.
    #[error("the script that proves equivalence failed on {label}, so nothing is timed")]
    Script {
        /// Which deployment.
        label: String,
        /// Why.
        source: anyhow::Error,
    },
    /// The deployments are not equivalent.
    #[error("the topologies do not answer alike, so nothing is timed\n{0}")]
    Different(Box<Difference>),
    /// A journey gets wrong answers even without load.
    #[error(
        "{label} does not answer the journey {journey} as it should, so nothing is timed: {asked} gave {got}"
    )]
    Journey {
        /// Which deployment.
        label: String,
        /// Which journey.
        journey: String,
        /// Method and path.
        asked: String,
        /// Status and the beginning of the body, or why there is no answer.
        got: String,
    },
    /// The generator could not work.
    #[error("the load generator failed on {label}")]
    Generator {
        /// Which deployment.
        label: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The results that should be gone on with are those of something else.
    #[error(
        "these are the results of another run, whose rounds cannot be mixed with those of this one\n  {}\n(the same command line as \
         then goes on with them; without --resume everything is measured anew)",
        .0.join("\n  ")
    )]
    OtherRun(
        /// What differs, one line each.
        Vec<String>,
    ),
    /// What was measured so far cannot be kept.
    #[error("the results so far cannot be kept")]
    Keep(
        /// Why.
        #[source]
        anyhow::Error,
    ),
    /// It was interrupted before a round was complete.
    #[error("interrupted before a round was complete, so there are no results")]
    Interrupted,
    /// Time was up before a round was complete.
    #[error(
        "no round was complete within {limit_seconds} s (a longer plan, fewer topologies or a calmer machine helps)"
    )]
    NoRounds {
        /// The limit.
        limit_seconds: f64,
    },
}

/// The first step at which two topologies part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The topology whose transcript counts.
    pub baseline: String,
    /// The one that parts from it.
    pub topology: String,
    /// The step's number, from 1.
    pub step: usize,
    /// What was asked; where the two asked different things, both.
    pub asked: String,
    /// The baseline's answer.
    pub expected: String,
    /// The other's.
    pub got: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.baseline.chars().count().max(self.topology.chars().count());
        writeln!(formatter, "  step {}: {}", self.step, self.asked)?;
        writeln!(formatter, "  {:width$}  {}", self.baseline, self.expected)?;
        write!(formatter, "  {:width$}  {}", self.topology, self.got)
    }
}
