//! What is wrong with a store, and how to mend it. Everything is looked at and nothing is changed.
//!
//! [`examine`] goes through the subjects in the order in which one stands on the other, a file each; what cannot be
//! looked at is said to be so, and the rest goes on. Start at [`Check`], which is what is said of one thing, and at
//! `scope.rs`, which says what belongs to the store that is meant.

mod asking;
mod check;
mod configuration;
mod data_directory;
mod databases;
mod keys;
mod machine;
mod mail;
mod peers;
mod ports;
mod report;
mod running;
mod scope;
mod system;
mod topology;

use std::path::Path;

use cleave_core::Clock;

pub use self::check::{Check, Verdict};
pub use self::report::{Finding, Report, Subject};
use crate::settings::{Settings, SettingsError};

/// What is to be examined.
pub struct Examination<'asked> {
    /// The folder of the topologies.
    pub topologies: &'asked Path,
    /// The configuration, as far as it can be read.
    pub settings: Option<Settings>,
    /// What was refused of it.
    pub refusals: Vec<SettingsError>,
    /// The service that is run by hand; without it, everything that `up` runs.
    pub service: Option<&'asked str>,
    /// For files that come from the future.
    pub clock: &'asked dyn Clock,
}

/// Looks at everything that can be looked at.
pub async fn examine(asked: Examination<'_>) -> Report {
    let Examination { topologies, settings, refusals, service, clock } = asked;
    let mut report = Report::default();
    report.add(Subject::Configuration, configuration::check(settings.as_ref(), &refusals));
    let Some(settings) = &settings else {
        for subject in Subject::ALL.into_iter().filter(|subject| *subject != Subject::Configuration) {
            let reason = "there is no configuration to say what belongs to the store";
            report
                .add(subject, vec![Check::not_checked("all of it", reason, "mend the configuration first")]);
        }
        return report;
    };
    let (scope, findings) = topology::resolve(settings, topologies, service);
    report.add(Subject::Topology, findings);
    report.add(Subject::DataDirectory, data_directory::check(&scope));
    report.add(Subject::Machine, machine::check(&scope, clock));
    report.add(Subject::Keys, keys::check(&scope));
    report.add(Subject::Databases, databases::check(&scope).await);
    report.add(Subject::Mail, mail::check(&scope));
    report.add(Subject::Ports, ports::check(&scope));
    report.add(Subject::RunningStore, running::check(&scope));
    report.add(Subject::Peers, peers::check(&scope).await);
    report
}
