//! Break-even: how much work a handler has to do until what a split adds is a small share of it.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Area, LINE, Panel, TOP, WIDTH};
use super::scale::Scale;
use super::subjects::{self, Subject};
use crate::quantity::{Claim, Quantity};
use crate::results::Results;

const HEIGHT: f64 = 180.0;
/// What people mostly call small.
const SMALL_SHARE: f64 = 0.1;
/// How far the lines reach beyond the shortest and the longest request of the baseline.
const REACH: f64 = 30.0;

/// What a topology adds to a journey.
struct Addition<'a> {
    journey: Subject<'a>,
    /// The baseline's median: the work, with what a single process adds to it.
    work_us: f64,
    added_us: f64,
    claim: Claim,
}

impl Addition<'_> {
    fn share(&self) -> f64 {
        self.added_us / self.work_us
    }

    /// From how much work on it is small.
    fn small_from_us(&self) -> f64 {
        self.added_us / SMALL_SHARE
    }
}

pub(super) fn figure(results: &Results) -> Figure {
    let topologies = results.topologies.iter().skip(1).enumerate();
    let panels = topologies.filter_map(|(number, topology)| panel(results, number + 1, topology)).collect();
    let rows = results.topologies.iter().skip(1).flat_map(|topology| {
        added(results, topology).into_iter().map(|added| {
            vec![
                topology.clone(),
                added.journey.label.to_owned(),
                numbers::latency(added.work_us),
                numbers::latency(added.added_us),
                format!("{:.0} %", added.share() * 100.0),
                numbers::latency(added.small_from_us()),
                added.claim.words().to_owned(),
            ]
        })
    });
    Figure {
        id: "break-even",
        heading: "Break-even",
        see: format!(
            "Marks: how long {} needs for a journey, and by which share the other topology needs longer. A line goes on from there: the same \
             addition to handlers that do more work, or less. Where it meets the line across, the addition is a tenth of the work. What \
             takes ten times as long anyway pays a tenth of the share for being split.",
            results.baseline()
        ),
        caution: "A line holds as long as more work means neither more calls nor larger answers. A hollow mark is no conclusion, and so is its \
                  line. It is the time of requests that come alone; CPU time and capacity have another break-even.",
        panels,
        table: Table {
            head: vec!["topology", "journey", "work", "added", "share", "a tenth from", "the difference"],
            names: 2,
            rows: rows.collect(),
        },
    }
}

/// Journeys to which the topology adds anything that can be drawn.
fn added<'a>(results: &'a Results, topology: &str) -> Vec<Addition<'a>> {
    let p50_us = |journey: &str, label: &str| subjects::cell(results, journey, label)?.p50_us;
    let of = |(number, journey): (usize, &'a String)| {
        let work_us = p50_us(journey, results.baseline())?;
        let added_us = p50_us(journey, topology)? - work_us;
        let claim = Claim::of(results, journey, topology, Quantity::P50);
        let journey = subjects::subject(number, journey);
        (added_us > 0.0 && work_us > 0.0).then_some(Addition { journey, work_us, added_us, claim })
    };
    results.journey_order.iter().enumerate().filter_map(of).collect()
}

fn panel(results: &Results, number: usize, topology: &str) -> Option<Panel> {
    let all = added(results, topology);
    if all.is_empty() {
        return None;
    }
    let work = || all.iter().map(|added| added.work_us);
    let (shortest, longest) = (work().fold(f64::INFINITY, f64::min), work().fold(0.0, f64::max));
    let (from_us, until_us) = (shortest / REACH, longest * REACH);
    let description = all.iter().map(|added| {
        let (added_us, from) = (numbers::latency(added.added_us), numbers::latency(added.small_from_us()));
        format!("{}: {added_us} more, a tenth of the work from {from} on.", added.journey.label)
    });
    let mut panel = Panel::new(
        format!("break-even-{number}"),
        format!("{topology}: what it adds, as a share of the work"),
        description.collect::<Vec<_>>().join(" "),
    );
    let area = Area { left: 52.0, right: WIDTH - 10.0, top: TOP, bottom: TOP + HEIGHT };
    let shares = all.iter().flat_map(|added| [added.added_us / from_us, added.added_us / until_us]);
    let scale_x = Scale::log([from_us, until_us], (area.left, area.right));
    let scale_y = Scale::log(shares.chain([SMALL_SHARE]), (area.bottom, area.top));
    panel.axis_y(area, &scale_y, &scale_y.ticks(7, numbers::percent_share));
    panel.axis_x(area, &scale_x, &scale_x.ticks(7, numbers::latency), "work of a request, in one process");
    let small = [area.left, area.right].map(|x| (x, scale_y.at(SMALL_SHARE)));
    panel.polyline(&small, "curve few dashed");
    for added in all.iter().rev() {
        let ends = [from_us, until_us].map(|us| (scale_x.at(us), scale_y.at(added.added_us / us)));
        panel.polyline(&ends, &format!("curve {} {}", added.journey.class, added.journey.stroke.class()));
        let place = (scale_x.at(added.work_us), scale_y.at(added.share()));
        panel.add(added.journey.mark_filled(place.0, place.1, 4.0, added.claim == Claim::Differs));
    }
    let journeys = all.into_iter().map(|added| added.journey).collect::<Vec<_>>();
    let end = panel.legend(&journeys, area.bottom + 2.0 * LINE + 12.0);
    panel.end_at(end);
    Some(panel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MadeUp;

    #[test]
    fn twice_as_long_is_all_of_the_work_and_a_tenth_of_ten_times_as_much() {
        let results = MadeUp { ratio: 2.0, ..MadeUp::default() }.results();
        let added = added(&results, "a | b");
        assert_eq!(added.len(), 2);
        for one in &added {
            assert!((one.share() - 1.0).abs() < 0.1, "{}", one.share());
            assert!((one.small_from_us() / one.work_us - 10.0).abs() < 1.0);
        }
    }

    #[test]
    fn where_nothing_is_added_nothing_is_drawn() {
        let results = MadeUp { ratio: 0.8, ..MadeUp::default() }.results();
        assert!(figure(&results).panels.is_empty());
    }
}
