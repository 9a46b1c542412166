//! HTML and SVG as trees, so that no text from a file can become markup: whatever is not a constant is escaped.

use std::fmt::{Display, Write as _};

/// An element with its attributes and what is in it.
#[derive(Debug, Clone)]
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Node>,
}

#[derive(Debug, Clone)]
enum Node {
    Element(Element),
    Text(String),
    /// Constants alone: style sheets.
    Raw(&'static str),
}

/// Those that never have anything in them.
const EMPTY: [&str; 7] = ["circle", "line", "meta", "path", "polyline", "rect", "br"];

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new() }
    }

    /// The same with an attribute.
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// The same with an attribute that is a coordinate or a length: two decimals at most, so that output is small and
    /// the same everywhere.
    pub(super) fn at(self, name: &'static str, value: f64) -> Self {
        self.with(name, coordinate(value))
    }

    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Node::Text(text.into()));
        self
    }

    pub(super) fn style_sheet(mut self, css: &'static str) -> Self {
        self.children.push(Node::Raw(css));
        self
    }

    pub(super) fn child(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    pub(super) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// The text of it.
    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = write!(out, "<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"");
            escape(value, out);
            out.push('"');
        }
        if EMPTY.contains(&self.name) {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Node::Element(element) => element.write(out),
                Node::Text(text) => escape(text, out),
                Node::Raw(css) => out.push_str(css),
            }
        }
        let _ = write!(out, "</{}>", self.name);
    }
}

/// A number with two decimals at most.
pub(super) fn coordinate(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML does not allow, however it is written, would make a picture unreadable.
            control if control.is_control() && !matches!(control, '\n' | '\t') => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_never_become_markup() {
        let element = Element::new("p").with("title", "\"><b>").text("<script>&\u{1}");
        let expected = "<p title=\"&quot;&gt;&lt;b&gt;\">&lt;script&gt;&amp;\u{fffd}</p>";
        assert_eq!(element.render(), expected);
    }

    #[test]
    fn shapes_close_themselves_and_empty_cells_do_not() {
        assert_eq!(Element::new("rect").at("x", 1.005).render(), "<rect x=\"1\"/>");
        assert_eq!(Element::new("td").render(), "<td></td>");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([0.0, -0.001, 1.5, 100.0, 12.345].map(coordinate), ["0", "0", "1.5", "100", "12.35"]);
    }
}
