//! The whole distribution of latencies: on an axis by nines, where the tail has as much room as the rest.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Area, LINE, Panel, TOP, WIDTH};
use super::scale::Scale;
use super::subjects::{self, Subject};
use crate::histogram::ENOUGH_BEYOND;
use crate::results::Results;

/// How many points a curve has.
const POINTS: usize = 160;
const HEIGHT: f64 = 190.0;
/// The quantiles of the table.
const TOLD: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 0.9999];

/// Latencies as they stand in the results: value and count, rising.
struct Latencies<'a> {
    recorded: &'a [(f64, u64)],
    count: u64,
}

/// One picture a journey.
pub(super) fn figure(results: &Results) -> Figure {
    let settings = &results.settings;
    Figure {
        id: "spectrum",
        heading: "Latency spectrum",
        see: format!(
            "Read upwards from a share: so many requests were answered within the latency of the curve. Each step to the right \
             is ten times rarer, so the tail is as visible as the middle. Open loop, about {:.0} requests a second where the journey \
             has no rate of its own, counted from the moment at which a request was due. Grey and thin is what fewer than {ENOUGH_BEYOND} requests lie beyond.",
            settings.paced_rate_per_second
        ),
        caution: "The grey ends are anecdotes: another run has others. All rounds are merged here, so one bad round shapes the \
                  tail; whether two curves differ is said by the ratios, which are paired by round.",
        panels: results.journey_order.iter().enumerate().filter_map(|it| panel(results, it)).collect(),
        table: table(results),
    }
}

fn panel(results: &Results, (number, journey): (usize, &String)) -> Option<Panel> {
    let curves: Vec<(Subject<'_>, Latencies<'_>)> = subjects::all(results)
        .into_iter()
        .filter_map(|subject| {
            let latencies = Latencies::of(results, journey, subject.label)?;
            Some((subject, latencies))
        })
        .collect();
    let samples = curves.iter().map(|(_, latencies)| latencies.count).max()?;
    let ends = curves.iter().flat_map(|(_, latencies)| [latencies.at(0.0), latencies.at(1.0)]);
    let area = Area { left: 52.0, right: WIDTH - 8.0, top: TOP, bottom: TOP + HEIGHT };
    let scale_x = Scale::nines(samples, (area.left, area.right));
    let scale_y = Scale::log(ends, (area.bottom, area.top));
    let description = curves.iter().map(|(subject, latencies)| {
        let (p50, p99) = (numbers::latency(latencies.at(0.5)), numbers::latency(latencies.at(0.99)));
        format!("{}: p50 {p50}, p99 {p99}.", subject.label)
    });
    let description = description.collect::<Vec<_>>().join(" ");
    let mut panel = Panel::new(
        format!("spectrum-{}", number + 1),
        format!("{journey}: latency by share of requests"),
        description,
    );
    panel.axis_y(area, &scale_y, &scale_y.ticks(7, numbers::latency));
    panel.axis_x(area, &scale_x, &scale_x.ticks(8, str_of_nothing), "share of requests answered within");
    for (subject, latencies) in curves.iter().rev() {
        let points = |from: f64, until: f64| {
            let shares = (0..=POINTS).map(|point| scale_x.share_at(point as f64 / POINTS as f64));
            let within = shares.filter(|share| (from..=until).contains(share)).chain([until]);
            within.map(|share| (scale_x.at(share), scale_y.at(latencies.at(share)))).collect::<Vec<_>>()
        };
        let (sure, last) = (latencies.share_with_beyond(ENOUGH_BEYOND), latencies.share_with_beyond(1));
        panel.polyline(&points(sure, last), "curve few");
        panel.polyline(&points(0.0, sure), &format!("curve {} {}", subject.class, subject.stroke.class()));
        for share in TOLD.into_iter().filter(|share| *share <= sure) {
            panel.add(subject.mark(scale_x.at(share), scale_y.at(latencies.at(share)), 3.2));
        }
    }
    let everyone: Vec<Subject<'_>> = curves.iter().map(|(subject, _)| subject.clone()).collect();
    let end = panel.legend(&everyone, area.bottom + 2.0 * LINE + 12.0);
    panel.end_at(end);
    Some(panel)
}

/// The scale by nines labels itself.
fn str_of_nothing(_value: f64) -> String {
    String::new()
}

impl<'a> Latencies<'a> {
    /// None where nothing was recorded.
    fn of(results: &'a Results, journey: &str, label: &str) -> Option<Self> {
        let recorded = results.histograms.get(journey)?.get(label)?;
        let count = recorded.iter().map(|(_, count)| count).sum();
        (count > 0).then_some(Self { recorded, count })
    }

    /// The latency in µs that this share of the requests does not exceed.
    fn at(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (us, count) in self.recorded {
            seen += count;
            if seen >= wanted {
                return *us;
            }
        }
        self.recorded.last().map_or(0.0, |(us, _)| *us)
    }

    /// The largest share that has so many requests beyond it.
    fn share_with_beyond(&self, beyond: u64) -> f64 {
        1.0 - (beyond as f64 / self.count as f64).min(1.0)
    }
}

fn table(results: &Results) -> Table {
    let mut rows = Vec::new();
    for journey in &results.journey_order {
        for subject in subjects::all(results) {
            let Some(latencies) = Latencies::of(results, journey, subject.label) else { continue };
            let told = TOLD.map(|share| {
                let is_sure = share <= latencies.share_with_beyond(ENOUGH_BEYOND) + 1e-9;
                match share <= latencies.share_with_beyond(1) + 1e-9 {
                    true if is_sure => numbers::latency(latencies.at(share)),
                    true => format!("({})", numbers::latency(latencies.at(share))),
                    false => "–".to_owned(),
                }
            });
            let mut row = vec![journey.clone(), subject.label.to_owned()];
            row.extend(told);
            row.push(numbers::short(latencies.count as f64));
            rows.push(row);
        }
    }
    let head = vec!["journey", "subject", "p50", "p90", "p99", "p99.9", "p99.99", "requests"];
    Table { head, names: 2, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_come_from_the_counts_and_end_where_samples_do() {
        let recorded = [(10.0, 50), (20.0, 40), (1000.0, 10)];
        let latencies = Latencies { recorded: &recorded, count: 100 };
        let told = [0.0, 0.5, 0.51, 0.9, 0.91, 1.0].map(|share| numbers::latency(latencies.at(share)));
        assert_eq!(told, ["10 µs", "10 µs", "20 µs", "20 µs", "1 ms", "1 ms"]);
        assert!((latencies.share_with_beyond(10) - 0.9).abs() < 1e-9);
    }
}
