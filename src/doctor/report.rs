//! All that was found, for people and for machines.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Check, Verdict};

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Files, variables and flags.
    Configuration,
    /// Who hosts what.
    Topology,
    /// The folder of databases and keys.
    DataDirectory,
    /// Limits and the clock.
    Machine,
    /// Keys of tokens, and the service credential.
    Keys,
    /// The modules' databases.
    Databases,
    /// Where e-mails go.
    Mail,
    /// Listeners and socket files.
    Ports,
    /// What `up` runs now.
    RunningStore,
    /// The services that a service calls.
    Peers,
}

impl Subject {
    /// Every subject, in the order in which one stands on the other.
    pub const ALL: [Self; 10] = [
        Self::Configuration,
        Self::Topology,
        Self::DataDirectory,
        Self::Machine,
        Self::Keys,
        Self::Databases,
        Self::Mail,
        Self::Ports,
        Self::RunningStore,
        Self::Peers,
    ];

    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Topology => "topology",
            Self::DataDirectory => "data directory",
            Self::Machine => "machine",
            Self::Keys => "keys",
            Self::Databases => "databases",
            Self::Mail => "mail",
            Self::Ports => "ports",
            Self::RunningStore => "running store",
            Self::Peers => "peers",
        }
    }

    /// Whether it is what a person wrote for the program to read.
    const fn is_input(self) -> bool {
        matches!(self, Self::Configuration | Self::Topology)
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A check, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What is said of it.
    #[serde(flatten)]
    pub check: Check,
}

/// All that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order of the subjects.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn add(&mut self, subject: Subject, checks: Vec<Check>) {
        self.findings.extend(checks.into_iter().map(|check| Finding { subject, check }));
    }

    /// How many checks ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.check.verdict == verdict).count()
    }

    /// 0 where nothing is wrong, 1 where something is, 2 where that is the configuration or the topology.
    pub fn exit_code(&self) -> u8 {
        let mut wrong = self.findings.iter().filter(|finding| finding.check.verdict == Verdict::Wrong);
        match (wrong.clone().any(|finding| finding.subject.is_input()), wrong.next()) {
            (true, _) => 2,
            (false, Some(_)) => 1,
            (false, None) => 0,
        }
    }

    fn summary(&self) -> String {
        let checks = self.findings.len();
        let count = |verdict| self.count(verdict);
        let sentence = if count(Verdict::Wrong) == 0 { "nothing is wrong" } else { "something is wrong" };
        format!(
            "{sentence}: {checks} checks, {} ok, {} with a warning, {} wrong, {} not checked",
            count(Verdict::Ok),
            count(Verdict::Warning),
            count(Verdict::Wrong),
            count(Verdict::NotChecked)
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = None;
        for Finding { subject, check } in &self.findings {
            if last.replace(*subject) != Some(*subject) {
                writeln!(formatter, "{}", subject.as_str())?;
            }
            let Check { what, verdict, found, mend } = check;
            writeln!(formatter, "  {:<11}  {}", verdict.as_str(), indented(&format!("{what}: {found}")))?;
            if let Some(mend) = mend {
                writeln!(formatter, "               mend: {}", indented(mend))?;
            }
        }
        write!(formatter, "\n{}", self.summary())
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'report> {
            checks: &'report [Finding],
            ok: usize,
            warning: usize,
            wrong: usize,
            not_checked: usize,
        }
        let form = Form {
            checks: &self.findings,
            ok: self.count(Verdict::Ok),
            warning: self.count(Verdict::Warning),
            wrong: self.count(Verdict::Wrong),
            not_checked: self.count(Verdict::NotChecked),
        };
        form.serialize(serializer)
    }
}

/// Further lines stand under the first one.
fn indented(text: &str) -> String {
    text.replace('\n', "\n               ")
}
