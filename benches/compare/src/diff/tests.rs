use super::*;
use crate::testing::MadeUp;

fn made_up(seed: u64) -> MadeUp {
    MadeUp { seed, ..MadeUp::default() }
}

fn change(diff: &Diff, topology: &str, quantity: Quantity, relative: bool) -> Change {
    let is_meant = |change: &&Change| {
        change.journey == "list"
            && change.topology == topology
            && change.quantity == quantity
            && change.relative == relative
    };
    diff.changes.iter().find(is_meant).expect("it is compared").clone()
}

#[test]
fn a_run_beside_another_of_the_same_does_not_differ() {
    let (a, b) = (made_up(1).results(), made_up(2).results());
    let diff = diff(("a", &a), ("b", &b));
    for relative in [false, true] {
        let change = change(&diff, "a | b", Quantity::P50, relative);
        assert_eq!(change.finding, Finding::DoesNotDiffer, "{change:?}");
    }
    assert_eq!(diff.circumstances.len(), 1, "only the seed: {:?}", diff.circumstances);
}

#[test]
fn what_one_topology_lost_is_found_and_the_other_is_not_blamed() {
    let (a, b) = (made_up(1).results(), MadeUp { ratio: 2.4, ..made_up(2) }.results());
    let diff = diff(("a", &a), ("b", &b));
    for relative in [false, true] {
        let change = change(&diff, "a | b", Quantity::P50, relative);
        assert_eq!(change.finding, Finding::Differs);
        assert!(change.ratio.is_some_and(|ratio| (ratio.value / 1.2 - 1.0).abs() < 0.05), "{change:?}");
    }
    assert_eq!(change(&diff, "mono", Quantity::P50, false).finding, Finding::DoesNotDiffer);
    let capacity = change(&diff, "a | b", Quantity::Capacity, false);
    assert!(capacity.ratio.is_some_and(|ratio| ratio.value < 0.9), "less is worse here: {capacity:?}");
}

#[test]
fn only_what_has_surely_become_worse_by_more_is_a_regression() {
    let (a, b) = (made_up(1).results(), MadeUp { ratio: 2.4, ..made_up(2) }.results());
    let (worse, better) = (diff(("a", &a), ("b", &b)), diff(("b", &b), ("a", &a)));
    let regressions = worse.regressions(10.0);
    let of_rounds = |regression: &Regression<'_>| match regression {
        Regression::OfRounds(change) => Some((change.topology.clone(), change.quantity)),
        Regression::OfExperiment(..) => None,
    };
    let rounds = regressions.iter().filter_map(of_rounds).collect::<Vec<_>>();
    let of = |quantity| rounds.iter().any(|(_, of)| *of == quantity);
    assert!(of(Quantity::P50) && of(Quantity::Capacity), "longer, and less often: {regressions:?}");
    assert!(rounds.iter().all(|(topology, _)| topology == "a | b"), "{regressions:?}");
    assert_eq!(worse.regressions(50.0), Vec::new(), "a fifth is not a half");
    assert!(
        !better.regressions(0.0).iter().any(|it| of_rounds(it).is_some()),
        "who became better did not become worse"
    );
}

#[test]
fn a_slower_machine_is_in_absolute_figures_and_not_in_relative_ones() {
    let (a, b) = (made_up(1).results(), MadeUp { p50_us: 130.0, ..made_up(2) }.results());
    let diff = diff(("a", &a), ("b", &b));
    assert_eq!(change(&diff, "a | b", Quantity::P50, false).finding, Finding::Differs);
    assert_eq!(change(&diff, "a | b", Quantity::P50, true).finding, Finding::DoesNotDiffer);
}

#[test]
fn another_machine_is_said_first_and_absolute_figures_tell_nothing() {
    let (a, mut b) = (made_up(1).results(), MadeUp { ratio: 3.0, ..made_up(1) }.results());
    b.machine.cpu_model = Some("another one".to_owned());
    b.machine.version = "2.0.0".to_owned();
    let diff = diff(("a", &a), ("b", &b));
    let whats: Vec<&str> = diff.circumstances.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(whats, ["processor", "version"]);
    assert_eq!(change(&diff, "a | b", Quantity::P50, false).finding, Finding::CannotTell);
    assert_eq!(change(&diff, "a | b", Quantity::P50, true).finding, Finding::Differs);
    let text = diff.to_string();
    assert!(text.lines().nth(1).is_some_and(|line| line.contains("processor differs (decides)")), "{text}");
    assert!(text.contains("nothing is concluded from absolute figures"), "{text}");
}

#[test]
fn noise_that_hides_everything_is_no_proof_of_equality() {
    let noisy = |seed| MadeUp { noise: 0.3, ..made_up(seed) }.results();
    let diff = diff(("a", &noisy(1)), ("b", &noisy(2)));
    assert_eq!(change(&diff, "mono", Quantity::P50, false).finding, Finding::CannotTell);
    assert!(diff.caveats.iter().any(|caveat| caveat.contains("the second run allows no conclusion")));
}

#[test]
fn what_only_one_of_them_has_is_said() {
    let (a, mut b) = (made_up(1).results(), made_up(2).results());
    b.topologies[1] = "c".to_owned();
    b.journey_order.truncate(1);
    let diff = diff(("a", &a), ("b", &b));
    for line in
        ["topology a | b is only in a", "topology c is only in b", "journey <item> & \"more\" is only in a"]
    {
        assert!(diff.only_in_one.iter().any(|it| it == line), "{line}: {:?}", diff.only_in_one);
    }
    assert!(diff.changes.iter().all(|change| change.topology == "mono" && change.journey == "list"));
    let nothing = Diff { changes: Vec::new(), experiments: Vec::new(), ..diff };
    assert!(nothing.to_string().contains("nothing can be compared"));
}

#[test]
fn a_run_with_two_rounds_tells_nothing() {
    let (a, b) = (made_up(1).results(), MadeUp { rounds: 2, ..made_up(2) }.results());
    let diff = diff(("a", &a), ("b", &b));
    let change = change(&diff, "mono", Quantity::P50, false);
    assert_eq!((change.ratio, change.finding), (None, Finding::CannotTell));
    assert!(diff.to_string().contains("not measured in enough rounds"));
}
