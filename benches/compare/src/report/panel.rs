//! One SVG: as wide as a phone, so that its text is readable there and never wider than the page.

use super::markup::Element;
use super::scale::{Scale, Tick};
use super::subjects::Subject;

/// In units of the picture, all of which have the same.
pub(super) const WIDTH: f64 = 400.0;
/// Where plots begin below the title.
pub(super) const TOP: f64 = 30.0;
/// The height of a line of text.
pub(super) const LINE: f64 = 16.0;
/// How wide a letter is, on the average: enough to know what fits.
const LETTER: f64 = 6.6;

/// A picture in the making.
#[derive(Debug)]
pub(super) struct Panel {
    /// Its file name without an ending, and what its ids begin with.
    id: String,
    title: String,
    /// What it shows, for who cannot see it.
    description: String,
    parts: Vec<Element>,
    height: f64,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    Solid,
    Dashed,
    Dotted,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A part of the picture by its edges.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Panel {
    pub(super) fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        let (id, title) = (id.into(), title.into());
        let mut panel = Self {
            id,
            title: title.clone(),
            description: description.into(),
            parts: Vec::new(),
            height: 0.0,
        };
        panel.text(0.0, 13.0, fitting(&title, WIDTH), "title", Anchor::Start);
        panel
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn add(&mut self, part: Element) {
        self.parts.push(part);
    }

    /// The picture ends at this height.
    pub(super) fn end_at(&mut self, height: f64) {
        self.height = height;
    }

    pub(super) fn text(&mut self, x: f64, y: f64, text: impl Into<String>, class: &str, anchor: Anchor) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let element = Element::new("text").at("x", x).at("y", y);
        self.add(element.with("class", class).with("text-anchor", anchor).text(text));
    }

    pub(super) fn rect(&mut self, area: Area, class: &str) {
        let width = (area.right - area.left).max(0.0);
        let element = Element::new("rect").at("x", area.left).at("y", area.top).at("width", width);
        self.add(element.at("height", area.bottom - area.top).with("class", class));
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let element = Element::new("line").at("x1", from.0).at("y1", from.1);
        self.add(element.at("x2", to.0).at("y2", to.1).with("class", class));
    }

    /// A line through points; fewer than two give none.
    pub(super) fn polyline(&mut self, points: &[(f64, f64)], class: &str) {
        if points.len() < 2 {
            return;
        }
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        self.add(Element::new("polyline").with("points", points.join(" ")).with("class", class));
    }

    /// Marks and grid lines of a horizontal axis, below the area; labels that would touch the one before are left out.
    pub(super) fn axis_x(&mut self, area: Area, scale: &Scale, ticks: &[Tick], name: &str) {
        let mut free_from = f64::NEG_INFINITY;
        for tick in ticks {
            let x = scale.at(tick.value);
            self.line((x, area.top), (x, area.bottom), "grid");
            let half = width(&tick.label) / 2.0;
            let held = x.clamp(half, WIDTH - half);
            if held - half >= free_from {
                self.text(held, area.bottom + 13.0, &tick.label, "small", Anchor::Middle);
                free_from = held + half + 4.0;
            }
        }
        self.line((area.left, area.bottom), (area.right, area.bottom), "axis");
        self.text(area.right, area.bottom + 13.0 + LINE, name, "small", Anchor::End);
    }

    /// Marks and grid lines of a vertical axis, to the left of the area.
    pub(super) fn axis_y(&mut self, area: Area, scale: &Scale, ticks: &[Tick]) {
        for tick in ticks {
            let y = scale.at(tick.value);
            self.line((area.left, y), (area.right, y), "grid");
            self.text(area.left - 4.0, y + 4.0, &tick.label, "small", Anchor::End);
        }
        self.line((area.left, area.top), (area.left, area.bottom), "axis");
    }

    /// Who is who, in as many lines as are needed from this height on; tells where they end.
    pub(super) fn legend(&mut self, subjects: &[Subject<'_>], mut y: f64) -> f64 {
        let mut x = 0.0;
        for subject in subjects {
            let label = fitting(subject.label, WIDTH - 30.0);
            let needs = 30.0 + width(&label) + 10.0;
            if x > 0.0 && x + needs > WIDTH {
                (x, y) = (0.0, y + LINE);
            }
            self.line((x, y), (x + 22.0, y), &format!("curve {} {}", subject.class, subject.stroke.class()));
            self.add(subject.mark(x + 11.0, y, 4.0));
            self.text(x + 27.0, y + 4.0, label, "small", Anchor::Start);
            x += needs;
        }
        y + LINE
    }

    /// The finished picture; `style_sheet` is for one that stands alone.
    pub(super) fn svg(&self, style_sheet: Option<&'static str>) -> Element {
        let (title_id, description_id) = (format!("{}-title", self.id), format!("{}-description", self.id));
        let svg = Element::new("svg")
            .with("xmlns", "http://www.w3.org/2000/svg")
            .with("viewBox", format!("0 0 {WIDTH} {}", super::markup::coordinate(self.height)))
            .with("role", "img")
            .with("class", "picture")
            .with("aria-labelledby", format!("{title_id} {description_id}"))
            .child(Element::new("title").with("id", title_id).text(&self.title))
            .child(Element::new("desc").with("id", description_id).text(&self.description));
        let svg = match style_sheet {
            Some(css) => svg.child(Element::new("style").style_sheet(css)),
            None => svg,
        };
        svg.children(self.parts.iter().cloned())
    }
}

impl Stroke {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Solid => "solid",
            Self::Dashed => "dashed",
            Self::Dotted => "dotted",
        }
    }
}

/// How wide a small text is, about.
pub(super) fn width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// The text, or its beginning where it would be wider.
pub(super) fn fitting(text: &str, most: f64) -> String {
    let letters = (most / LETTER).floor() as usize;
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(letters.saturating_sub(1)).collect();
    beginning + "…"
}
