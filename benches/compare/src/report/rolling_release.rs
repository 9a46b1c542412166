//! Rolling releases: whom each restart cost an answer, one picture a deployment.

use super::figure::{Figure, Table};
use super::numbers;
use super::panel::{Anchor, Area, LINE, Panel, TOP, WIDTH, fitting};
use super::scale::Scale;
use crate::render::rolling_release::legend;
use crate::results::Results;
use crate::rolling_release::{Release, Restarted};

/// The width of the names of processes, and the height of a row.
const NAMES: f64 = 150.0;
const ROW: f64 = 18.0;
/// Where bars end and figures begin.
const BARS_END: f64 = 300.0;

pub(super) fn figure(results: &Results) -> Figure {
    let rolling = results.rolling_release.as_ref();
    let releases = || {
        let labels =
            rolling.into_iter().flat_map(|rolling| rolling.labels.iter().map(move |it| (rolling, it)));
        labels.filter_map(|(rolling, label)| Some((label.as_str(), rolling.releases.get(label)?)))
    };
    let panels = releases().enumerate();
    let what = rolling.map(|rolling| legend(&rolling.settings)).unwrap_or_default();
    Figure {
        id: "rolling-release",
        heading: "A rolling release",
        see: format!(
            "One restart a row, from top to bottom as they were made; × 2 says that the service has two processes. A bar is the visitors of all journeys \
             who got no answer meanwhile. Where another process of the service goes on, none should be lost. {what}"
        ),
        caution: "One release each, and a few dozen visitors a restart: none lost is not never. The same program is started again, so no change \
                  of tables or contracts is in it. On one machine only one process can open the public port; a cluster has several behind a balancer.",
        panels: panels.filter_map(|(number, (label, release))| panel(number, label, release)).collect(),
        table: Table {
            head: vec![
                "subject",
                "service",
                "processes",
                "there again after ms",
                "visitors",
                "no answer",
                "longest ms",
            ],
            names: 2,
            rows: releases().flat_map(|(label, release)| rows(label, release)).collect(),
        },
    }
}

fn name(restart: &Restarted) -> String {
    match restart.replicas {
        1 => restart.service.clone(),
        replicas => format!("{} (× {replicas})", restart.service),
    }
}

fn panel(number: usize, label: &str, release: &Release) -> Option<Panel> {
    if release.restarts.is_empty() {
        return None;
    }
    let (failed, requests) = release.failed_of();
    let told = release.restarts.iter().filter(|restart| restart.visitors.failed > 0);
    let told = told.map(|restart| format!("{}: {}.", name(restart), restart.visitors.failed));
    let whole = if release.complete { "" } else { " The release did not come to its end." };
    let description = format!(
        "{failed} of {requests} visitors got no answer.{whole} {}",
        told.collect::<Vec<_>>().join(" ")
    );
    let id = format!("rolling-release-{}", number + 1);
    let mut panel = Panel::new(id, format!("{label}: {failed} of {requests} lost"), description.trim_end());
    let height = ROW * release.restarts.len() as f64;
    let area = Area { left: NAMES, right: BARS_END, top: TOP - 6.0, bottom: TOP + height };
    let lost = release.restarts.iter().map(|restart| restart.visitors.failed as f64);
    let scale = Scale::from_zero(lost, (area.left, area.right));
    panel.line((area.left, area.top), (area.left, area.bottom), "axis");
    let mut y = TOP;
    for restart in &release.restarts {
        panel.text(0.0, y + 10.0, fitting(&name(restart), NAMES - 6.0), "small", Anchor::Start);
        let failed = restart.visitors.failed;
        if failed > 0 {
            let bar = Area { left: area.left, right: scale.at(failed as f64), top: y, bottom: y + ROW - 5.0 };
            panel.rect(bar, "extent down");
        }
        let class = if failed > 0 { "strong" } else { "faint" };
        panel.text(WIDTH, y + 10.0, format!("{failed} of {}", restart.visitors.requests), class, Anchor::End);
        y += ROW;
    }
    panel.end_at(y + LINE / 2.0);
    Some(panel)
}

fn rows(label: &str, release: &Release) -> Vec<Vec<String>> {
    let row = |restart: &Restarted| {
        vec![
            label.to_owned(),
            restart.service.clone(),
            restart.replicas.to_string(),
            restart.took_ms.map_or_else(|| "not seen".to_owned(), numbers::short),
            restart.visitors.requests.to_string(),
            restart.visitors.failed.to_string(),
            numbers::or_not(restart.visitors.longest_ms, numbers::short),
        ]
    };
    release.restarts.iter().map(row).collect()
}
