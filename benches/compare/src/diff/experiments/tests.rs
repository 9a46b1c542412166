use super::*;
use crate::blast::Extent;
use crate::dice::Dice;
use crate::diff::{Diff, Finding, Moved, Regression, diff};
use crate::testing::{Distance, MadeUp};

fn made_up(seed: u64) -> MadeUp {
    MadeUp { seed, ..MadeUp::default() }
}

fn of<'a>(diff: &'a Diff, experiment: &str) -> &'a ExperimentDiff {
    diff.experiments.iter().find(|it| it.experiment == experiment).expect("it is compared")
}

#[track_caller]
fn figure<'a>(diff: &'a Diff, experiment: &str, place: &str, what: &str) -> &'a Compared {
    let figures = &of(diff, experiment).figures;
    let found = figures.iter().find(|figure| figure.place == place && figure.what == what);
    found.unwrap_or_else(|| panic!("{place}, {what} is missing in {figures:#?}"))
}

/// The second run's other topology takes 1.2 times as long as the first run's.
fn slower() -> Diff {
    let (a, b) = (made_up(1).results(), MadeUp { ratio: 2.4, ..made_up(2) }.results());
    diff(("a", &a), ("b", &b))
}

#[test]
fn a_cost_and_its_rung_are_told_and_the_rungs_below_are_not_blamed() {
    let diff = slower();
    let place = "list: the cost of processes (mono → split)";
    for (place, what) in
        [(place, "p50 latency, relative"), ("list: split", "p50 latency over mono, relative")]
    {
        let cost = figure(&diff, "ladder", place, what);
        assert_eq!(cost.finding, Finding::Differs, "{cost:?}");
        assert!(cost.worse_by.is_some_and(|share| (share - 0.2).abs() < 0.05), "{cost:?}");
    }
    let below = figure(&diff, "ladder", "list: plain", "p50 latency");
    assert_eq!(below.finding, Finding::DoesNotDiffer, "{below:?}");
}

#[test]
fn a_ladder_that_does_not_agree_with_itself_tells_no_costs() {
    let (a, b) = (made_up(1).results(), MadeUp { ratio: 2.4, twin: 1.2, ..made_up(2) }.results());
    let diff = diff(("a", &a), ("b", &b));
    let place = "list: the cost of processes (mono → split)";
    let cost = figure(&diff, "ladder", place, "p50 latency, relative");
    assert_eq!((cost.finding, cost.chance), (Finding::CannotTell, None));
}

#[test]
fn a_highest_rate_is_known_no_better_than_the_search_has_seen() {
    let (a, mut b) = (made_up(1).results(), made_up(2).results());
    let narrow = diff(("a", &a), ("b", &b));
    let rate = |diff: &Diff, topology: &str, what: &str| {
        figure(diff, "latency against load", &format!("list: {topology}"), what).clone()
    };
    // 2,000 held and 4,000 did not: the truth of either may be anything between.
    let same = rate(&narrow, "a | b", "highest rate that holds");
    assert_eq!(same.finding, Finding::CannotTell, "{same:?}");
    assert!(
        matches!(same.moved, Some(Moved::Times(ratio)) if ratio.low < 0.55 && ratio.high > 1.9),
        "{same:?}"
    );
    let load = b.load.as_mut().expect("it is made up");
    let curve = load.topologies.get_mut("a | b").expect("it is made up");
    curve.holds_rps = vec![Some(500.0), Some(510.0), Some(495.0)];
    for trial in curve.trials.iter_mut().flatten() {
        trial.held = trial.rate < 900.0;
    }
    let fallen = diff(("a", &a), ("b", &b));
    let fallen = rate(&fallen, "a | b", "highest rate that holds");
    assert_eq!(fallen.finding, Finding::Differs, "{fallen:?}");
    assert!(fallen.worse_by.is_some_and(|share| share > 1.0), "less is worse: {fallen:?}");
}

