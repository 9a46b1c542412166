//! What the report opens with: the verdict in plain words, question by question.

use super::markup::Element;
use crate::results::Results;
use crate::verdict::{Point, Question, Sentence, Verdict, withholds};

/// The section at the top.
pub(super) fn section(results: &Results) -> Element {
    let Verdict { first, questions } = Verdict::of(results);
    let first = first.into_iter().map(|Sentence { text, warns }| {
        let class = if warns { "headline warned" } else { "headline" };
        Element::new("p").with("class", class).text(text)
    });
    Element::new("section")
        .with("class", "verdict")
        .with("aria-labelledby", "verdict-heading")
        .child(Element::new("h2").with("id", "verdict-heading").text("Verdict"))
        .children(first)
        .children(questions.into_iter().flat_map(answered))
}

fn answered(question: Question) -> impl Iterator<Item = Element> {
    let heading = Element::new("h3").text(question.heading);
    std::iter::once(heading).chain(question.points.into_iter().flat_map(told))
}

fn told(point: Point) -> impl Iterator<Item = Element> {
    let about = point.about.map(|about| Element::new("p").with("class", "about").text(about));
    let line = |line: String| {
        let class = if withholds(&line) { "warning" } else { "plain" };
        Element::new("li").with("class", class).text(line)
    };
    about.into_iter().chain([Element::new("ul").children(point.lines.into_iter().map(line))])
}
