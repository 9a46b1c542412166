//! NATS keeps the event log of the program.

use std::sync::Arc;
use std::time::Duration;

use cleave_compare::Request;
use cleave_core::{Clock as _, Context, Ids, SystemClock};
use cleave_events::{Append, EventLog as _, RecordedEvent, Renew as _, Trim};
use cleave_events_nats::testing::{NatsServer, is_installed};
use serde_json::Value;

use crate::support::binary::{Binary, ask};
use crate::support::shop::{Shop, until_done};
use crate::support::store::runtime;
use crate::support::waiting::eventually;

/// Checkouts in all.
const CHECKOUTS: usize = 200;

fn on(server: &NatsServer) -> Binary {
    Binary::new().with_variable("CLEAVE__EVENTS__URL", &server.url())
}

fn json(binary: &Binary, arguments: &[&str]) -> Value {
    let said = binary.succeed(&[arguments, &["--json"]].concat());
    serde_json::from_str(&said).expect("it is JSON")
}

fn audited(binary: &Binary) {
    let said = binary.succeed(&["data", "audit"]);
    assert!(said.contains("I1") && said.contains("I11") && !said.contains("BROKEN"), "{said}");
}

#[test]
fn nats_is_killed_and_comes_back_while_customers_buy() {
    if !is_installed() {
        return;
    }
    let mut server = NatsServer::new();
    let binary = on(&server);
    let up = binary.up("microservices", &[]);
    assert!(!binary.run_record().expect("it runs").services.contains_key("events"), "it has nothing to host");
    assert!(up.stderr().contains("NATS keeps the event log"), "{}", up.stderr());
    let shop = Shop::open(&binary);
    let outcomes = shop.sell_during("nats", CHECKOUTS, |done| {
        for part in 1..=3 {
            until_done(done, part * CHECKOUTS / 5);
            server.kill();
            // Nobody who buys needs it.
            until_done(done, part * CHECKOUTS / 5 + CHECKOUTS / 10);
            server.start();
        }
    });
    assert!(outcomes.iter().all(|outcome| outcome == "confirmed"), "{outcomes:?}");
    let settled = binary.succeed(&["settle"]);
    assert!(settled.contains("nothing is left to do"), "{settled}");
    audited(&binary);
    let status = json(&binary, &["events", "topics"]);
    assert!(
        status["consumers"].as_array().is_some_and(|all| all.iter().all(|it| it["left"] == 0)),
        "{status}"
    );
    assert_eq!(up.stop().code, Some(0));
    audited(&binary);
}

#[test]
fn what_the_commands_do_with_the_log_they_do_with_nats() {
    if !is_installed() {
        return;
    }
    let mut server = NatsServer::new();
    let binary = on(&server);
    binary.succeed(&["data", "seed"]);
    let topics = json(&binary, &["events", "topics"])["topics"].clone();
    let last = topics.as_array().and_then(|all| all.iter().find(|it| it["topic"] == "inventory"));
    let last = last.and_then(|it| it["last_offset"].as_i64()).expect("goods were told of");
    let tail = binary.succeed(&["events", "tail", "inventory", "--after", "0"]);
    assert_eq!(tail.lines().count(), usize::try_from(last).expect("positive"));
    let replayed = json(&binary, &["events", "replay", "catalog", "inventory"]);
    assert_eq!(replayed["left"], last, "{replayed}");
    let diagnosis = binary.run(&["doctor"]);
    assert!(diagnosis.stdout.contains("NATS 2."), "{diagnosis:?}");
    let rebuilt = json(&binary, &["events", "rebuild", "inventory"]);
    assert_eq!(rebuilt[0]["written"], serde_json::json!([]), "{rebuilt}");

    // Another NATS, with nothing in it: the log is lost.
    server = NatsServer::new();
    let binary = binary.with_variable("CLEAVE__EVENTS__URL", &server.url());
    let rebuilt = json(&binary, &["events", "rebuild"]);
    let written = rebuilt.as_array().and_then(|all| all.iter().find(|it| it["topic"] == "inventory"));
    let written = written.and_then(|it| it["written"].as_array()).map(Vec::len);
    assert_eq!(written.and_then(|count| i64::try_from(count).ok()), Some(last), "{rebuilt}");
    let up = binary.up("monolith", &[]);
    binary.succeed(&["settle"]);
    audited(&binary);
    assert_eq!(up.stop().code, Some(0));
    drop(server);
}

