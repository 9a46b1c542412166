//! The demand step as lines of text.

use super::Text;
use crate::demand_step::{Beside, DemandStep, DemandStepSettings};
use crate::statistics::median;

/// A row a deployment and journey.
pub(super) fn rows(step: &DemandStep) -> Vec<Vec<Text>> {
    let header = ["demand step", "journey", "p99 before ms", "holds again after ms", "longest ms", "failed"];
    let mut rows = vec![header.map(Text::plain).into()];
    for label in &step.labels {
        for journey in step.journeys() {
            let trials = || step.of(label, journey).map(|trial| &trial.level);
            let failed = trials().map(|level| level.failed).sum::<u64>();
            let requests = trials().map(|level| level.requests).sum::<u64>();
            rows.push(vec![
                Text::plain(label),
                Text::plain(journey),
                Text::number(median(trials().filter_map(|level| level.p99_before_ms)), 1),
                holds_again(step, label, journey),
                Text::number(trials().filter_map(|level| level.longest_ms).reduce(f64::max), 0),
                if requests > 0 {
                    Text::plain(format!("{failed} of {requests}"))
                } else {
                    Text::number(None, 0)
                },
            ]);
        }
    }
    rows
}

/// Dim where the control allows no conclusion.
fn holds_again(step: &DemandStep, label: &str, journey: &str) -> Text {
    let Some(ms) = step.holds_again(label, journey) else { return Text::number(None, 0) };
    let dim = matches!(step.beside(label, journey), Some(Beside::NotTold | Beside::Withheld));
    Text { dim, ..Text::plain(ms) }
}

/// What was done, when the service level holds, and how much counts for nothing.
pub(crate) fn legend(step: &DemandStep) -> String {
    let DemandStepSettings { rate_per_second, factor, window_ms, bound_ms, bound_factor, .. } =
        &step.settings;
    let void = step.trials.iter().filter(|trial| trial.void).count();
    let void = match void {
        0 => String::new(),
        void => format!(
            "; {void} of {} trials count for nothing, because the load generator was late in them",
            step.trials.len()
        ),
    };
    let trust = match &step.twin_of {
        Some(twin_of) => format!(
            "{twin_of} met it twice, and what does not lie beyond all of its trials is dim and tells no difference"
        ),
        None => "nothing met it twice, so no conclusion is drawn".to_owned(),
    };
    format!(
        "demand step: from {rate_per_second:.0} to {:.0} requests a second at once; the service level holds where the p99 of a window of \
         {window_ms:.0} ms is at most {bound_ms:.0} ms, or {bound_factor:.0} times the p99 before, and no more than one in a hundred fails; one \
         figure a trial{void}; {trust}",
        rate_per_second * factor
    )
}
