//! The blast radius as lines of text.

use super::Text;
use crate::blast::{BlastRadius, Damage, Extent};
use crate::results::Results;

/// A row a process and fault, a column a journey.
pub(super) fn rows(results: &Results, blast: &BlastRadius) -> Vec<Vec<Text>> {
    let names = ["topology", "process", "it is"].map(Text::plain).into_iter();
    let mut rows = vec![names.chain(results.journey_order.iter().map(Text::plain)).collect()];
    for topology in &results.topologies {
        for strike in blast.topologies.get(topology).into_iter().flatten() {
            let mut row = vec![Text::plain(topology), Text::plain(&strike.service)];
            row.push(Text::plain(strike.fault.name()));
            row.extend(results.journey_order.iter().map(|journey| cell(strike.journeys.get(journey))));
            rows.push(row);
        }
    }
    rows
}

fn cell(damage: Option<&Damage>) -> Text {
    let Some(damage) = damage else { return Text::number(None, 0) };
    let text = match damage.extent {
        Extent::Unaffected => damage.extent.name().to_owned(),
        _ => format!("{} {}", damage.extent.name(), damage.shown()),
    };
    Text { text, dim: damage.extent == Extent::Unaffected }
}

/// What the columns mean.
pub(super) fn legend(blast: &BlastRadius) -> String {
    let settings = &blast.settings;
    format!(
        "blast radius: a process is killed, paused for {:.1} s, or asked to stop, and started again, while visitors come, {:.0} a second to read; \
         the share of those after the fault who got no right answer within {:.0} s, and how long until all was well",
        settings.pause_seconds, settings.rate_per_second, settings.patience_seconds
    )
}