#[test]
fn a_load_of_another_objective_is_not_compared_and_one_without_an_end_tells_nothing() {
    let (a, mut b) = (made_up(1).results(), made_up(2).results());
    let notes = |b: &Results| of(&diff(("a", &a), ("b", b)), "latency against load").notes.clone();
    assert!(
        notes(&b).iter().any(|note| note.starts_with("list: mono: in some round")),
        "no rate failed in it"
    );
    b.load.as_mut().expect("it is made up").settings.objective_p99_ms = 10.0;
    let notes = notes(&b);
    assert!(notes[0].contains("asked was not the same") && notes[0].contains("50 ms"), "{notes:?}");
}

#[test]
fn the_part_that_takes_longer_is_named_and_the_others_are_not() {
    let diff = slower();
    let part = |what: &str| figure(&diff, "where the time goes", "list: a | b", what).clone();
    let between = part("between processes");
    assert_eq!(between.finding, Finding::Differs, "{between:?}");
    assert!(
        matches!(between.moved, Some(Moved::Microseconds(by)) if (by.value - 40.8).abs() < 1.0),
        "{between:?}"
    );
    assert_eq!(part("database").finding, Finding::DoesNotDiffer);
    assert_eq!(part("time of a request alone").finding, Finding::Differs);
}

#[test]
fn one_more_round_trip_is_found_whatever_the_machine() {
    let (a, mut b) = (made_up(1).results(), made_up(2).results());
    b.machine.cpu_model = Some("another one".to_owned());
    let journeys = vec![("list", vec![("mono", 0.0), ("a | b", 2.0)])];
    b.round_trip = Some(Distance { journeys, ..Distance::default() }.measured(&mut Dice::new(3, &[])));
    let diff = diff(("a", &a), ("b", &b));
    let trips = |topology: &str| {
        figure(&diff, "round trips", &format!("list: {topology}"), "sequential round trips").clone()
    };
    assert_eq!(trips("a | b").finding, Finding::Differs);
    assert!(trips("a | b").worse_by.is_some_and(|share| (share - 1.0).abs() < 0.1));
    assert_eq!(trips("mono").finding, Finding::DoesNotDiffer);
    let failing = diff.regressions(50.0);
    let is_it = |it: &Regression<'_>| matches!(it, Regression::OfExperiment("round trips", _));
    assert!(failing.iter().any(is_it), "{failing:?}");
}

#[test]
fn a_fault_that_reaches_further_is_told_and_fails_no_build() {
    let (a, mut b) = (made_up(1).results(), made_up(2).results());
    let blast = b.blast_radius.as_mut().expect("it is made up");
    let strike = &mut blast.topologies.get_mut("a | b").expect("it is made up")[3];
    let damage = strike.journeys.get_mut("list").expect("it is made up");
    (damage.extent, damage.failed, damage.recovered_ms) = (Extent::Down, 50, Some(900.0));
    let diff = diff(("a", &a), ("b", &b));
    let found = of(&diff, "blast radius");
    let [seen] = &*found.observations else { panic!("one cell is another: {found:?}") };
    assert_eq!(seen.place, "list: a | b, b killed");
    assert_eq!(seen.seen, ["unaffected", "down, well after 0.9 s"]);
    assert_eq!(seen.is_worse, Some(true));
    assert!(
        !diff.regressions(0.0).iter().any(|it| matches!(it, Regression::OfExperiment("blast radius", _)))
    );
    assert!(diff.to_string().contains("seen once (worse): list: a | b, b killed: unaffected → down"));
}

#[test]
fn times_to_recover_are_compared_over_all_faults_together() {
    let (a, mut b) = (made_up(1).results(), made_up(2).results());
    for strike in
        b.blast_radius.as_mut().and_then(|it| it.topologies.get_mut("a | b")).expect("it is made up")
    {
        for damage in strike.journeys.values_mut() {
            damage.recovered_ms = damage.recovered_ms.map(|ms| ms * 3.0);
        }
    }
    let diff = diff(("a", &a), ("b", &b));
    let time = figure(&diff, "blast radius", "a | b", "time until all is well, over all faults");
    assert!(matches!(time.moved, Some(Moved::Times(ratio)) if (ratio.value - 3.0).abs() < 1e-6), "{time:?}");
    assert_eq!(time.finding, Finding::Differs);
}

