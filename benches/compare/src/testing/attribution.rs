//! An attribution that nobody measured.

use crate::attribution::{
    Attribution, AttributionCell, AttributionRound, AttributionSettings, Sample, Segments, Ways,
};

/// The second topology has all that the first has, and calls between its processes: it takes `ratio` times as long.
pub(super) fn made_up(p50_us: f64, ratio: f64, journeys: &[&str]) -> Attribution {
    let cells = || {
        let cells = [("mono", 1.0), ("a | b", ratio)];
        cells
            .into_iter()
            .filter_map(|(label, factor)| Some((label.to_owned(), cell(p50_us, factor)?)))
            .collect()
    };
    let journeys = journeys.iter().map(|journey| ((*journey).to_owned(), cells())).collect();
    Attribution { settings: AttributionSettings::default(), journeys }
}

/// Five rounds that differ by a percent each.
fn cell(p50_us: f64, factor: f64) -> Option<AttributionCell> {
    let round = |number: u32| {
        let us = |share: f64| share * p50_us * (1.0 + 0.01 * f64::from(number));
        let segments = Segments {
            handler_us: us(0.1),
            database_us: us(0.4),
            pool_us: us(0.02),
            serialisation_us: us(0.1),
            framework_us: us(0.15),
            between_us: us(factor - 1.0),
            client_us: us(0.2),
            residual_us: us(0.03),
        };
        AttributionRound {
            requests: 300,
            errors: 0,
            segments,
            echo_us: us(0.15),
            ways: Some(Ways { in_us: us(0.08), out_us: us(0.12) }),
            timed_p50_us: segments.sum_us() * 1.01,
            plain_p50_us: Some(segments.sum_us()),
            samples: vec![Sample {
                sent_ns: 1_000_000_000,
                received_ns: 1_000_100_000,
                server_timing: "total;dur=0.08;begun=1000008000;told=1000088000, db;dur=0.08".to_owned(),
                echo_us: us(0.15),
            }],
        }
    };
    AttributionCell::of((0..5).map(round).collect())
}
