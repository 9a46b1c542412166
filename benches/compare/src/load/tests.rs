use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::*;
use crate::subject::Running;
use crate::testing::{Get, Served, Server};

/// Answers one request after the other, each after `service_ms`.
struct Queue {
    label: &'static str,
    service_ms: u64,
}

impl Subject for Queue {
    fn label(&self) -> &str {
        self.label
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let (turn, service) = (Mutex::new(()), Duration::from_millis(self.service_ms));
        Ok(Box::new(Served(Server::start(move |_, _| {
            let _mine = turn.lock().expect("nobody panics with it");
            thread::sleep(service);
            (200, String::new())
        }))))
    }
}

fn curves(plan: &LoadSettings) -> LoadCurves {
    let (fast, slow) = (Queue { label: "fast", service_ms: 2 }, Queue { label: "slow", service_ms: 40 });
    let settings = Settings { late_us: 5_000_000, ..Settings::quick(1) };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let interruption = Interruption::default();
    LoadCurves::measure(plan, &[&fast, &slow], &Get("page"), &settings, &cpu_sets, &interruption, |_, _| {})
        .expect("both can be loaded")
}

fn plan() -> LoadSettings {
    LoadSettings {
        rates: vec![5.0, 20.0, 80.0],
        level_seconds: 0.8,
        warm_up_seconds: 0.0,
        rounds: 1,
        objective_p99_ms: 400.0,
        bisections: 1,
        ..LoadSettings::default()
    }
}

#[test]
fn a_rate_holds_up_to_what_the_server_can_serve() {
    let curves = curves(&plan());
    // One request in 40 ms is 25 a second: 80 are too many, 5 are not.
    let slow = &curves.topologies["slow"];
    assert!(slow.highest_rps().is_some_and(|rate| (5.0..80.0).contains(&rate)), "{slow:?}");
    assert_eq!(slow.levels.iter().map(|level| level.held).collect::<Vec<_>>(), [1, 1, 0], "{slow:?}");
    assert!(slow.trials[0].len() > 3, "the gap was halved, and what was found was confirmed: {slow:?}");
    let fast = &curves.topologies["fast"];
    assert_eq!(fast.highest_rps(), Some(80.0), "the highest that was asked for: {fast:?}");
    assert_eq!(fast.trials[0].len(), 3);
}

#[test]
fn where_not_even_the_lowest_rate_holds_nothing_is_found_and_no_higher_one_is_tried() {
    let curves = curves(&LoadSettings { objective_p99_ms: 0.001, ..plan() });
    for curve in curves.topologies.values() {
        assert_eq!((curve.highest_rps(), curve.levels.len()), (None, 1), "{curve:?}");
    }
    assert_eq!(curves.ratio("slow", "fast"), None);
}

/// Answers at once, but for the very first request.
struct Hiccup;

impl Subject for Hiccup {
    fn label(&self) -> &'static str {
        "hiccup"
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let is_first = AtomicBool::new(true);
        Ok(Box::new(Served(Server::start(move |_, _| {
            if is_first.swap(false, Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(600));
            }
            (200, String::new())
        }))))
    }
}

#[test]
fn a_rate_that_did_not_hold_because_of_one_stall_is_tried_again() {
    let settings = Settings { late_us: 5_000_000, ..Settings::quick(1) };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let (plan, interruption) = (plan(), Interruption::default());
    let curves =
        LoadCurves::measure(&plan, &[&Hiccup], &Get("page"), &settings, &cpu_sets, &interruption, |_, _| {});
    let curve = &curves.expect("it can be loaded").topologies["hiccup"];
    let held = curve.trials[0].iter().map(|trial| trial.held).collect::<Vec<_>>();
    assert_eq!((held, curve.highest_rps()), (vec![false, true, true, true], Some(80.0)), "{curve:?}");
    assert!(curve.levels.iter().all(|level| (level.held, level.rounds) == (1, 1)), "{curve:?}");
}

/// Holds these rates, and none a tenth higher.
fn found(holds: [f64; 3]) -> LoadCurve {
    let failed = |rate: &f64| Trial {
        rate: rate * 1.1,
        requests: 1,
        errors: 1,
        p50_us: None,
        p99_us: None,
        cpu_us_per_request: None,
        late: 0,
        held: false,
    };
    let trials = holds.iter().map(|rate| vec![failed(rate)]).collect();
    LoadCurve { holds_rps: holds.map(Some).to_vec(), trials, ..LoadCurve::default() }
}

#[test]
fn the_ratio_of_the_highest_rates_is_paired_by_round_and_has_the_gap_of_the_bisection_in_it() {
    let topologies = [("one", found([100.0, 200.0, 400.0])), ("half", found([50.0, 100.0, 200.0]))];
    let topologies = topologies.map(|(label, curve)| (label.to_owned(), curve)).into_iter().collect();
    let mut curves = LoadCurves { settings: plan(), journey: "page".to_owned(), topologies };
    let ratio = curves.ratio("half", "one").expect("three rounds");
    let ends = [ratio.value, ratio.low, ratio.high].map(|end| format!("{end:.3}"));
    assert_eq!(ends, ["0.500", "0.455", "0.550"], "each of the two may hold a tenth more: {ratio:?}");
    curves.topologies.get_mut("one").expect("it is there").trials[2].clear();
    assert_eq!(curves.ratio("half", "one"), None, "who was not seen to fail may hold any more");
}

#[test]
fn a_level_that_is_interrupted_is_not_waited_for() {
    let one = Queue { label: "one", service_ms: 1 };
    let plan = LoadSettings { level_seconds: 3_600.0, rates: vec![1.0], ..plan() };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    let (interruption, settings) = (Interruption::default(), Settings::quick(1));
    let note = |what: &str, _| {
        if what.ends_with("1 requests a second") {
            interruption.want();
        }
    };
    let measured =
        LoadCurves::measure(&plan, &[&one], &Get("page"), &settings, &cpu_sets, &interruption, note);
    assert!(measured.is_err(), "half a level is none: {measured:?}");
}
