mod going_on;
mod interrupted;
mod ladder;
mod targets;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use super::*;
use crate::client::Client;
use crate::http::Request;
use crate::journey::Step;
use crate::render;
use crate::results::{SCHEMA_ID, SCHEMA_VERSION};
use crate::subject::{Process, Running};
use crate::testing::{Get, Server};

/// A deployment inside this process that counts how many of its kind run.
struct Fake {
    label: &'static str,
    greeting: &'static str,
    startable: bool,
    running: Rc<Cell<i32>>,
}

struct RunningFake {
    server: Server,
    running: Rc<Cell<i32>>,
}

impl Subject for Fake {
    fn label(&self) -> &str {
        self.label
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        anyhow::ensure!(self.startable, "no room");
        self.running.set(self.running.get() + 1);
        let greeting = self.greeting;
        let server = Server::start(move |path, _| match path {
            "/greeting" => (200, greeting.to_owned()),
            "/secret" => (401, String::new()),
            _ => (200, "hello".to_owned()),
        });
        Ok(Box::new(RunningFake { server, running: Rc::clone(&self.running) }))
    }
}

impl Running for RunningFake {
    fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn processes(&self) -> Vec<Process> {
        vec![Process { service: "all".to_owned(), pid: std::process::id() }]
    }

    fn start_ms(&self) -> Option<f64> {
        Some(1.5)
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        self.running.set(self.running.get() - 1);
        Ok(())
    }
}

struct Greet;

impl Script for Greet {
    fn replay(&self, client: &mut Client) -> anyhow::Result<Vec<Step>> {
        let response = client.send(&Request::get("/greeting"))?;
        Ok(vec![Step::new("GET /greeting", format!("{} {}", response.status, response.text()))])
    }
}

#[derive(Default)]
struct Heard(RefCell<Vec<String>>);

impl Progress for Heard {
    fn note(&mut self, text: &str) {
        self.0.borrow_mut().push(text.to_owned());
    }

    fn advance(&mut self, done_seconds: f64, total_seconds: f64, what: &str) {
        self.0.borrow_mut().push(format!("{done_seconds:.1} of {total_seconds:.1}: {what}"));
    }
}

fn fake(label: &'static str) -> Fake {
    Fake { label, greeting: "welcome", startable: true, running: Rc::default() }
}

fn hasty() -> Settings {
    Settings {
        plan: "hasty".to_owned(),
        budget_seconds: 20.0,
        limit_seconds: 30.0,
        rounds_target: 3,
        rounds_most: 3,
        warm_up_seconds: 0.01,
        paced_seconds: 0.08,
        capacity_seconds: 0.12,
        connections: 2,
        // Tests run beside each other: here the generator may be late.
        late_us: 5_000_000,
        ..Settings::quick(7)
    }
}

/// With nothing beside the rounds.
fn comparison<'a>(
    topologies: &'a [&'a dyn Subject],
    journeys: &'a [&'a dyn Journey],
    settings: Settings,
) -> Comparison<'a> {
    Comparison {
        topologies,
        again: None,
        floor: None,
        ladder: None,
        journeys,
        script: &Greet,
        growths: &[],
        releases: &[],
        settings,
        version: "1.2.3",
        timed: &[],
        interruption: Interruption::default(),
        earlier: None,
        keep: &|_| Ok(()),
    }
}

fn run(
    topologies: &[&dyn Subject],
    floor: Option<&dyn Subject>,
    settings: Settings,
) -> Result<Results, CompareError> {
    let journeys: &[&dyn Journey] = &[&Get("list"), &Get("item")];
    Comparison { floor, ..comparison(topologies, journeys, settings) }.run(&mut Heard::default())
}

