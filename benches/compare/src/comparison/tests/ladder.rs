//! The ladder beside the rounds.

use super::*;
use crate::ladder::{Absent, CostPlan, RungPlan};
use crate::series::SeriesSettings;

#[test]
fn a_ladder_is_measured_beside_the_rounds_and_obeys_the_schema() {
    let (one, low, high) = (fake("one"), fake("low"), fake("high"));
    let rung = |subject, is_equivalent| RungPlan {
        subject,
        adds: "something",
        branch_of: None,
        lacks: None,
        is_equivalent,
    };
    let journeys: &[&dyn Journey] = &[&Get("list")];
    let phases = Phases { warm_up_seconds: 0.0, paced_seconds: 0.05, capacity_seconds: 0.0 };
    let settings = Settings { ladder: Some(SeriesSettings { rounds: 3, phases }), ..hasty() };
    let run = |rungs: &[RungPlan<'_>]| {
        let costs = [CostPlan { name: "the cost of height", from: "low", to: "high" }];
        let absent = [Absent { label: "a sky".to_owned(), why: "it rains".to_owned() }];
        let ladder = Some(LadderPlan { rungs, absent: &absent, journeys, costs: &costs, twin_of: "high" });
        Comparison { ladder, ..comparison(&[&one], journeys, settings.clone()) }.run(&mut Heard::default())
    };
    let results = run(&[rung(&low, false), rung(&high, true)]).expect("a run");
    let ladder = results.ladder.as_ref().expect("it was wanted");
    assert_eq!(ladder.series.labels, ["low", "high", "high (again)"]);
    assert!(ladder.steps["list"]["high"].p50.is_some() && ladder.costs[0].journeys["list"].p50.is_some());
    assert_eq!([&one, &low, &high].map(|fake| fake.running.get()), [0; 3], "all were stopped");
    assert_eq!(ladder.absent[0].to_string(), "a sky: not measured here, it rains");
    let schema = serde_json::from_str(include_str!("../../../../../docs/results/results.schema.json"));
    let schema = jsonschema::validator_for(&schema.expect("JSON")).expect("a schema");
    let json = serde_json::to_value(&results).expect("serialisable");
    let faults = schema.iter_errors(&json).map(|fault| fault.to_string()).collect::<Vec<_>>();
    assert_eq!(faults, Vec::<String>::new());

    let other = Fake { greeting: "go away", ..fake("other") };
    let error = run(&[rung(&low, false), rung(&other, true)]).expect_err("it claims to be the same");
    assert!(error.to_string().contains("nothing is timed"), "{error}");
    assert_eq!(other.running.get(), 0, "it was stopped");
}
