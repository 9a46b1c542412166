use super::*;
use crate::report;
use crate::testing::MadeUp;

const CALM: MadeUp = MadeUp { seed: 1, rounds: 10, p50_us: 100.0, ratio: 2.0, twin: 1.0, noise: 0.004 };

fn p50(ladder: &Ladder, journey: &str, rung: &str) -> Gap {
    ladder.step(journey, rung).and_then(|span| span.p50).expect("measured")
}

#[test]
fn each_step_is_what_was_planted_and_all_of_them_add_up_to_the_whole() {
    let ladder = CALM.ladder();
    for (rung, planted_us) in [("plain", 60.0), ("mono", 20.0), ("split", 100.0)] {
        let gap = p50(&ladder, "list", rung);
        assert!((gap.us.value - planted_us).abs() < 3.0, "{rung}: {gap:?}");
        assert_eq!(ladder.claim("list", Quantity::P50, Some(gap)), Claim::Differs, "{rung}");
    }
    let whole = ladder.whole["list"].p50.expect("measured").us.value;
    let together = ladder.together("list", Quantity::P50).expect("measured");
    assert!((whole - together).abs() < 1e-6, "of five rounds none is trimmed: {whole} {together}");
    assert!((whole - 80.0).abs() < 3.0, "a branch is no part of the whole: {whole}");
}

fn told(ladder: &Ladder) -> Vec<String> {
    let costs = ladder.told(&["list".to_owned()]);
    let lines = costs.iter().flat_map(|cost| cost.lines.iter().map(move |line| (&cost.about, line)));
    lines.map(|(about, line)| format!("{}: {line}", about.as_deref().unwrap_or_default())).collect()
}

#[test]
fn a_rung_that_costs_nothing_is_not_told_from_the_one_below() {
    let ladder = CALM.ladder();
    let gap = p50(&ladder, "list", "logged");
    assert_eq!(ladder.claim("list", Quantity::P50, Some(gap)), Claim::NotTold, "{gap:?}");
}

#[test]
fn nothing_is_told_where_the_rung_that_is_measured_twice_differs_from_itself() {
    let ladder = MadeUp { twin: 1.3, ..CALM }.ladder();
    let gap = p50(&ladder, "list", "plain");
    assert_eq!(ladder.claim("list", Quantity::P50, Some(gap)), Claim::Withheld);
    let told = told(&ladder);
    assert!(told.iter().all(|line| line.contains("no conclusion is drawn")), "{told:?}");
}

#[test]
fn costs_are_told_with_their_intervals_and_say_of_what_they_are() {
    let told = told(&CALM.ladder());
    assert_eq!(told.len(), 2);
    assert!(told[0].starts_with("the cost of modules (plain → mono): list: 1.2"), "{}", told[0]);
    assert!(
        told[1].contains("times the p50, +") && told[1].contains("times the CPU a request"),
        "{}",
        told[1]
    );
}

#[test]
fn the_lowest_rung_of_a_journey_is_the_lowest_that_answers_it() {
    let ladder = CALM.ladder();
    let chain = |journey| ladder.chain(journey).map(|rung| rung.label.as_str()).collect::<Vec<_>>();
    assert_eq!(chain("list"), ["echo", "plain", "mono", "logged"]);
    let second = ladder.series.journeys.keys().find(|journey| *journey != "list").expect("two");
    assert_eq!(chain(second), ["plain", "mono", "logged"]);
    assert!(ladder.step(second, "plain").is_none() && ladder.step(second, "mono").is_some());
}

#[test]
fn the_waterfall_says_what_a_rung_cannot_do_and_draws_what_is_not_told_without_colour() {
    let mut results = CALM.results();
    results.ladder = Some(CALM.ladder());
    let page = report::page(&results);
    assert!(page.contains("plain cannot be split."), "what it lacks is said");
    assert!(page.contains("lent: not measured here, nobody lends it."), "what is not here is said");
    assert!(page.contains("↳ split"), "a branch is drawn");
    assert!(page.contains("class=\"untold\"") && page.contains("class=\"rise\""));
    assert!(page.contains("the cost of processes") && page.contains("add up to"));
}

#[test]
fn fewer_than_three_rounds_give_no_step_and_say_so() {
    let mut series = CALM.ladder().series;
    series.rounds.truncate(2);
    let Ladder { rungs, .. } = CALM.ladder();
    let costs = [CostPlan { name: "the cost of modules", from: "plain", to: "mono" }];
    let ladder = Ladder::of(rungs, &costs, "mono", &["list"], series);
    assert_eq!(ladder.step("list", "mono"), Some(Span::default()));
    let told = told(&ladder);
    assert!(told[0].contains("p50 not measured in enough rounds"), "{told:?}");
    let mut results = CALM.results();
    results.ladder = Some(ladder);
    assert!(!report::page(&results).contains("NaN"));
}

#[test]
fn the_twin_must_be_a_rung() {
    let plan = LadderPlan { rungs: &[], absent: &[], journeys: &[], costs: &[], twin_of: "nobody" };
    assert!(plan.twin().is_err_and(|error| error.to_string().contains("nobody")));
}

#[test]
fn phases_in_which_the_generator_was_late_count_for_nothing_and_are_told() {
    let Ladder { rungs, mut series, .. } = CALM.ladder();
    for round in &mut series.rounds[2..] {
        let block = round.blocks.get_mut("mono").expect("it was measured");
        block.journeys.get_mut("list").expect("it was asked").void = true;
    }
    let ladder = Ladder::of(rungs, &[], "mono", &["list"], series);
    assert_eq!(ladder.step("list", "mono"), Some(Span::default()), "two rounds are left");
    let told = ladder.void_phases().expect("some are void");
    assert!(told.starts_with("ladder: 3 of 55 phases are void"), "{told}");
}