#[test]
fn what_more_processes_buy_and_what_a_start_costs_are_compared() {
    let diff = slower();
    let place = "list: mono → 2 × mono";
    let bought = figure(&diff, "scale-out", place, "capacity, with more processes over without");
    assert_eq!(bought.finding, Finding::Differs, "2.4 times in place of twice: {bought:?}");
    assert!(bought.worse_by.is_some_and(|share| share < 0.0), "more is better: {bought:?}");
    let start = figure(&diff, "start-up and memory", "a | b", "time to ready, relative");
    assert!(
        matches!(start.moved, Some(Moved::Times(ratio)) if (ratio.value - 1.2).abs() < 1e-6),
        "{start:?}"
    );
    let memory = figure(&diff, "start-up and memory", "mono", "memory after load");
    assert_eq!(memory.finding, Finding::DoesNotDiffer);
}

#[test]
fn another_machine_leaves_only_what_is_relative() {
    let (a, mut b) = (made_up(1).results(), MadeUp { ratio: 2.4, ..made_up(2) }.results());
    b.machine.cpu_model = Some("another one".to_owned());
    let diff = diff(("a", &a), ("b", &b));
    let relative = ["relative", "over without", "round trips"];
    let told =
        diff.experiments.iter().flat_map(|it| &it.figures).filter(|it| it.finding != Finding::CannotTell);
    let told = told.collect::<Vec<_>>();
    assert!(!told.is_empty());
    assert!(told.iter().all(|it| relative.iter().any(|word| it.what.contains(word))), "{told:#?}");
}

#[test]
fn an_experiment_that_one_of_them_has_is_said_and_not_compared() {
    let (mut a, mut b) = (made_up(1).results(), made_up(2).results());
    (a.ladder, a.rolling_release, b.rolling_release) = (None, None, None);
    b.blast_radius = None;
    let diff = diff(("a", &a), ("b", &b));
    for (experiment, note) in [("ladder", "only in b"), ("blast radius", "only in a")] {
        let found = of(&diff, experiment);
        assert_eq!((found.notes.as_slice(), found.figures.len()), (&[note.to_owned()][..], 0));
    }
    assert!(!diff.experiments.iter().any(|it| it.experiment == "rolling release"), "neither has it");
    assert!(diff.to_string().contains("ladder\n  note: only in b\n"), "{diff}");
}

#[test]
fn who_is_lost_in_a_release_and_a_level_that_does_not_come_back_are_told_as_seen() {
    let (a, mut b) = (made_up(1).results(), made_up(2).results());
    let rolling = b.rolling_release.as_mut().expect("it is made up");
    for answered in rolling.releases.values_mut().flat_map(|release| release.journeys.values_mut()) {
        answered.failed = 0;
    }
    b.demand_step.as_mut().expect("it is made up").trials[0].level.holds_again_ms = None;
    let diff = diff(("a", &a), ("b", &b));
    let [release] = &*of(&diff, "rolling release").observations else { panic!("one release") };
    assert_eq!(release.seen, ["7 of 120 visitors lost", "0 of 120 visitors lost"]);
    assert_eq!(release.is_worse, Some(false));
    let [step] = &*of(&diff, "demand step").observations else { panic!("one deployment") };
    assert_eq!(step.place, "list: mono");
    assert_eq!(step.is_worse, Some(true), "{step:?}");
}

#[test]
fn of_two_equal_programs_hardly_any_build_ends() {
    let ended = (0..10_u64).filter(|number| {
        let noisy = |seed| MadeUp { noise: 0.05, ..made_up(seed) }.results();
        let (a, b) = (noisy(100 + 2 * number), noisy(101 + 2 * number));
        !diff(("a", &a), ("b", &b)).regressions(0.0).is_empty()
    });
    // Nearly each has figures that differ by chance.
    assert!(ended.count() <= 1);
}
