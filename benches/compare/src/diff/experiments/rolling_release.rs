//! Whom a rolling release cost his answer: one release each, so that it is seen, and no more.

use super::{Both, Found, Observation};
use crate::rolling_release::{Release, RollingReleases};

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.rolling_release.as_ref(), |measured| compare(both, measured))
}

fn compare(both: Both<'_>, measured: [&RollingReleases; 2]) -> Found {
    let mut found =
        Found { notes: both.only_in_one("deployment", measured.map(|it| &*it.labels)), ..Found::default() };
    if measured[0].settings != measured[1].settings {
        found.notes.push("visitors were not the same: nothing is compared".to_owned());
        return found;
    }
    for label in &measured[0].labels {
        let [Some(before), Some(after)] = measured.map(|it| it.releases.get(label)) else { continue };
        let lost = [before, after].map(|release| release.failed_of().0);
        if (lost[0] == 0) != (lost[1] == 0) {
            found.observations.push(Observation {
                place: label.clone(),
                seen: [before, after].map(told),
                is_worse: Some(lost[1] > lost[0]),
            });
        }
    }
    found
}

fn told(release: &Release) -> String {
    let (lost, came) = release.failed_of();
    format!("{lost} of {came} visitors lost")
}
