//! What can be measured, by name.

use clap::ValueEnum;
use cleave_compare::{ScaleSettings, Settings as Plan};

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
    /// What more processes buy
    Scale,
    /// Which factor adds how much, from plain sockets to a process for every module
    Ladder,
    /// Latency at rising rates, and the highest rate that holds an objective
    Load,
    /// How latencies grow with the round-trip time between processes
    RoundTrip,
    /// Where a request's time goes
    Attribution,
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
            scale: any(&[Self::Scale]).then(|| ScaleSettings::of(&plan)),
            blast: any(&[Self::Blast]).then(|| plan.blast.clone().unwrap_or_default()),
            ladder: any(&[Self::Ladder]).then(|| plan.ladder.unwrap_or_else(Plan::ladder_of_few_rounds)),
            load: any(&[Self::Load]).then(|| plan.load.clone().unwrap_or_default()),
            round_trip: any(&[Self::RoundTrip]).then(|| plan.round_trip.clone().unwrap_or_default()),
            attribution: any(&[Self::Attribution]).then(|| plan.attribution.unwrap_or_default()),
            ..plan
        }
    }
}

/// Rates as they stand on the command line: rising, separated by commas.
pub(super) fn parse_rates(text: &str) -> Result<Vec<f64>, String> {
    let rates = text.split(',').map(|rate| rate.trim().parse::<f64>().ok()).collect::<Option<Vec<_>>>();
    let rates = rates.filter(|rates| {
        rates.iter().all(|rate| (MOST_SELDOM..=MOST_OFTEN).contains(rate))
            && rates.is_sorted_by(|low, high| low < high)
    });
    rates.ok_or_else(|| {
        format!(
            "rates are requests a second, rising, each from {MOST_SELDOM} to {MOST_OFTEN}, separated by commas, such as 500,1000,2000"
        )
    })
}

/// Fewer requests a second than this say nothing about a p99 within any patience.
const MOST_SELDOM: f64 = 10.0;
/// More than this no generator on one processor sends.
const MOST_OFTEN: f64 = 1_000_000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_chosen_takes_no_time() {
        let plan = Experiment::only(&[Experiment::Latency], Plan::standard(1));
        assert_eq!((plan.capacity_seconds, plan.blast.as_ref(), plan.load.as_ref()), (0.0, None, None));
        assert!(plan.paced_seconds > 0.0 && plan.rounds_most > 0);
        let plan = Experiment::only(&[Experiment::Blast], Plan::quick(1));
        assert_eq!((plan.rounds_most, plan.budget_seconds), (0, 0.0));
        assert!(plan.blast.is_some() && plan.attribution.is_none() && plan.ladder.is_none());
        let plan = Experiment::only(&[Experiment::Scale], Plan::quick(1));
        assert!(plan.blast.is_none() && plan.rounds_most == 0);
        assert!(
            plan.scale.is_some_and(|scale| scale.series.phases.paced_seconds > 0.0),
            "it has phases of its own"
        );
        let plan = Experiment::only(&[Experiment::Ladder], Plan::quick(1));
        assert!(plan.ladder.is_some(), "whoever asks for it gets it, whatever the plan");
        let plan = Experiment::only(&[Experiment::Startup], Plan::quick(1));
        assert!(plan.warm_up_seconds + plan.paced_seconds + plan.capacity_seconds < f64::EPSILON);
        assert!(plan.rounds_most > 0);
    }

    #[test]
    fn rates_rise_and_are_numbers_that_can_be_sent() {
        assert_eq!(parse_rates("500, 1000,2000.5"), Ok(vec![500.0, 1_000.0, 2_000.5]));
        for wrong in ["", "500,500", "1000,500", "-5", "0", "nan", "inf", "1e12", "many", "500,,1000"] {
            let error = parse_rates(wrong).expect_err(wrong);
            assert!(error.contains("500,1000,2000"), "{error}");
        }
    }
}
