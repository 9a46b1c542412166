//! Latency against load as lines of text.

use super::Text;
use crate::load::LoadCurves;
use crate::results::Results;

/// A row a topology and rate.
pub(super) fn rows(results: &Results, load: &LoadCurves) -> Vec<Vec<Text>> {
    let head = ["under load", "topology", "requests/s", "p50 µs", "p99 µs", "CPU µs/req", "errors", "held"];
    let mut rows = vec![head.map(Text::plain).into()];
    for topology in &results.topologies {
        let levels = load.topologies.get(topology).map_or(&[][..], |curve| &curve.levels);
        for level in levels {
            rows.push(vec![
                Text::plain(&load.journey),
                Text::plain(topology),
                Text::number(Some(level.rate), 0),
                Text::number(level.p50_us, 0),
                Text::number(level.p99_us, 0),
                Text::number(level.cpu_us_per_request, 1),
                Text::plain(format!("{} of {}", level.errors, level.requests)),
                Text { text: format!("{} of {}", level.held, level.rounds), dim: level.held < level.rounds },
            ]);
        }
    }
    rows
}

/// What the columns mean.
pub(super) fn legend(load: &LoadCurves) -> String {
    let settings = &load.settings;
    format!(
        "under load: an open loop of {:.1} s a rate, in {} rounds; a rate holds where p99 is at most {} ms and at most {} % of the requests fail",
        settings.level_seconds,
        settings.rounds,
        settings.objective_p99_ms,
        settings.objective_error_share * 100.0
    )
}
