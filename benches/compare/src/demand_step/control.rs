//! What may be said of deployments that met the same step: what the first of them does when it meets it twice is no difference.

use super::DemandStep;
use crate::again;

/// How soon a deployment held the level again, beside the one that was measured twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Sooner,
    Later,
    /// Within what the other one differs by from itself.
    NotTold,
    /// There is no control, or there are too few trials for any conclusion.
    Withheld,
}

/// Chance alone may put all trials of one on one side of all trials of the other so often.
const LARGEST_CHANCE: f64 = 0.05;

impl DemandStep {
    /// The label of the twin, where there is one.
    pub(crate) fn twin(&self) -> Option<String> {
        self.twin_of.as_deref().map(again::label)
    }

    /// Those of the labels that are no twin.
    pub(crate) fn deployments(&self) -> impl Iterator<Item = &String> {
        let twin = self.twin();
        self.labels.iter().filter(move |label| Some(*label) != twin.as_ref())
    }

    /// What may be said of a deployment beside the one that was measured twice; none of these two themselves.
    ///
    /// It holds later where each of its trials held later than every trial of the two, and so many that chance would hardly make it so; a
    /// level that never held again did so last.
    pub(crate) fn beside(&self, label: &str, journey: &str) -> Option<Beside> {
        let (Some(twin_of), Some(twin)) = (&self.twin_of, self.twin()) else { return Some(Beside::Withheld) };
        if label == twin_of || label == twin {
            return None;
        }
        let [own, first, again] = [label, twin_of, &twin].map(|label| self.held_again(label, journey));
        if first.is_empty()
            || again.is_empty()
            || chance(own.len(), first.len() + again.len()) > LARGEST_CHANCE
        {
            return Some(Beside::Withheld);
        }
        let control = || first.iter().chain(&again);
        let all =
            |is_beyond: fn(&f64, &f64) -> bool| own.iter().all(|own| control().all(|it| is_beyond(own, it)));
        Some(match (all(|own, it| own > it), all(|own, it| own < it)) {
            (true, _) => Beside::Later,
            (_, true) => Beside::Sooner,
            _ => Beside::NotTold,
        })
    }

    /// Of each trial that counts, in ms; without end where that was not seen.
    fn held_again(&self, label: &str, journey: &str) -> Vec<f64> {
        let trials = self.of(label, journey);
        trials.map(|trial| trial.level.holds_again_ms.unwrap_or(f64::INFINITY)).collect()
    }
}

/// How often so many of as many as both lie all on one side of the others, if nothing but chance puts them there.
fn chance(some: usize, others: usize) -> f64 {
    let arrangements = (1..=some).fold(1.0, |all, number| all * (others + number) as f64 / number as f64);
    2.0 / arrangements
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand_step::{DemandStepSettings, ServiceLevel, StepTrial};

    const NEVER: f64 = f64::INFINITY;

    fn step(of_two: [f64; 3], of_first: [f64; 3], of_twin: &[f64]) -> DemandStep {
        let trials = |label: &'static str, held: &[f64]| {
            let trial = |ms: &f64| StepTrial {
                label: label.to_owned(),
                journey: "list".to_owned(),
                late: 0,
                void: false,
                level: ServiceLevel {
                    holds_again_ms: ms.is_finite().then_some(*ms),
                    ..ServiceLevel::of(&DemandStepSettings::default(), &[])
                },
            };
            held.iter().map(trial).collect::<Vec<_>>()
        };
        DemandStep {
            settings: DemandStepSettings::default(),
            labels: ["one", "two", "one (again)"].map(str::to_owned).to_vec(),
            twin_of: Some("one".to_owned()),
            trials: [trials("one", &of_first), trials("two", &of_two), trials("one (again)", of_twin)]
                .concat(),
        }
    }

    #[track_caller]
    fn is_told(step: &DemandStep, beside: Beside) {
        assert_eq!(step.beside("two", "list"), Some(beside));
    }

    #[test]
    fn a_difference_is_told_only_outside_of_what_the_first_differs_by_from_itself() {
        is_told(&step([300.0, 400.0, NEVER], [0.0, 100.0, 0.0], &[0.0, 0.0, 200.0]), Beside::Later);
        is_told(&step([300.0, 400.0, 500.0], [0.0, 100.0, 0.0], &[0.0, 0.0, 300.0]), Beside::NotTold);
        is_told(&step([0.0, 0.0, 0.0], [200.0, 300.0, NEVER], &[100.0, 400.0, 200.0]), Beside::Sooner);
        is_told(&step([NEVER; 3], [NEVER; 3], &[NEVER; 3]), Beside::NotTold);
    }

    #[test]
    fn without_a_control_or_with_too_few_trials_nothing_is_told() {
        let mut step = step([300.0; 3], [0.0; 3], &[0.0; 3]);
        step.trials[3].void = true;
        is_told(&step, Beside::Withheld);
        step.trials[3].void = false;
        is_told(&step, Beside::Later);
        assert_eq!((step.beside("one", "list"), step.beside("one (again)", "list")), (None, None));
        step.trials.truncate(6);
        is_told(&step, Beside::Withheld);
        step.twin_of = None;
        is_told(&step, Beside::Withheld);
    }
}
