//! Who is in the pictures, and how each is told from the others without colour: by the shape of its marks and its strokes.

use super::markup::Element;
use super::panel::Stroke;
use crate::again;
use crate::results::{Cell, Results};

/// A topology, the twin or the floor.
#[derive(Debug, Clone)]
pub(super) struct Subject<'a> {
    pub(super) label: &'a str,
    /// The class that gives its colour.
    pub(super) class: String,
    pub(super) shape: Shape,
    /// The twin has the baseline's colour and shape, but hollow.
    pub(super) hollow: bool,
    pub(super) stroke: Stroke,
}

/// The shape of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
}

const SHAPES: [Shape; 4] = [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond];
/// Colours of topologies in the style sheet; beyond them they repeat, with another shape.
const COLOURS: usize = 7;

/// Everyone: topologies, the twin, the floor.
pub(super) fn all(results: &Results) -> Vec<Subject<'_>> {
    let mut all = topologies(results);
    let twin = Subject { label: &results.twin.label, hollow: true, stroke: Stroke::Dashed, ..subject(0, "") };
    all.push(twin);
    all.extend(floor(results));
    all
}

/// The topologies alone.
pub(super) fn topologies(results: &Results) -> Vec<Subject<'_>> {
    results.topologies.iter().enumerate().map(|(number, label)| subject(number, label)).collect()
}

/// The topologies and the floor.
pub(super) fn topologies_and_floor(results: &Results) -> Vec<Subject<'_>> {
    topologies(results).into_iter().chain(floor(results)).collect()
}

fn floor(results: &Results) -> Option<Subject<'_>> {
    let floor = results.floor.as_ref()?;
    Some(Subject {
        label: &floor.label,
        class: "floor".to_owned(),
        shape: Shape::Cross,
        hollow: false,
        stroke: Stroke::Dotted,
    })
}

/// Whoever else is measured beside the rounds, by label.
pub(super) fn named(labels: &[String]) -> Vec<Subject<'_>> {
    labels.iter().enumerate().map(|(number, label)| subject(number, label)).collect()
}

/// The same, where one of them is measured twice: its twin looks like it, but hollow.
pub(super) fn named_with_twin<'a>(labels: &'a [String], twin_of: Option<&str>) -> Vec<Subject<'a>> {
    let mut named = named(labels);
    let first = twin_of.and_then(|twin_of| labels.iter().position(|label| label == twin_of));
    let twin = twin_of.and_then(|twin_of| labels.iter().position(|label| *label == again::label(twin_of)));
    if let Some((first, twin)) = first.zip(twin) {
        named[twin] = Subject { hollow: true, stroke: Stroke::Dashed, ..subject(first, &labels[twin]) };
    }
    named
}

/// The subject of this place among others.
pub(super) fn subject(number: usize, label: &str) -> Subject<'_> {
    Subject {
        label,
        class: format!("s{}", number % COLOURS),
        shape: SHAPES[number % SHAPES.len()],
        hollow: false,
        stroke: Stroke::Solid,
    }
}

/// What a subject has in a journey.
pub(super) fn cell<'a>(results: &'a Results, journey: &str, label: &str) -> Option<&'a Cell> {
    let floor = results.floor.as_ref().filter(|floor| floor.label == label);
    let cell = match floor {
        Some(floor) => floor.journeys.get(journey),
        None if results.twin.label == label => results.twin.journeys.get(journey),
        None => results.journeys.get(journey)?.get(label),
    };
    cell.filter(|cell| cell.requests > 0)
}

impl Subject<'_> {
    /// Its mark at a place.
    pub(super) fn mark(&self, x: f64, y: f64, radius: f64) -> Element {
        self.shape.draw(x, y, radius).with("class", self.mark_class(self.hollow))
    }

    /// Its mark, filled or hollow as the picture wants.
    pub(super) fn mark_filled(&self, x: f64, y: f64, radius: f64, filled: bool) -> Element {
        self.shape.draw(x, y, radius).with("class", self.mark_class(!filled))
    }

    fn mark_class(&self, hollow: bool) -> String {
        format!("{} {}", self.class, if hollow || self.shape == Shape::Cross { "hollow" } else { "full" })
    }
}

impl Shape {
    pub(super) fn draw(self, x: f64, y: f64, radius: f64) -> Element {
        let path = |points: &[(f64, f64)], end: &str| {
            let corner = |(number, (right, down)): (usize, &(f64, f64))| {
                let letter = if number == 0 { 'M' } else { 'L' };
                format!("{letter}{:.1} {:.1}", x + right * radius, y + down * radius)
            };
            let corners: String = points.iter().enumerate().map(corner).collect();
            Element::new("path").with("d", corners + end)
        };
        match self {
            Self::Circle => Element::new("circle").at("cx", x).at("cy", y).at("r", radius),
            Self::Square => path(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)], "Z"),
            Self::Triangle => path(&[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)], "Z"),
            Self::Diamond => path(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)], "Z"),
            Self::Cross => Element::new("path").with(
                "d",
                format!(
                    "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}",
                    x - radius,
                    y - radius,
                    x + radius,
                    y + radius,
                    x - radius,
                    y + radius,
                    x + radius,
                    y - radius
                ),
            ),
        }
    }
}
