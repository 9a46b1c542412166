//! A subject that is measured twice: what it differs by from itself is the instrument's error.

use crate::subject::{Running, Subject};

/// The second label of the subject with this one.
pub(crate) fn label(first: &str) -> String {
    format!("{first} (again)")
}

/// A subject under its second label.
pub(crate) struct Again<'a> {
    label: String,
    subject: &'a dyn Subject,
}

impl<'a> Again<'a> {
    pub(crate) fn of(subject: &'a dyn Subject) -> Self {
        Self { label: label(subject.label()), subject }
    }
}

impl Subject for Again<'_> {
    fn label(&self) -> &str {
        &self.label
    }

    fn answers(&self, journey: &str) -> bool {
        self.subject.answers(journey)
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        self.subject.start()
    }
}
