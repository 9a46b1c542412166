//! What may be concluded, in plain words, and how far to trust it.

mod attribution;
mod causes;
mod costs;
mod gains;
mod opening;
mod trust;

use crate::results::Results;

pub(crate) use trust::{busy, too_many_errors, withheld};

/// What the results say: first what settles the matter, then question by question.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// A few sentences.
    pub(crate) first: Vec<Sentence>,
    /// Those to which there is an answer.
    pub(crate) questions: Vec<Question>,
}

/// One of the first sentences.
#[derive(Debug)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    /// Whether it warns of the others.
    pub(crate) warns: bool,
}

/// One question and what is known of it.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) heading: &'static str,
    pub(crate) points: Vec<Point>,
}

/// Lines of one thing.
#[derive(Debug)]
pub(crate) struct Point {
    /// What they are about, where the heading does not say it.
    pub(crate) about: Option<String>,
    pub(crate) lines: Vec<String>,
}

impl Verdict {
    /// Of these results.
    pub(crate) fn of(results: &Results) -> Self {
        let questions = [
            ("What it costs", costs::points(results)),
            ("Where that comes from", causes::points(results)),
            ("What it buys", gains::points(results)),
            ("How far to trust it", vec![Point { about: None, lines: trust::lines(results) }]),
        ];
        let questions = questions.map(|(heading, mut points)| {
            points.retain(|point| !point.lines.is_empty());
            Question { heading, points }
        });
        let questions = questions.into_iter().filter(|question| !question.points.is_empty()).collect();
        Self { first: opening::sentences(results), questions }
    }
}

/// Whether a line says that something may not be concluded.
pub(crate) fn withholds(line: &str) -> bool {
    line.contains("withheld") || line.contains("no conclusion")
}
