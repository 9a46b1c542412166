//! What more processes buy, as lines of text.

use super::Text;
use crate::quantity::{Claim, Quantity};
use crate::results::Results;
use crate::scale_out::ScaleOut;
use crate::statistics::Ratio;

/// A row a deployment with more processes and journey.
pub(super) fn rows(scale_out: &ScaleOut) -> Vec<Vec<Text>> {
    let header = [
        "with more processes",
        "journey",
        "capacity/s before",
        "and with them",
        "capacity ratio",
        "p50 ratio",
        "CPU ratio",
        "PSS ratio",
    ];
    let mut rows = vec![header.map(Text::plain).into()];
    for grown in &scale_out.with_control() {
        for (journey, cells) in &scale_out.series.journeys {
            let capacity = |label: &str| Text::number(cells.get(label).and_then(|cell| cell.capacity_rps), 0);
            let (ratios, control) = (scale_out.ratios(grown, journey), scale_out.control(journey));
            let ratio = |quantity: Quantity| {
                let control = control.as_ref().and_then(|control| quantity.ratio(control));
                claimed(quantity.ratio(&ratios), control)
            };
            rows.push(vec![
                Text::plain(&grown.to),
                Text::plain(journey),
                capacity(&grown.from),
                capacity(&grown.to),
                ratio(Quantity::Capacity),
                ratio(Quantity::P50),
                ratio(Quantity::Cpu),
                claimed(scale_out.memory_ratio(grown), scale_out.memory_control()),
            ]);
        }
    }
    rows
}

/// Dim where the control allows no conclusion.
fn claimed(ratio: Option<Ratio>, control: Option<Ratio>) -> Text {
    let text = Text::ratio(ratio);
    Text { dim: text.dim || Claim::beside(control, ratio) != Claim::Differs, ..text }
}

/// What the columns mean, and what so few processors allow.
pub(super) fn legend(results: &Results) -> String {
    let trust = match results.scale_out.as_ref().and_then(|it| it.twin_of.as_ref()) {
        Some(twin_of) => format!(
            "{twin_of} was measured twice; what is dim does not stand out from what it differs by from itself"
        ),
        None => "nothing was measured twice, so no conclusion is drawn".to_owned(),
    };
    format!("more processes: beside the same without them, paired by round; {trust}; {}", processors(results))
}

/// What more processes can buy on as many processors as there were.
pub(crate) fn processors(results: &Results) -> String {
    match (results.cpu_sets.servers.len(), results.cpu_sets.shared) {
        (0, _) => "on however many processors the system gave them".to_owned(),
        (1, _) => {
            "on one processor, where more processes cannot answer more: it shows what they cost".to_owned()
        }
        (count, false) => format!("all on the same {count} processors"),
        (count, true) => {
            format!("all on the same {count} processors, one of which they share with the load generator")
        }
    }
}
