//! What the report opens with: the verdict in plain words, and how far to trust it.

use super::markup::Element;
use crate::quantity::{Claim, Quantity};
use crate::results::Results;
use crate::verdict;

/// The section at the top.
pub(super) fn section(results: &Results) -> Element {
    let list = |lines: Vec<String>| {
        Element::new("ul").children(lines.into_iter().map(|line| {
            let class =
                if line.contains("withheld") || line.contains("no conclusion") { "warning" } else { "plain" };
            Element::new("li").with("class", class).text(line)
        }))
    };
    Element::new("section")
        .with("class", "verdict")
        .with("aria-labelledby", "verdict-heading")
        .child(Element::new("h2").with("id", "verdict-heading").text("Verdict"))
        .children(
            headline(results).into_iter().map(|line| Element::new("p").with("class", "headline").text(line)),
        )
        .child(Element::new("h3").text("How far to trust it"))
        .child(list(verdict::trust(results)))
        .child(Element::new("h3").text("Journey by journey"))
        .child(list(verdict::verdict(results)))
}

/// The whole in a sentence a topology.
fn headline(results: &Results) -> Vec<String> {
    let others = results.topologies.iter().skip(1);
    let mut lines: Vec<String> = others.map(|topology| sentence(results, topology)).collect();
    if lines.is_empty() {
        lines.push(format!(
            "{} was measured alone: nothing is compared but itself and the floor.",
            results.baseline()
        ));
    }
    lines
}

fn sentence(results: &Results, topology: &str) -> String {
    let baseline = results.baseline();
    let all = results.journey_order.len();
    let with = |wanted: Claim| {
        let journeys = results.journey_order.iter();
        journeys.filter(move |journey| Claim::of(results, journey, topology, Quantity::P50) == wanted)
    };
    let p50 = |journey: &String| Some(results.ratios.get(journey)?.get(topology)?.p50?.value);
    let differing: Vec<f64> = with(Claim::Differs).filter_map(p50).collect();
    let withheld = with(Claim::Withheld).count();
    if withheld == all {
        return format!(
            "Nothing may be concluded about {topology}: in no journey does {baseline}, measured twice, agree with itself well enough."
        );
    }
    let mut parts = Vec::new();
    if let (Some(least), Some(most)) =
        (differing.iter().copied().reduce(f64::min), differing.iter().copied().reduce(f64::max))
    {
        let range = if (most - least).abs() < 0.005 {
            format!("{least:.2}")
        } else {
            format!("{least:.2} to {most:.2}")
        };
        parts.push(format!(
            "answers in {range} times the p50 of {baseline} in {} of {all} journeys",
            differing.len()
        ));
    }
    let equal = with(Claim::NotTold).count();
    if equal > 0 {
        parts.push(format!("cannot be told from {baseline} in {equal} of {all}"));
    }
    if withheld > 0 {
        parts.push(format!("allows no conclusion in {withheld} of {all}"));
    }
    format!("{topology} {}.", parts.join(", "))
}
