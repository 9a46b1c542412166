//! Rolling releases as lines of text.

use super::Text;
use crate::rolling_release::{RollingReleaseSettings, RollingReleases};
use crate::statistics::median;

/// A row a deployment.
pub(super) fn rows(rolling: &RollingReleases) -> Vec<Vec<Text>> {
    let header = [
        "rolling release",
        "processes",
        "ms a restart",
        "no answer",
        "of services with several",
        "of those with one",
        "whole",
    ];
    let mut rows = vec![header.map(Text::plain).into()];
    for label in &rolling.labels {
        let Some(release) = rolling.releases.get(label) else { continue };
        let (failed, requests) = release.failed_of();
        let lost = |several: bool| Text::number(release.failed_where(several).map(|lost| lost as f64), 0);
        rows.push(vec![
            Text::plain(label),
            Text::plain(release.restarts.len().to_string()),
            Text::number(median(release.restarts.iter().filter_map(|restart| restart.took_ms)), 0),
            Text::plain(format!("{failed} of {requests}")),
            lost(true),
            lost(false),
            Text::plain(if release.complete { "yes" } else { "no" }),
        ]);
    }
    rows
}

/// What was done.
pub(crate) fn legend(settings: &RollingReleaseSettings) -> String {
    format!(
        "rolling release: every process is asked to stop and started again, one after the other, while visitors come, {:.0} a second to read; \
         no answer: a wrong one, or none within {:.0} s",
        settings.rate_per_second, settings.patience_seconds
    )
}
