//! What is said of one thing.

use std::error::Error;

use serde::Serialize;

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The store runs with it, and somebody should look at it.
    Warning,
    /// The store does not come up with it, or runs badly.
    Wrong,
    /// It could not be looked at.
    NotChecked,
}

impl Verdict {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
            Self::NotChecked => "not checked",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found, or why it could not be looked at.
    pub found: String,
    /// What to do about it, for everything that is not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Check {
    pub(super) fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::Ok, found: found.into(), mend: None }
    }

    pub(super) fn warning(
        what: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::bad(Verdict::Warning, what.into(), found.into(), mend.into())
    }

    pub(super) fn wrong(what: impl Into<String>, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::bad(Verdict::Wrong, what.into(), found.into(), mend.into())
    }

    pub(super) fn not_checked(
        what: impl Into<String>,
        reason: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self::bad(Verdict::NotChecked, what.into(), reason.into(), mend.into())
    }

    /// What an error of this program says: what is wrong; how to mend it.
    pub(super) fn refused(what: impl Into<String>, error: &dyn Error) -> Self {
        let (found, mend) = told_by(error);
        Self::wrong(what, found, mend)
    }

    fn bad(verdict: Verdict, what: String, found: String, mend: String) -> Self {
        Self { what, verdict, found, mend: Some(mend) }
    }
}

/// What is wrong, with its causes, and how to mend it.
fn told_by(error: &dyn Error) -> (String, String) {
    let message = error.to_string();
    let (found, mend) = in_two(&message);
    let mut found = found.to_owned();
    let mut cause = error.source();
    while let Some(because) = cause {
        let text = because.to_string();
        if !message.contains(&text) && !found.contains(&text) {
            found = format!("{found} ({text})");
        }
        cause = because.source();
    }
    (found, mend.unwrap_or("correct what it names").to_owned())
}

/// The messages of this program say what is wrong, and after a semicolon how to mend it.
pub(super) fn in_two(message: &str) -> (&str, Option<&str>) {
    match message.split_once("; ") {
        Some((found, mend)) => (found, Some(mend)),
        None => (message, None),
    }
}
