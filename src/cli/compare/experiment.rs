//! What can be measured, by name.

use clap::ValueEnum;
use cleave_compare::Settings as Plan;

/// Something that `compare` finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Experiment {
    /// How long requests take at a low rate
    Latency,
    /// How many requests a second are answered when all connections are busy
    Capacity,
    /// CPU time a request, and memory
    Cost,
    /// How long a topology takes to start
    Startup,
    /// What goes on while a process is killed, paused, restarted
    Blast,
    /// Which factor adds how much, from plain sockets to a process for every module
    Ladder,
}

impl Experiment {
    /// Those that are figures of the same rounds.
    const OF_ROUNDS: [Self; 4] = [Self::Latency, Self::Capacity, Self::Cost, Self::Startup];

    /// The plan with these and nothing else.
    pub(super) fn only(chosen: &[Self], plan: Plan) -> Plan {
        let any = |wanted: &[Self]| wanted.iter().any(|experiment| chosen.contains(experiment));
        let seconds = |wanted: &[Self], seconds: f64| if any(wanted) { seconds } else { 0.0 };
        let paced_seconds = seconds(&[Self::Latency, Self::Cost], plan.paced_seconds);
        let capacity_seconds = seconds(&[Self::Capacity], plan.capacity_seconds);
        let warm_up_seconds = if paced_seconds + capacity_seconds > 0.0 { plan.warm_up_seconds } else { 0.0 };
        let has_rounds = any(&Self::OF_ROUNDS);
        Plan {
            rounds_most: if has_rounds { plan.rounds_most } else { 0 },
            budget_seconds: if has_rounds { plan.budget_seconds } else { 0.0 },
            warm_up_seconds,
            paced_seconds,
            capacity_seconds,
            blast: any(&[Self::Blast]).then(|| plan.blast.clone().unwrap_or_default()),
            ladder: any(&[Self::Ladder]).then(|| plan.ladder.unwrap_or_else(Plan::ladder_of_few_rounds)),
            ..plan
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_chosen_takes_no_time() {
        let plan = Experiment::only(&[Experiment::Latency], Plan::standard(1));
        assert_eq!((plan.capacity_seconds, plan.blast.as_ref()), (0.0, None));
        assert!(plan.paced_seconds > 0.0 && plan.rounds_most > 0);
        let plan = Experiment::only(&[Experiment::Blast], Plan::quick(1));
        assert_eq!((plan.rounds_most, plan.budget_seconds), (0, 0.0));
        assert!(plan.blast.is_some() && plan.ladder.is_none());
        let plan = Experiment::only(&[Experiment::Ladder], Plan::quick(1));
        assert!(plan.ladder.is_some(), "whoever asks for it gets it, whatever the plan");
        let plan = Experiment::only(&[Experiment::Startup], Plan::quick(1));
        assert_eq!(plan.warm_up_seconds + plan.paced_seconds + plan.capacity_seconds, 0.0);
        assert!(plan.rounds_most > 0);
    }
}
