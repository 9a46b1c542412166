//! What more processes buy, as lines of text.

use super::Text;
use crate::results::Results;
use crate::scale_out::ScaleOut;

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
    for grown in &scale_out.growths {
        for (journey, cells) in &scale_out.series.journeys {
            let capacity = |label: &str| Text::number(cells.get(label).and_then(|cell| cell.capacity_rps), 0);
            let ratios = scale_out.ratios(grown, journey);
            rows.push(vec![
                Text::plain(&grown.to),
                Text::plain(journey),
                capacity(&grown.from),
                capacity(&grown.to),
                Text::ratio(ratios.capacity),
                Text::ratio(ratios.p50),
                Text::ratio(ratios.cpu),
                Text::ratio(scale_out.memory_ratio(grown)),
            ]);
        }
    }
    rows
}

/// What the columns mean, and what so few processors allow.
pub(super) fn legend(results: &Results) -> String {
    format!("more processes: beside the same without them, paired by round; {}", processors(results))
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
