use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use super::*;
use crate::client::Client;
use crate::dice::Dice;
use crate::http::{Request, Response};
use crate::ladder::{CostPlan, RungPlan};
use crate::render;
use crate::results::{SCHEMA_ID, SCHEMA_VERSION};
use crate::subject::{Process, Running};
use crate::testing::Server;

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

/// Gets one path and wants 200.
struct Get(&'static str);

impl Journey for Get {
    fn name(&self) -> &str {
        self.0
    }

    fn request(&self, _dice: &mut Dice) -> Request {
        Request::get(format!("/{}", self.0))
    }

    fn accepts(&self, response: &Response) -> bool {
        response.status == 200
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

fn run(
    topologies: &[&dyn Subject],
    floor: Option<&dyn Subject>,
    settings: Settings,
) -> Result<Results, CompareError> {
    let journeys: &[&dyn Journey] = &[&Get("list"), &Get("item")];
    Comparison {
        topologies,
        floor,
        ladder: None,
        journeys,
        script: &Greet,
        growths: &[],
        releases: &[],
        settings,
        version: "1.2.3",
        timed: &[],
        interruption: Interruption::default(),
    }
    .run(&mut Heard::default())
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
    let comparison = Comparison {
        topologies: &[&one],
        floor: None,
        ladder: None,
        journeys: &[&Get("secret")],
        script: &Greet,
        growths: &[],
        releases: &[],
        settings: hasty(),
        version: "1",
        timed: &[],
        interruption: Interruption::default(),
    };
    let error = comparison.run(&mut Heard::default()).expect_err("401 is not an answer");
    assert!(error.to_string().contains("GET /secret gave status 401"), "{error}");
    assert_eq!(one.running.get(), 0, "it was stopped");
}

/// Wishes for the end at the given line of progress.
struct Impatient {
    interruption: Interruption,
    at: &'static str,
}

impl Progress for Impatient {
    fn note(&mut self, _text: &str) {}

    fn advance(&mut self, _done_seconds: f64, _total_seconds: f64, what: &str) {
        if what.starts_with(self.at) {
            self.interruption.want();
        }
    }
}

fn interrupted_at(at: &'static str) -> Result<Results, CompareError> {
    let (one, two) = (fake("one"), fake("two"));
    let interruption = Interruption::default();
    let comparison = Comparison {
        topologies: &[&one, &two],
        floor: None,
        ladder: None,
        journeys: &[&Get("list")],
        script: &Greet,
        growths: &[],
        releases: &[],
        settings: hasty(),
        version: "1",
        timed: &[],
        interruption: interruption.clone(),
    };
    let ended = comparison.run(&mut Impatient { interruption, at });
    assert_eq!((one.running.get(), two.running.get()), (0, 0), "all were stopped");
    ended
}

#[test]
fn an_interrupted_run_has_its_complete_rounds_and_says_that_it_was_interrupted() {
    let results = interrupted_at("round 2").expect("one round was complete");
    assert_eq!(results.rounds.len(), 1);
    assert!(results.ended_because.contains("interrupted"), "{}", results.ended_because);
    assert!(render::table(&results, false).contains("interrupted"));
}

#[test]
fn a_run_that_is_interrupted_in_its_first_round_has_no_results() {
    assert!(matches!(interrupted_at("round 1"), Err(CompareError::Interrupted)));
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

/// A deployment that runs already, until it has been looked for so many times.
struct FakeTarget {
    server: Server,
    looked_for: Cell<usize>,
    ends_after: usize,
}

struct SeenFromOutside(SocketAddr);

impl Subject for FakeTarget {
    fn label(&self) -> &'static str {
        "target"
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        self.looked_for.set(self.looked_for.get() + 1);
        anyhow::ensure!(self.looked_for.get() <= self.ends_after, "connection refused");
        Ok(Box::new(SeenFromOutside(self.server.address)))
    }

    fn runs_at(&self) -> Option<String> {
        Some("http://shop.example:80".to_owned())
    }

    fn adapted(&self, request: Request) -> Request {
        Request { path: format!("/own{}", request.path), ..request }
    }
}

impl Running for SeenFromOutside {
    fn address(&self) -> SocketAddr {
        self.0
    }

    fn processes(&self) -> Vec<Process> {
        Vec::new()
    }

    fn start_ms(&self) -> Option<f64> {
        None
    }

    fn stop(self: Box<Self>) -> anyhow::Result<()> {
        Ok(())
    }
}

/// It knows nothing but what is called by its own names.
fn target(ends_after: usize) -> FakeTarget {
    let answer = |path: &str, _| match path {
        "/greeting" => (200, "welcome".to_owned()),
        own if own.starts_with("/own/") => (200, "hello".to_owned()),
        _ => (404, String::new()),
    };
    FakeTarget { server: Server::start(answer), looked_for: Cell::new(0), ends_after }
}

#[test]
fn what_runs_already_is_asked_in_its_own_words_and_what_cannot_be_seen_of_it_is_not_measured() {
    let results = run(&[&target(usize::MAX)], None, hasty()).expect("it answers");
    assert_eq!(results.rounds.len(), 3);
    let cell = &results.journeys["list"]["target"];
    assert!(cell.requests > 0 && cell.errors == 0 && cell.p50_us.is_some() && cell.capacity_rps.is_some());
    assert_eq!((cell.cpu_us_per_request, cell.settled_ms), (None, None));
    assert_eq!((results.memory_pss_kib["target"], results.start_ms["target"]), (None, None));
    assert!(results.control["list"].p50.is_some(), "it is measured twice, as the first always is");
    assert!(results.cpu_sets.servers.is_empty() && results.machine.unoptimised.is_none());
    let text = render::table(&results, false);
    assert!(text.contains("target at http://shop.example:80") && text.contains("not measured"), "{text}");
    let row = text.lines().find(|line| line.starts_with("target ")).expect("a row of deployments");
    assert_eq!(row.matches("not measured").count(), 5, "no zero stands for what is not known: {row}");
}

#[test]
fn a_target_that_goes_away_leaves_the_rounds_before_and_says_so() {
    // The preflight and two rounds, in each of which the baseline is measured twice.
    let results = run(&[&target(5)], None, hasty()).expect("two rounds are complete");
    assert_eq!(results.rounds.len(), 2);
    assert_eq!(results.ended_because, "target stopped answering in round 3, which does not count");
    let error = run(&[&target(2)], None, hasty()).expect_err("no round is complete");
    assert!(matches!(&error, CompareError::Gone { label, .. } if label == "target"), "{error}");
}

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
        Comparison {
            topologies: &[&one],
            floor: None,
            timed: &[],
            growths: &[],
            releases: &[],
            ladder: Some(LadderPlan { rungs, journeys, costs: &costs, twin_of: "high" }),
            journeys,
            script: &Greet,
            settings: settings.clone(),
            version: "1",
            interruption: Interruption::default(),
        }
        .run(&mut Heard::default())
    };
    let results = run(&[rung(&low, false), rung(&high, true)]).expect("a run");
    let ladder = results.ladder.as_ref().expect("it was wanted");
    assert_eq!(ladder.series.labels, ["low", "high", "high (again)"]);
    assert!(ladder.steps["list"]["high"].p50.is_some() && ladder.costs[0].journeys["list"].p50.is_some());
    assert_eq!([&one, &low, &high].map(|fake| fake.running.get()), [0; 3], "all were stopped");
    let schema = serde_json::from_str(include_str!("../../../../docs/results/results.schema.json"));
    let schema = jsonschema::validator_for(&schema.expect("JSON")).expect("a schema");
    let json = serde_json::to_value(&results).expect("serialisable");
    let faults = schema.iter_errors(&json).map(|fault| fault.to_string()).collect::<Vec<_>>();
    assert_eq!(faults, Vec::<String>::new());

    let other = Fake { greeting: "go away", ..fake("other") };
    let error = run(&[rung(&low, false), rung(&other, true)]).expect_err("it claims to be the same");
    assert!(error.to_string().contains("nothing is timed"), "{error}");
    assert_eq!(other.running.get(), 0, "it was stopped");
}
