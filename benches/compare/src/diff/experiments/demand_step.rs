//! Whether the service level held again after a sudden demand: a few trials each, so that only how many is told.

use super::{Both, Found, Observation};
use crate::demand_step::DemandStep;

pub(super) fn found(both: Both<'_>) -> Option<Found> {
    both.compare(|results| results.demand_step.as_ref(), |measured| compare(both, measured))
}

fn compare(both: Both<'_>, measured: [&DemandStep; 2]) -> Found {
    let labels = measured.map(|step| step.deployments().cloned().collect::<Vec<_>>());
    let mut found = Found {
        notes: both.only_in_one("deployment", labels.each_ref().map(Vec::as_slice)),
        ..Found::default()
    };
    if measured[0].settings != measured[1].settings {
        found.notes.push("the step was not the same: nothing is compared".to_owned());
        return found;
    }
    for journey in measured[0].journeys().intersection(&measured[1].journeys()) {
        for label in labels[0].iter().filter(|label| labels[1].contains(label)) {
            let counts = measured.map(|step| {
                let held =
                    step.of(label, journey).filter(|trial| trial.level.holds_again_ms.is_some()).count();
                (held, step.of(label, journey).count())
            });
            let share = |(held, all): (usize, usize)| held as f64 / all.max(1) as f64;
            if counts[0] != counts[1] {
                let better = share(counts[1]).total_cmp(&share(counts[0]));
                found.observations.push(Observation {
                    place: format!("{journey}: {label}"),
                    seen: counts.map(|(held, all)| format!("the level held again in {held} of {all} trials")),
                    is_worse: better.is_ne().then(|| better.is_lt()),
                });
            }
        }
    }
    found
}
