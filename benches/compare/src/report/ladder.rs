//! The ladder as a waterfall: each rung begins where the one below ends.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting};
use super::scale::Scale;
use crate::ladder::{Gap, Ladder, QUANTITIES, Rung, Span};
use crate::quantity::{Claim, Quantity};
use crate::results::Results;
use crate::statistics::Estimate;

const BAR: f64 = 12.0;
/// A bar with its name above it.
const ROW: f64 = LINE + BAR + 4.0;
/// How thick the bar of a branch is.
const BRANCH: f64 = 5.0;
/// What is left for numbers above a bar.
const NUMBERS: f64 = 120.0;

/// A bar of the waterfall.
struct Bar<'a> {
    rung: &'a Rung,
    from: f64,
    to: f64,
    /// Where its end lies in 95 of 100 runs.
    end: Option<(f64, f64)>,
    shown: String,
    class: &'static str,
}

/// One picture a journey and figure.
pub(super) fn figure(results: &Results) -> Figure {
    let ladder = results.ladder.as_ref();
    let panels = ladder.iter().flat_map(|ladder| {
        let journeys = results.journey_order.iter().enumerate();
        journeys.flat_map(move |(number, journey)| {
            QUANTITIES.into_iter().filter_map(move |quantity| panel(ladder, number + 1, journey, quantity))
        })
    });
    Figure {
        id: "ladder",
        heading: "The ladder",
        see: ladder.map_or_else(String::new, see),
        caution: "A rung says what its factor adds here, in this order and to these journeys; in another order it may add more or less. \
                  Its rounds are few and its phases short, so a small step is rarely told. Where a step is negative, something was saved, \
                  such as waiting for a thread that does other work.",
        panels: panels.collect(),
        table: ladder.map_or_else(Table::default, |ladder| table(results, ladder)),
    }
}

fn see(ladder: &Ladder) -> String {
    let lacks =
        ladder.rungs.iter().filter_map(|rung| Some(format!(" {} {}.", rung.label, rung.lacks.as_ref()?)));
    let absent = ladder.absent.iter().map(|absent| format!(" {absent}."));
    format!(
        "Each rung differs from the one below it in one factor. Its bar begins where the one below ends, and ends where that factor takes \
         it, with the 95 % interval of the step; steps to the right are costs. A thin bar is a branch: it begins where the rung above it ends, \
         and no rung stands on it. A dashed bar cannot be told from the difference of {} with \
         itself. The last bar is the whole.{}",
        ladder.twin_of,
        lacks.chain(absent).collect::<String>()
    )
}

fn panel(ladder: &Ladder, number: usize, journey: &str, quantity: Quantity) -> Option<Panel> {
    let bars = bars(ladder, journey, quantity);
    let highest = bars.iter().rfind(|bar| !bar.rung.is_branch)?;
    let described = bars.iter().map(|bar| format!("{}: {}.", bar.rung.label, bar.shown));
    let id = format!("ladder-{}-{number}", quantity.key());
    let title = format!("{journey}: {} by rung", quantity.name());
    let mut panel = Panel::new(id, title, described.collect::<Vec<_>>().join(" "));
    let height = ROW * (bars.len() + 1) as f64;
    let area = Area { left: 0.0, right: WIDTH - 4.0, top: TOP - 6.0, bottom: TOP + height };
    let ends = bars.iter().flat_map(|bar| [bar.from, bar.to, bar.end.map_or(0.0, |(_, high)| high)]);
    let scale = Scale::from_zero(ends, (area.left, area.right));
    panel.axis_x(area, &scale, &scale.ticks(6, numbers::short), "µs per request");
    let mut y = TOP;
    for (place, bar) in bars.iter().enumerate() {
        let label = &bar.rung.label;
        let label = if bar.rung.is_branch { format!("↳ {label}") } else { label.clone() };
        row(&mut panel, &scale, y, &label, &bar.shown, bar);
        y += ROW;
        if !bar.rung.is_branch {
            let branches = bars[place + 1..].iter().take_while(|bar| bar.rung.is_branch).count();
            let x = scale.at(bar.to);
            panel.line((x, y - 4.0), (x, y + ROW * branches as f64 + LINE), "grid");
        }
    }
    let label = format!("{} as a whole", highest.rung.label);
    let whole = Bar { from: 0.0, end: None, shown: String::new(), class: "ground", ..*highest };
    row(&mut panel, &scale, y, &label, &format!("{} µs", numbers::short(highest.to)), &whole);
    panel.end_at(area.bottom + 13.0 + LINE + 6.0);
    Some(panel)
}

fn row(panel: &mut Panel, scale: &Scale, y: f64, label: &str, shown: &str, bar: &Bar<'_>) {
    panel.text(0.0, y + 11.0, fitting(label, WIDTH - NUMBERS), "small", Anchor::Start);
    let class = if bar.class == "untold" { "faint" } else { "strong" };
    panel.text(WIDTH - 4.0, y + 11.0, shown, class, Anchor::End);
    let (left, right) = (bar.from.min(bar.to), bar.from.max(bar.to));
    let top = y + LINE;
    // A step of next to nothing is seen all the same.
    let right = scale.at(right).max(scale.at(left) + 1.0);
    let thickness = if bar.rung.is_branch { BRANCH } else { BAR };
    panel.rect(Area { left: scale.at(left), right, top, bottom: top + thickness }, bar.class);
    if let Some((low, high)) = bar.end {
        let middle = top + thickness / 2.0;
        panel.line((scale.at(low), middle), (scale.at(high), middle), "whisker");
        for end in [low, high] {
            panel.line((scale.at(end), middle - 3.0), (scale.at(end), middle + 3.0), "whisker");
        }
    }
}