#[test]
fn the_results_have_every_promised_key() {
    let (one, two, floor) = (fake("one"), fake("two"), fake("floor"));
    let results = run(&[&one, &two], Some(&floor), hasty()).expect("a run");
    assert_eq!(one.running.get() + two.running.get() + floor.running.get(), 0, "all were stopped");

    let json = serde_json::to_value(&results).expect("serialisable");
    let at =
        |pointer: &str| json.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing in {json:#}"));
    assert_eq!(at("/schema_version"), SCHEMA_VERSION);
    assert_eq!(at("/$schema"), SCHEMA_ID);
    assert!(at("/began_at").is_string());
    assert_eq!(at("/seed"), 7);
    assert_eq!(at("/topologies"), &serde_json::json!(["one", "two"]));
    for journey in ["list", "item"] {
        for end in ["value", "low", "high"] {
            assert!(at(&format!("/control/{journey}/p50/{end}")).is_number());
            for quantity in ["p50", "p99", "cpu", "capacity"] {
                at(&format!("/ratios/{journey}/two/{quantity}"));
                at(&format!("/floor/ratios/{journey}/{quantity}"));
            }
        }
        for topology in ["one", "two"] {
            for key in
                ["requests", "errors", "offered_rps", "achieved_rps", "capacity_rps", "p50_us", "p99_us"]
            {
                assert!(at(&format!("/journeys/{journey}/{topology}/{key}")).is_number(), "{key}");
            }
            at(&format!("/journeys/{journey}/{topology}/cpu_us_per_request"));
            assert_eq!(at(&format!("/journeys/{journey}/{topology}/errors")), 0);
        }
        at(&format!("/histograms/{journey}/one (again)/0/1"));
        assert!(json.pointer(&format!("/ratios/{journey}/one")).is_none(), "the baseline has no ratio");
    }
    for pointer in [
        "/machine/cores",
        "/machine/version",
        "/settings/connections",
        "/cpu_sets/servers",
        "/pacing/late",
        "/memory_pss_kib/two",
        "/memory_pss_idle_kib/one",
        "/processes/one/0/threads",
        "/phases/paced_seconds",
        "/rounds/2/order/3",
        "/rounds/0/blocks/floor/journeys/list/capacity_rps",
    ] {
        at(pointer);
    }
    assert_eq!(at("/start_ms/one"), 1.5);
    assert_eq!(json["rounds"].as_array().map(Vec::len), Some(3));

    let schema = serde_json::from_str(include_str!("../../../../docs/results/results.schema.json"));
    let schema = jsonschema::validator_for(&schema.expect("JSON")).expect("a schema");
    let faults: Vec<String> = schema.iter_errors(&json).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new(), "what was really measured is what the schema says");
    let again: Results = serde_json::from_value(json).expect("what was written can be read");
    assert_eq!(again, results);
    assert!(render::table(&again, false).contains("one (again)"));
}

#[test]
fn every_round_measures_every_subject_in_an_order_of_its_own() {
    let (one, two) = (fake("one"), fake("two"));
    let results = run(&[&one, &two], None, hasty()).expect("a run");
    let mut orders: Vec<Vec<String>> = results.rounds.iter().map(|round| round.order.clone()).collect();
    for order in &orders {
        let mut sorted = order.clone();
        sorted.sort();
        assert_eq!(sorted, ["one", "one (again)", "two"]);
    }
    orders.dedup();
    assert!(orders.len() > 1, "seed 7 gives different orders: {orders:?}");
}

#[test]
fn topologies_that_answer_differently_are_not_timed() {
    let one = fake("one");
    let two = Fake { greeting: "go away", ..fake("two") };
    let error = run(&[&one, &two], None, hasty()).expect_err("they differ");
    let text = error.to_string();
    assert!(text.contains("nothing is timed") && text.contains("step 1: GET /greeting"), "{text}");
    assert!(text.contains("one  200 welcome") && text.contains("two  200 go away"), "{text}");
    assert_eq!((one.running.get(), two.running.get()), (0, 0), "both were stopped");
}

#[test]
fn a_journey_that_is_refused_is_not_timed() {
    let one = fake("one");
    let (topologies, journeys): ([&dyn Subject; 1], [&dyn Journey; 1]) = ([&one], [&Get("secret")]);
    let error = comparison(&topologies, &journeys, hasty())
        .run(&mut Heard::default())
        .expect_err("401 is not an answer");
    assert!(error.to_string().contains("GET /secret gave status 401"), "{error}");
    assert_eq!(one.running.get(), 0, "it was stopped");
}

#[test]
fn a_subject_that_does_not_start_is_named() {
    let one = fake("one");
    let two = Fake { startable: false, ..fake("two") };
    let error = run(&[&one, &two], None, hasty()).expect_err("two has no room");
    assert!(matches!(&error, CompareError::Start { label, .. } if label == "two"), "{error}");
    assert_eq!(one.running.get(), 0);
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_reason() {
    let error = run(&[], None, hasty()).expect_err("no topology");
    assert!(error.to_string().contains("no topology"), "{error}");
    let error = run(&[&fake("one"), &fake("one")], None, hasty()).expect_err("one name twice");
    assert!(error.to_string().contains("\"one\""), "{error}");
}

#[test]
fn no_round_begins_that_would_exceed_the_limit() {
    let settings = Settings {
        limit_seconds: 0.3,
        budget_seconds: 0.3,
        shortest_share: 1.0,
        paced_seconds: 1.0,
        ..hasty()
    };
    let error = run(&[&fake("one")], None, settings).expect_err("there is no time for a round");
    assert!(matches!(error, CompareError::NoRounds { .. }), "{error}");
}
