//! Blast radius: what goes on while a process is gone, one picture a topology.

use super::figure::{Figure, Table};
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting, width};
use crate::blast::{BlastRadius, Damage, Extent, Strike};
use crate::results::Results;

/// The width of the names of faults.
const NAMES: f64 = 64.0;
/// The height of a row in which nothing happened to anybody, and of one that says what did.
const CALM_ROW: f64 = 17.0;
const ROW: f64 = 44.0;

pub(super) fn figure(results: &Results) -> Figure {
    let nothing = BlastRadius::default();
    let blast = results.blast_radius.as_ref().unwrap_or(&nothing);
    let trials = |topology: &String| blast.topologies.get(topology).filter(|trials| !trials.is_empty());
    let panels = results.topologies.iter().enumerate().filter_map(|(number, topology)| {
        Some(panel(&format!("blast-{}", number + 1), topology, trials(topology)?, &results.journey_order))
    });
    let rows = results.topologies.iter().flat_map(|topology| {
        let strikes = trials(topology).into_iter().flatten();
        strikes.flat_map(move |strike| rows(topology, strike, &results.journey_order))
    });
    Figure {
        id: "blast",
        heading: "Blast radius",
        see: format!(
            "One trial a row: a process is killed, paused for {:.1} s, or asked to stop; whoever is gone is started again; meanwhile visitors of all journeys come. A cell says \
             what became of a journey (where it is empty, nothing: it was unaffected), which share of those who came after the fault got no right answer within {:.0} s, and how long \
             it took until everybody did. A row that is dark from end to end is a process that everything needs.",
            blast.settings.pause_seconds, blast.settings.patience_seconds
        ),
        caution: "One trial each, so a share is of a few dozen visitors and a time says its order of magnitude. Processes are started again within \
                  moments on this machine; on others an image may have to be fetched first. A machine or a network that fails takes several \
                  processes with it.",
        panels: panels.collect(),
        table: Table {
            head: vec![
                "topology",
                "process",
                "it is",
                "journey",
                "extent",
                "asked",
                "no answer",
                "slow",
                "longest ms",
                "well after ms",
            ],
            names: 5,
            rows: rows.collect(),
        },
    }
}

fn panel(id: &str, topology: &str, strikes: &[Strike], journeys: &[String]) -> Panel {
    let count = |extent| {
        let cells = strikes.iter().flat_map(|strike| strike.journeys.values());
        cells.filter(|damage| damage.extent == extent).count()
    };
    let description = format!(
        "Of {} journeys in {} trials {} were unaffected, {} degraded and {} down.",
        journeys.len(),
        strikes.len(),
        count(Extent::Unaffected),
        count(Extent::Degraded),
        count(Extent::Down)
    );
    let mut panel = Panel::new(id, format!("{topology}: what goes on without …"), description);
    let column = (WIDTH - NAMES) / journeys.len().max(1) as f64;
    let left = |number: usize| NAMES + column * number as f64;
    for (number, journey) in journeys.iter().enumerate() {
        for (line, words) in in_two_lines(journey, column - 4.0).iter().enumerate() {
            let y = TOP + LINE * 0.8 * line as f64;
            panel.text(left(number) + 2.0, y, fitting(words, column - 4.0), "strong", Anchor::Start);
        }
    }
    let mut y = TOP + LINE;
    let mut of_last = None;
    for strike in strikes {
        if of_last.replace(&strike.service) != Some(&strike.service) {
            y += LINE;
            panel.text(0.0, y, fitting(&strike.service, WIDTH), "strong", Anchor::Start);
            y += 5.0;
        }
        let is_calm = strike.journeys.values().all(|damage| damage.extent == Extent::Unaffected);
        let height = if is_calm { CALM_ROW } else { ROW };
        panel.text(0.0, y + 12.0, strike.fault.name(), "small", Anchor::Start);
        for (number, journey) in journeys.iter().enumerate() {
            let Some(damage) = strike.journeys.get(journey) else { continue };
            let area =
                Area { left: left(number), right: left(number + 1) - 2.0, top: y, bottom: y + height - 2.0 };
            cell(&mut panel, area, damage);
        }
        y += height;
    }
    panel.end_at(y + LINE / 2.0);
    panel
}

/// A name that is too wide for one line, broken at its first hyphen or space.
fn in_two_lines(name: &str, most: f64) -> Vec<&str> {
    match name.find(['-', ' ']) {
        Some(end) if width(name) > most => {
            let (first, second) = name.split_at(end + 1);
            vec![first.trim_end(), second]
        }
        _ => vec![name],
    }
}

fn cell(panel: &mut Panel, area: Area, damage: &Damage) {
    let name = damage.extent.name();
    panel.rect(area, &format!("extent {name}"));
    if damage.extent == Extent::Unaffected {
        return;
    }
    let class = if damage.extent == Extent::Down { "on-part" } else { "small" };
    let (x, most) = (area.left + 3.0, area.right - area.left - 4.0);
    for (line, words) in [name.to_owned(), damage.share(), damage.well_after()].iter().enumerate() {
        panel.text(
            x,
            13.0f64.mul_add(line as f64, area.top + 11.0),
            fitting(words, most),
            class,
            Anchor::Start,
        );
    }
}

fn rows(topology: &str, strike: &Strike, journeys: &[String]) -> Vec<Vec<String>> {
    let row = |journey: &String| {
        let damage = strike.journeys.get(journey)?;
        Some(vec![
            topology.to_owned(),
            strike.service.clone(),
            strike.fault.name().to_owned(),
            journey.clone(),
            damage.extent.name().to_owned(),
            damage.requests.to_string(),
            damage.failed.to_string(),
            damage.slow.to_string(),
            format!("{:.0}", damage.longest_ms),
            damage.recovered_ms.map_or_else(|| "not seen".to_owned(), |ms| format!("{ms:.0}")),
        ])
    };
    journeys.iter().filter_map(row).collect()
}