/// The rungs, each from where that ended on which it stands; branches follow what they stand on.
fn bars<'a>(ladder: &'a Ladder, journey: &'a str, quantity: Quantity) -> Vec<Bar<'a>> {
    let is_on = |branch: &Rung, rung: &Rung| branch.is_branch && branch.on.as_ref() == Some(&rung.label);
    let mut bars: Vec<Bar<'a>> = Vec::new();
    let mut below: Option<f64> = None;
    for rung in ladder.chain(journey) {
        let gap_of = |rung: &Rung| ladder.step(journey, &rung.label)?.gap(quantity);
        let bar = match (below, gap_of(rung)) {
            (Some(below), Some(gap)) => step(ladder, journey, quantity, rung, below, gap),
            // Where nothing can be said of a step, the next one begins anew.
            _ => match ladder.estimate(journey, &rung.label, quantity) {
                Some(level) => ground(rung, level),
                None => continue,
            },
        };
        let end = bar.to;
        below = Some(end);
        bars.push(bar);
        let branches = ladder.answering(journey).filter(|branch| is_on(branch, rung));
        bars.extend(
            branches.filter_map(|branch| Some(step(ladder, journey, quantity, branch, end, gap_of(branch)?))),
        );
    }
    bars
}

fn ground(rung: &Rung, Estimate { value, low, high }: Estimate) -> Bar<'_> {
    let shown = format!("{} µs", numbers::short(value));
    Bar { rung, from: 0.0, to: value, end: Some((low.max(0.0), high)), shown, class: "ground" }
}

fn step<'a>(
    ladder: &Ladder,
    journey: &str,
    quantity: Quantity,
    rung: &'a Rung,
    from: f64,
    gap: Gap,
) -> Bar<'a> {
    let Estimate { value, low, high } = gap.us;
    let class = match ladder.claim(journey, quantity, Some(gap)) {
        Claim::Differs if value < 0.0 => "fall",
        Claim::Differs => "rise",
        Claim::NotTold | Claim::Withheld => "untold",
    };
    let end = Some(((from + low).max(0.0), (from + high).max(0.0)));
    let sign = if value < 0.0 { "−" } else { "+" };
    let shown = format!("{sign}{} µs", numbers::short(value.abs()));
    Bar { rung, from, to: (from + value).max(0.0), end, shown, class }
}

fn table(results: &Results, ladder: &Ladder) -> Table {
    let mut rows = Vec::new();
    for journey in &results.journey_order {
        for rung in ladder.answering(journey) {
            let beside = rung.on.as_deref().unwrap_or("–");
            let span = ladder.step(journey, &rung.label);
            let names = [
                journey.as_str(),
                rung.label.as_str(),
                rung.adds.as_str(),
                if span.is_some() { beside } else { "–" },
            ];
            rows.push(line(ladder, names, Some(&rung.label), span.as_ref()));
        }
        let chain = ladder.chain(journey).collect::<Vec<_>>();
        if let (Some(whole), [lowest, .., highest]) = (ladder.whole.get(journey), &chain[..]) {
            let sums = QUANTITIES.map(|quantity| {
                let together = ladder.together(journey, quantity).map(numbers::short);
                format!("{} {}", quantity.name(), together.unwrap_or_else(|| "not measured".to_owned()))
            });
            let adds = format!("all steps, which add up to (µs): {}", sums.join(", "));
            let names = [journey.as_str(), highest.label.as_str(), adds.as_str(), lowest.label.as_str()];
            rows.push(line(ladder, names, None, Some(whole)));
        }
        for cost in &ladder.costs {
            let names = [journey.as_str(), cost.to.as_str(), cost.name.as_str(), cost.from.as_str()];
            rows.extend(cost.journeys.get(journey).map(|span| line(ladder, names, None, Some(span))));
        }
    }
    let head = vec![
        "journey",
        "rung",
        "adds",
        "beside",
        "p50 µs",
        "more µs",
        "times",
        "conclusion",
        "CPU µs a request",
        "more µs",
        "times",
        "conclusion",
    ];
    Table { head, names: 4, rows }
}

fn line(ladder: &Ladder, names: [&str; 4], rung: Option<&str>, span: Option<&Span>) -> Vec<String> {
    let journey = names[0];
    let mut line = names.map(str::to_owned).to_vec();
    for quantity in QUANTITIES {
        let level = rung.map(|rung| numbers::or_not(ladder.level(journey, rung, quantity), numbers::short));
        line.push(level.unwrap_or_else(|| "–".to_owned()));
        let Some(span) = span else {
            line.extend(["–"; 3].map(str::to_owned));
            continue;
        };
        let gap = span.gap(quantity);
        let us = |gap: Gap| {
            let [value, low, high] = [gap.us.value, gap.us.low, gap.us.high].map(numbers::short);
            format!("{value} [{low}, {high}]")
        };
        let missing = || "not measured".to_owned();
        line.push(gap.map_or_else(missing, us));
        line.push(gap.map_or_else(missing, |gap| numbers::interval(gap.ratio)));
        line.push(ladder.claim(journey, quantity, gap).words().to_owned());
    }
    line
}
