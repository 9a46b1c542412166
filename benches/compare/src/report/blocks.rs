//! The noise: every block at its moment, one mark each.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Area, LINE, Panel, TOP, WIDTH};
use super::scale::Scale;
use super::subjects::{self, Subject};
use crate::results::Results;
use crate::statistics::median;

const HEIGHT: f64 = 130.0;

/// A subject and its blocks: minutes since the beginning, p50 in µs, whether the block is void.
struct Track<'a> {
    subject: Subject<'a>,
    blocks: Vec<(f64, f64, bool)>,
}

/// One picture a journey.
pub(super) fn figure(results: &Results) -> Figure {
    let (mut panels, mut rows) = (Vec::new(), Vec::new());
    for (number, journey) in results.journey_order.iter().enumerate() {
        let tracks = tracks(results, journey);
        rows.extend(tracks.iter().map(|track| row(journey, track)));
        panels.extend(panel(number, journey, &tracks));
    }
    Figure {
        id: "blocks",
        heading: "Blocks in time",
        see: "One mark a block: the p50 of one topology in one round, at the minute at which it was measured. A calm machine gives level \
              rows. Where all rise and fall together, the machine did, and pairing by round takes it out; a mark far from its row is \
              noise, which widens the intervals. A grey mark is void: the load generator itself was late."
            .to_owned(),
        caution: "Topologies follow each other in random order, so two marks side by side are not of the same moment. A trend is \
                  the machine's until it is seen again.",
        panels,
        table: Table {
            head: vec!["journey", "subject", "median of the blocks", "lowest", "highest", "blocks", "void"],
            names: 2,
            rows,
        },
    }
}

fn tracks<'a>(results: &'a Results, journey: &str) -> Vec<Track<'a>> {
    let blocks = |label: &str| {
        let blocks = results
            .blocks_of(journey, label)
            .filter_map(|(block, cell)| Some((block.began_seconds / 60.0, cell.p50_us?, cell.void)));
        blocks.collect::<Vec<_>>()
    };
    let everyone = subjects::all(results).into_iter();
    everyone
        .map(|subject| Track { blocks: blocks(subject.label), subject })
        .filter(|track| !track.blocks.is_empty())
        .collect()
}

fn panel(number: usize, journey: &str, tracks: &[Track<'_>]) -> Option<Panel> {
    let all = tracks.iter().flat_map(|track| track.blocks.iter().copied());
    all.clone().next()?;
    let description = tracks.iter().map(|track| {
        let p50 = |pick: fn(f64, f64) -> f64| {
            numbers::or_not(track.blocks.iter().map(|block| block.1).reduce(pick), numbers::latency)
        };
        format!(
            "{}: {} blocks, p50 from {} to {}.",
            track.subject.label,
            track.blocks.len(),
            p50(f64::min),
            p50(f64::max)
        )
    });
    let description = description.collect::<Vec<_>>().join(" ");
    let mut panel =
        Panel::new(format!("blocks-{}", number + 1), format!("{journey}: p50 of each block"), description);
    let area = Area { left: 52.0, right: WIDTH - 8.0, top: TOP, bottom: TOP + HEIGHT };
    let scale_x = Scale::from_zero(all.clone().map(|(minutes, ..)| minutes), (area.left, area.right));
    let scale_y = Scale::log(all.map(|(_, us, _)| us), (area.bottom, area.top));
    panel.axis_y(area, &scale_y, &scale_y.ticks(5, numbers::latency));
    panel.axis_x(area, &scale_x, &scale_x.ticks(6, numbers::short), "minutes since the run began");
    for Track { subject, blocks } in tracks {
        let level = median(blocks.iter().filter(|block| !block.2).map(|block| block.1));
        if let Some(y) = level.map(|us| scale_y.at(us)) {
            panel.line(
                (area.left, y),
                (area.right, y),
                &format!("level {} {}", subject.class, subject.stroke.class()),
            );
        }
        for (minutes, us, void) in blocks {
            let class = if *void { "unsure".to_owned() } else { subject.class.clone() };
            let subject = Subject { class, ..subject.clone() };
            panel.add(subject.mark(scale_x.at(*minutes), scale_y.at(*us), 3.6));
        }
    }
    let everyone: Vec<Subject<'_>> = tracks.iter().map(|track| track.subject.clone()).collect();
    let end = panel.legend(&everyone, area.bottom + 2.0 * LINE + 12.0);
    panel.end_at(end);
    Some(panel)
}

fn row(journey: &str, Track { subject, blocks }: &Track<'_>) -> Vec<String> {
    let valid = || blocks.iter().filter(|block| !block.2).map(|block| block.1);
    let show = |value: Option<f64>| numbers::or_not(value, numbers::latency);
    let void = blocks.iter().filter(|block| block.2).count();
    vec![
        journey.to_owned(),
        subject.label.to_owned(),
        show(median(valid())),
        show(valid().reduce(f64::min)),
        show(valid().reduce(f64::max)),
        blocks.len().to_string(),
        void.to_string(),
    ]
}
