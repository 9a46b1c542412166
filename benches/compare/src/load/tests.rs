use std::sync::Mutex;
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

#[test]
fn the_ratio_of_the_highest_rates_is_paired_by_round() {
    let curve = |holds: [f64; 3]| LoadCurve { holds_rps: holds.map(Some).to_vec(), ..LoadCurve::default() };
    let topologies = [("one", curve([100.0, 200.0, 400.0])), ("half", curve([50.0, 100.0, 200.0]))];
    let topologies = topologies.map(|(label, curve)| (label.to_owned(), curve)).into_iter().collect();
    let curves = LoadCurves { settings: plan(), journey: "page".to_owned(), topologies };
    let ratio = curves.ratio("half", "one").expect("three rounds");
    assert!((ratio.value - 0.5).abs() < 1e-9 && ratio.half_width() < 1e-9, "{ratio:?}");
}
