use super::*;
use crate::testing::{Get, Two};

fn made(service: &str, replicas: usize, began_ms: u64) -> Made {
    Made {
        process: Process { service: service.to_owned(), pid: 1 },
        replicas,
        began: Duration::from_millis(began_ms),
        took: Some(Duration::from_millis(200)),
    }
}

fn visit(due_ms: u64, took_ms: u64, is_right: bool) -> Visit {
    Visit { due: Duration::from_millis(due_ms), took: Duration::from_millis(took_ms), is_right }
}

#[test]
fn visitors_count_with_the_restart_that_they_met() {
    let visits = [
        visit(100, 2, true),
        // Under way when the first one was asked to stop.
        visit(480, 30, false),
        visit(700, 2, true),
        // Gave up long after the second one began, and came before.
        visit(800, 1_000, false),
        visit(1_200, 5, true),
    ];
    let restarts = attributed(vec![made("front", 1, 500), made("back", 2, 1_000)], &visits);
    let told = restarts.iter().map(|one| (one.service.as_str(), one.visitors.requests, one.visitors.failed));
    assert_eq!(told.collect::<Vec<_>>(), [("front", 3, 2), ("back", 1, 0)]);
    let release = Release { restarts, ..Release::default() };
    assert_eq!((release.failed_where(true), release.failed_where(false)), (Some(0), Some(2)));
    assert_eq!(
        Release::default().failed_where(true),
        None,
        "nobody was asked, so nobody failed is not known"
    );
}

#[test]
fn nobody_waited_is_not_zero() {
    assert_eq!(Answered::of([].iter()), Answered { requests: 0, failed: 0, longest_ms: None });
}

#[test]
fn each_restart_costs_those_who_need_the_process_until_it_is_there_again() {
    let settings = RollingReleaseSettings {
        around_seconds: 0.2,
        between_seconds: 0.2,
        patience_seconds: 0.5,
        rate_per_second: 100.0,
        ..RollingReleaseSettings::default()
    };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let journeys: [&dyn Journey; 2] = [&Get("page"), &Get("stock")];
    let never = Interruption::default();
    let mut heard = Vec::new();
    let note = |what: &str, done: usize| heard.push((what.to_owned(), done));
    let made = RollingReleases::measure(&settings, &[&Two], &journeys, &cpu_sets, 1, &never, note);
    let release = made.expect("it can be made").releases.remove("two").expect("it was made");
    assert!(release.complete, "{release:?}");
    let services = release.restarts.iter().map(|one| one.service.as_str()).collect::<Vec<_>>();
    assert_eq!(services, ["front", "back"]);
    for restart in &release.restarts {
        assert!(restart.visitors.failed > 0, "{restart:?}");
        assert!(restart.took_ms.is_some_and(|ms| (50.0..1_400.0).contains(&ms)), "{restart:?}");
    }
    let lost = |journey: &str| release.journeys[journey].failed;
    assert!(lost("page") > 0 && lost("page") < lost("stock"), "the back is no loss to a page: {release:?}");
    assert_eq!(release.failed_where(true), None);
    assert_eq!(heard, [("two".to_owned(), 0)]);
}

#[test]
fn a_release_that_is_interrupted_is_none_and_not_waited_for() {
    let settings = RollingReleaseSettings {
        around_seconds: 3_600.0,
        rate_per_second: 0.01,
        ..RollingReleaseSettings::default()
    };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let interruption = Interruption::default();
    let note = |_: &str, _| interruption.want();
    let journeys: [&dyn Journey; 1] = [&Get("page")];
    let made = RollingReleases::measure(&settings, &[&Two], &journeys, &cpu_sets, 1, &interruption, note);
    assert!(made.expect("it ends in order").releases.is_empty());
}
