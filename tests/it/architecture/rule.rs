//! What a rule is, and what it says of a workspace that breaks it.

use std::fmt;

use super::workspace::Workspace;

/// One rule of dependency.
pub(super) struct Rule {
    /// The rule as a sentence.
    pub(super) says: &'static str,
    /// What to do about a breach.
    pub(super) mend: &'static str,
    pub(super) check: fn(&Workspace, &mut Findings),
}

/// What a check has looked at and found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    examined: usize,
    found: Vec<(String, String)>,
}

impl Findings {
    /// Counts one thing that the rule speaks of. A rule that speaks of nothing protects nothing.
    pub(super) fn examine(&mut self) {
        self.examined += 1;
    }

    /// Notes a breach: the file, with its line where there is one, and what is wrong there.
    pub(super) fn breach(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.found.push((place.into(), what.into()));
    }
}

/// A breach as a person reads it.
#[derive(Debug)]
pub(super) struct Breach(String);

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Rule {
    /// Every breach in `workspace`.
    ///
    /// # Panics
    /// When the rule finds nothing that it speaks of.
    pub(super) fn breaches(&self, workspace: &Workspace) -> Vec<Breach> {
        let mut findings = Findings::default();
        (self.check)(workspace, &mut findings);
        assert!(findings.examined > 0, "the rule finds nothing to look at, so it cannot fail: {}", self.says);
        let breach =
            |(place, what)| Breach(format!("{place}: {what}\n  rule: {}\n  mend: {}", self.says, self.mend));
        findings.found.into_iter().map(breach).collect()
    }
}

/// A place where a rule does not hold, and why it need not.
pub(super) struct Exception {
    /// A file, or a folder with a slash at its end.
    pub(super) place: &'static str,
    /// What is named there.
    pub(super) what: &'static str,
    pub(super) reason: &'static str,
}

/// The exceptions of a rule. One that nothing needs any more is a breach itself.
pub(super) struct Exceptions {
    list: &'static [Exception],
    used: Vec<bool>,
}

impl Exceptions {
    pub(super) fn new(list: &'static [Exception]) -> Self {
        Self { list, used: vec![false; list.len()] }
    }

    /// Whether `what` may stand in the file `path`.
    pub(super) fn cover(&mut self, path: &str, what: &str) -> bool {
        let covers = |exception: &Exception| {
            let here = exception.place == path
                || (exception.place.ends_with('/') && path.starts_with(exception.place));
            here && (exception.what == what || exception.what == "*")
        };
        let mut covered = false;
        for (exception, used) in self.list.iter().zip(&mut self.used) {
            if covers(exception) {
                *used = true;
                covered = true;
            }
        }
        covered
    }

    /// Reports the exceptions that covered nothing.
    pub(super) fn report_unused(self, findings: &mut Findings) {
        for (exception, used) in self.list.iter().zip(self.used) {
            if !used {
                let Exception { what, reason, .. } = exception;
                findings.breach(
                    exception.place,
                    format!("the exception for {what:?} ({reason}) is not needed any more: take it out of the test"),
                );
            }
        }
    }
}
