//! The report: one HTML file that needs nothing else, neither a network nor a program, and the same pictures as SVG.
//!
//! It opens with the verdict and how far to trust it; then come the figures, each with what to see in it, what not to conclude
//! from it, and its numbers as a table; at the end, under which circumstances it was measured. The same results give the same
//! bytes.
//!
//! [`page`] is the whole and [`pictures`] the single ones. A figure is a file here (`ratios`, `spectrum`, `stacks`, `strips`, `break_even`,
//! `ladder`, `load`, `round_trip`, `attribution`, `blast`, `scale_out`, `demand_step`, `rolling_release`, `blocks`), and gives a `Figure` of `Panel`s: `panel` draws lines, texts and axes, `scale` says where, `subjects` who has which mark,
//! `markup` turns it into text and escapes all that comes from results.

mod attribution;
mod blast;
mod blocks;
mod break_even;
mod demand_step;
mod environment;
mod figure;
mod ladder;
mod load;
mod markup;
mod numbers;
mod opening;
mod panel;
mod ratios;
mod rolling_release;
mod round_trip;
mod scale;
mod scale_out;
mod spectrum;
mod stacks;
mod strips;
mod subjects;

use self::figure::Figure;
use self::markup::Element;
use crate::results::Results;

const PICTURE_CSS: &str = include_str!("report/picture.css");
const PAGE_CSS: &str = include_str!("report/page.css");

/// The report as one HTML file.
pub fn page(results: &Results) -> String {
    let title = format!("{} side by side", results.topologies.join(" and "));
    let meta = |name: &'static str, content: &'static str| {
        Element::new("meta").with("name", name).with("content", content)
    };
    let head = Element::new("head")
        .child(Element::new("meta").with("charset", "utf-8"))
        .child(meta("viewport", "width=device-width, initial-scale=1"))
        .child(meta("color-scheme", "light dark"))
        .child(Element::new("title").text(&title))
        // Nothing is loaded and nothing run, whatever a name in the results says.
        .child(
            Element::new("meta")
                .with("http-equiv", "Content-Security-Policy")
                .with("content", "default-src 'none'; style-src 'unsafe-inline'"),
        )
        .child(Element::new("style").style_sheet(PICTURE_CSS).style_sheet(PAGE_CSS));
    let sections = figures(results).iter().filter_map(Figure::section).collect::<Vec<_>>();
    let main = Element::new("main")
        .child(Element::new("h1").text(&title))
        .child(opening::section(results))
        .children(sections)
        .child(environment::section(results));
    let html = Element::new("html").with("lang", "en").child(head).child(Element::new("body").child(main));
    format!("<!doctype html>\n{}\n", html.render())
}

/// A picture that stands alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its file name: `ratio-p50.svg`.
    pub name: String,
    /// The SVG.
    pub text: String,
}

/// All pictures of the report, each as a file of its own.
pub fn pictures(results: &Results) -> Vec<Picture> {
    let figures = figures(results);
    let panels = figures.iter().flat_map(|figure| &figure.panels);
    panels
        .map(|panel| Picture {
            name: format!("{}.svg", panel.id()),
            text: panel.svg(Some(PICTURE_CSS)).render() + "\n",
        })
        .collect()
}

/// In the order of the page: what the rounds say, what was measured beside them, and the noise.
fn figures(results: &Results) -> Vec<Figure> {
    let beside = vec![
        ladder::figure(results),
        load::figure(results),
        round_trip::figure(results),
        attribution::figure(results),
        blast::figure(results),
        scale_out::figure(results),
        demand_step::figure(results),
        rolling_release::figure(results),
    ];
    if results.has_no_rounds() {
        return beside;
    }
    let mut figures = vec![
        ratios::figure(results),
        spectrum::figure(results),
        stacks::cpu(results),
        strips::capacity(results),
        stacks::memory(results),
        strips::settled(results),
        strips::start(results),
        break_even::figure(results),
    ];
    figures.extend(beside);
    figures.push(blocks::figure(results));
    figures
}

#[cfg(test)]
mod tests;
