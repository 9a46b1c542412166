//! What goes on while a process is gone: the *blast radius* of its end.
//!
//! Every process of every topology is killed, paused, and restarted, each in a trial of its own, under a steady load of all journeys, in
//! a deployment that was started afresh for it. Whoever is gone is started again as in operation. Visitors come when a schedule says so,
//! whether or not earlier ones were answered, and wait for a second: what comes later is no answer to them.

mod damage;
mod strike;
mod visitors;

use serde::{Deserialize, Serialize};

use crate::affinity::CpuSets;
use crate::error::CompareError;
use crate::interruption::Interruption;
use crate::journey::Journey;
use crate::results::ByName;
use crate::subject::Subject;

pub(crate) use damage::Visit;
pub use damage::{Damage, Extent};
pub use strike::Strike;
pub(crate) use visitors::Visitors;

/// How the blast radius is measured. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlastSettings {
    /// How long visitors come before anything happens.
    pub before_seconds: f64,
    /// How long a paused process is paused.
    pub pause_seconds: f64,
    /// How long visitors come after it happened.
    pub after_seconds: f64,
    /// How long a visitor waits for an answer.
    pub patience_seconds: f64,
    /// Visitors a second of a journey that only reads; others come as much more seldom as in the paced phase.
    pub rate_per_second: f64,
}

impl Default for BlastSettings {
    fn default() -> Self {
        Self {
            before_seconds: 0.7,
            pause_seconds: 1.5,
            after_seconds: 3.0,
            patience_seconds: 1.0,
            rate_per_second: 60.0,
        }
    }
}

impl BlastSettings {
    /// How long one trial takes, the start and the end of the deployment not counted.
    fn trial_seconds(&self) -> f64 {
        self.before_seconds + self.after_seconds + self.patience_seconds
    }
}

/// What becomes of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It is killed, and whoever looks after the deployment starts it again.
    Kill,
    /// It stands still and goes on later, as on a machine that has no time for it.
    Pause,
    /// It is asked to stop, finishes what is under way, and is started again, as when a release goes through.
    Restart,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kill, Self::Pause, Self::Restart];

    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "killed",
            Self::Pause => "paused",
            Self::Restart => "restarted",
        }
    }
}

/// The blast radius of every process of every topology.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BlastRadius {
    /// How it was measured.
    pub settings: BlastSettings,
    /// By topology: one trial for each process and fault.
    pub topologies: ByName<Vec<Strike>>,
}

impl BlastRadius {
    /// Measures topologies with these services one after the other; `note` hears what begins, with how many trials are done and how
    /// many there are.
    pub(crate) fn measure<'a>(
        settings: &BlastSettings,
        targets: impl Iterator<Item = (&'a dyn Subject, &'a Vec<String>)> + Clone,
        journeys: &[&dyn Journey],
        cpu_sets: &CpuSets,
        seed: u64,
        interruption: &Interruption,
        mut note: impl FnMut(&str, usize, usize),
    ) -> Result<Self, CompareError> {
        let of_all = targets.clone().map(|(_, services)| services.len()).sum::<usize>() * Fault::ALL.len();
        let mut topologies = ByName::new();
        let mut done = 0;
        for (subject, services) in targets {
            let mut strikes = Vec::new();
            for (service, fault) in
                services.iter().flat_map(|service| Fault::ALL.map(|fault| (service, fault)))
            {
                if interruption.is_wanted() {
                    break;
                }
                note(&format!("{}: {service} is {}", subject.label(), fault.name()), done, of_all);
                let trial = strike::Trial {
                    settings,
                    subject,
                    journeys,
                    cpu_sets,
                    seed,
                    interruption,
                    service,
                    fault,
                };
                strikes.extend(trial.run()?);
                done += 1;
            }
            topologies.insert(subject.label().to_owned(), strikes);
        }
        Ok(Self { settings: settings.clone(), topologies })
    }

    /// About how long measuring takes for so many processes in all.
    pub(crate) fn seconds(settings: &BlastSettings, processes: usize) -> f64 {
        /// A start, a preparation and an end.
        const AROUND_SECONDS: f64 = 0.3;
        (settings.trial_seconds() + AROUND_SECONDS) * (processes * Fault::ALL.len()) as f64
    }
}

#[cfg(test)]
mod tests;