#[test]
fn the_password_of_nats_is_in_no_command_line_and_in_no_error() {
    if !is_installed() {
        return;
    }
    let server = NatsServer::with_settings(
        "jetstream { store_dir: \"STORE\", sync_interval: always }\nauthorization { user: store, password: \"s3cret-word\" }",
    );
    let url_with = |password: &str| server.url().replace("nats://", &format!("nats://store:{password}@"));
    let binary = Binary::new().with_variable("CLEAVE__EVENTS__URL", &url_with("s3cret-word"));
    let up = binary.up("microservices", &[]);
    for pid in binary.processes() {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!line.contains("s3cret"), "{line}");
    }
    let diagnosis = binary.run(&["doctor", "--topology", "microservices"]);
    assert!(diagnosis.code == Some(0) && !format!("{diagnosis:?}").contains("s3cret"), "{diagnosis:?}");
    assert!(!up.stderr().contains("s3cret"), "{}", up.stderr());
    assert_eq!(up.stop().code, Some(0));
    let refused = binary.with_variable("CLEAVE__EVENTS__URL", &url_with("wr0ng")).run(&["data", "migrate"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let says_why =
        refused.stderr.contains("refuses the user, the password") && refused.stderr.contains("events.url");
    assert!(says_why && !refused.stderr.contains("wr0ng"), "{refused:?}");
}

#[test]
fn a_service_that_would_only_keep_the_log_is_refused_and_so_is_no_nats() {
    let binary = Binary::new().with_variable("CLEAVE__EVENTS__URL", "nats://127.0.0.1:9");
    let refused = binary.run(&["serve", "--topology", "microservices", "--service", "events"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("has nothing to do"), "{refused:?}");
    let absent = binary.run(&["data", "migrate"]);
    assert!(absent.code == Some(2) && absent.stderr.contains("does not answer"), "{absent:?}");
    let wrong = binary.run(&["data", "migrate", "--events", "http://127.0.0.1:9"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("nats://HOST:PORT"), "{wrong:?}");
}

#[test]
fn a_process_starts_and_works_while_nats_is_away() {
    if !is_installed() {
        return;
    }
    let mut server = NatsServer::new();
    let binary = on(&server);
    binary.succeed(&["data", "seed"]);
    server.kill();
    let mut serving = binary.start(&["serve", "--topology", "monolith", "--log-format", "json"]);
    let line = serving.until_it_prints("\"listening\"");
    let line = serde_json::from_str::<Value>(&line).expect("a line of the log is JSON");
    let internal = line["internal"].as_str().and_then(|it| it.parse().ok()).expect("it listens");
    let status = |path: &str| ask(internal, &Request::get(path)).status;
    eventually("it is ready", || status("/health/ready"), |it| *it == 200);
    assert_eq!(status("/settled"), 503, "what cannot be asked is not settled");
    server.start();
    eventually("it is settled", || status("/settled"), |it| *it == 200);
    let metrics = || ask(internal, &Request::get("/metrics")).text();
    for gauge in
        ["last_offset{topic=\"inventory\"}", "consumer_lag{consumer=\"catalog\",topic=\"inventory\"} 0"]
    {
        eventually("it is measured", metrics, |text| text.contains(&format!("cleave_events_{gauge}")));
    }
    assert_eq!(serving.stop().code, Some(0));
}

#[test]
fn a_topic_of_nats_that_says_something_else_than_its_outbox_is_written_anew() {
    if !is_installed() {
        return;
    }
    let server = NatsServer::new();
    let binary = on(&server);
    let up = binary.up("monolith", &[]);
    binary.succeed(&["settle"]);
    assert_eq!(up.stop().code, Some(0));
    let told = binary.succeed(&["events", "tail", "inventory", "--after", "0"]);
    let told = told.lines().map(|line| serde_json::from_str::<RecordedEvent>(line).expect("it is an event"));
    let told = told.collect::<Vec<_>>();
    let clock = Arc::new(SystemClock);
    let context =
        Context::background(&Ids::from_system(clock.clone()), clock.instant() + Duration::from_mins(1));
    let log = server.log(clock);
    runtime().block_on(async {
        log.trim(&context, Trim { topic: "inventory".to_owned(), through: 2 }).await.expect("it is cut");
        log.renew(&context, "inventory", 3).await.expect("it is emptied");
        let mut events = told[2..6].to_vec();
        "{}".clone_into(&mut events[1].payload);
        log.append(&context, Append { topic: "inventory".to_owned(), events }).await.expect("it fits");
    });
    let broken = binary.run(&["data", "audit"]);
    assert!(broken.code == Some(1) && broken.stdout.contains("event 4 of inventory"), "{broken:?}");
    let rebuilt = json(&binary, &["events", "rebuild", "inventory"]);
    let written = [4].into_iter().chain(7..=told.len()).collect::<Vec<_>>();
    assert_eq!(rebuilt[0]["written"], serde_json::json!(written), "{rebuilt}");
    let again = binary.succeed(&["events", "tail", "inventory", "--after", "2"]);
    let again =
        again.lines().map(|line| serde_json::from_str::<RecordedEvent>(line).expect("it is an event"));
    assert_eq!(again.collect::<Vec<_>>(), told[2..], "what was cut stays cut");
    audited(&binary);
}
