//! `cleave events`, run as a person runs it: beside the running store, and on one that is stopped.

use std::process::{Command, Stdio};

use cleave_compare::Request;
use cleave_db::{Database, DatabaseSettings};
use serde_json::Value;

use crate::support::answer::text;
use crate::support::binary::{Binary, ask};
use crate::support::person::{Person, lamp};
use crate::support::waiting::eventually;

/// Gauges are looked at, consumers look around and retention cuts at once.
const HURRY: [(&str, &str); 3] = [
    ("CLEAVE__EVENTS__POLL_INTERVAL_MS", "50"),
    ("CLEAVE__EVENTS__LONG_POLL_MS", "100"),
    ("CLEAVE__EVENTS__RETENTION__INTERVAL_MS", "50"),
];

fn hurried(variables: &[(&str, &str)]) -> Binary {
    let all = HURRY.iter().chain(variables);
    all.fold(Binary::new(), |binary, (name, value)| binary.with_variable(name, value))
}

/// Changes a table behind the store's back.
fn change(binary: &Binary, module: &'static str, sql: &'static str) -> u64 {
    let settings = binary.settings().database(module, 1).expect("it is a file");
    let change = async |place: &DatabaseSettings| {
        let database = Database::open(module, place).await.expect("it can be opened");
        let changed = sqlx::query(sql).execute(database.writer()).await.expect("the statement is right");
        database.close().await;
        changed.rows_affected()
    };
    crate::support::store::runtime().block_on(change(&settings))
}

fn json(binary: &Binary, arguments: &[&str]) -> Value {
    let printed = binary.succeed(&[arguments, &["--json"]].concat());
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {printed}"))
}

/// What `topics` says of a topic.
fn topic(binary: &Binary, name: &str) -> Value {
    let status = json(binary, &["events", "topics"]);
    let topics = status["topics"].as_array().expect("a list").clone();
    topics.into_iter().find(|it| it["topic"] == name).unwrap_or_default()
}

/// What `topics` says of a consumer.
fn consumer(binary: &Binary, name: &str, topic: &str) -> Value {
    let status = json(binary, &["events", "topics"]);
    let consumers = status["consumers"].as_array().expect("a list").clone();
    consumers.into_iter().find(|it| it["consumer"] == name && it["topic"] == topic).unwrap_or_default()
}

fn is_idle(consumer: &Value) -> bool {
    consumer["left"] == 0 && consumer["position"] == consumer["registered_at"]
}

/// A store with some goods, of which the log knows.
fn stocked(variables: &[(&str, &str)]) -> Binary {
    let binary = hurried(variables);
    binary.succeed(&["data", "seed", "--products", "12"]);
    binary
}

#[test]
fn topics_tail_and_replay_work_beside_the_running_store_and_effects_happen_once() {
    for topology in ["monolith", "microservices"] {
        let binary = hurried(&[]);
        let seeded = binary.succeed(&["data", "seed", "--products", "3"]);
        let token = seeded.lines().last().expect("it ends with a token").to_owned();
        let up = binary.up(topology, &[]);
        let record = binary.run_record().expect("it runs");
        let admin = Person::new(record.public, Some(token));
        let mut tail = binary.start(&["events", "tail", "inventory", "--follow", "--after", "0"]);
        tail.until_it_prints("\"offset\":3,");
        let product = admin.create_product(&lamp("TAIL-1"), "tail-1").created();
        admin.receive_stock(&text(&product, "id"), 5, "tail-1").created();
        tail.until_it_prints("\"offset\":4,");
        assert_eq!(tail.stdout().lines().count(), 4, "each once: {}", tail.stdout());
        drop(tail);

        binary.succeed(&["settle"]);
        let (topic_now, before) = (topic(&binary, "inventory"), tallied(&binary));
        assert_eq!((&topic_now["first_offset"], &topic_now["last_offset"]), (&1.into(), &4.into()));
        assert!(topic_now["bytes"].as_i64().is_some_and(|bytes| bytes > 4 * 64), "{topic_now}");
        for (name, topic) in [("catalog", "inventory"), ("notifications", "accounts")] {
            let idle = || consumer(&binary, name, topic);
            let seen = eventually("it rests, and has said so", idle, is_idle);
            let last = seen["position"].as_i64().expect("a number");
            assert!(last > 0, "{seen}");
            let replayed = json(&binary, &["events", "replay", name, topic]);
            assert_eq!((&replayed["position_before"], &replayed["position"]), (&last.into(), &0.into()));
            let seen = eventually("all have come again", idle, is_idle);
            assert_eq!(seen["position"], last);
        }
        assert_eq!(tallied(&binary), before, "nothing is there twice");
        let human = binary.succeed(&["events", "topics"]);
        for word in ["TOPIC", "BYTES", "YET TO LOG", "CONSUMER", "REGISTERED", "inventory", "notifications"] {
            assert!(human.contains(word), "{word}: {human}");
        }
        assert_eq!(up.stop().code, Some(0));
        let audited = binary.succeed(&["data", "audit"]);
        assert!(!audited.contains("BROKEN"), "{audited}");
    }
}

fn tallied(binary: &Binary) -> std::collections::BTreeMap<String, i64> {
    crate::support::audit::tally(&binary.settings())
}

#[test]
fn a_replay_that_cannot_be_is_refused_with_the_reason() {
    let binary = stocked(&[]);
    let refused = |arguments: &[&str], code: i32, word: &str| {
        let ended = binary.run(&[&["events", "replay"], arguments].concat());
        assert_eq!(ended.code, Some(code), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(word), "{arguments:?}: {ended:?}");
    };
    refused(&["catalog", "orders"], 2, "there are: catalog inventory");
    refused(&["catalog", "inventory", "--from", "0"], 2, "--from");
    refused(&["catalog", "inventory", "--from", "99"], 1, "has the events 1 to 12");
}

#[test]
fn what_is_damaged_is_named_by_audit_doctor_and_commands_and_mended_while_the_store_runs() {
    let binary = stocked(&[]);
    change(&binary, "events", "UPDATE events SET payload = '{}' WHERE topic = 'inventory' AND position = 7");
    for arguments in [&["data", "audit"][..], &["events", "tail", "inventory", "--after", "0"]] {
        let ended = binary.run(arguments);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for word in
            ["event 7 of the topic inventory is damaged", "checksum", "`cleave events rebuild inventory`"]
        {
            assert!(ended.stderr.contains(word), "{word}: {ended:?}");
        }
    }
    let doctor = binary.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    assert!(doctor.stdout.contains("event 7 of the topic inventory is damaged"), "{doctor:?}");

    // A consumer that has to read it stops there, says why, and goes on when it is mended.
    change(&binary, "catalog", "UPDATE consumer_offsets SET position = 5 WHERE topic = 'inventory'");
    let mut up = binary.up("monolith", &[]);
    up.until_it_prints("event 7 of the topic inventory is damaged");
    assert_eq!(consumer(&binary, "catalog", "inventory")["position"], 6, "up to there, and no further");
    let rebuilt = json(&binary, &["events", "rebuild", "inventory"]);
    assert_eq!(rebuilt[0]["written"], serde_json::json!([7]), "{rebuilt}");
    eventually("it has gone on", || consumer(&binary, "catalog", "inventory"), is_idle);
    assert_eq!(up.stop().code, Some(0));
    let audited = binary.succeed(&["data", "audit"]);
    assert!(!audited.contains("BROKEN"), "{audited}");
    assert_eq!(binary.run(&["doctor"]).code, Some(0));
}

#[test]
fn a_lost_log_is_rebuilt_from_the_outboxes_and_a_consumer_that_was_ahead_goes_on() {
    let binary = stocked(&[]);
    // All that was told has had its effect.
    let up = binary.up("monolith", &[]);
    binary.succeed(&["settle"]);
    assert_eq!(up.stop().code, Some(0));
    change(&binary, "events", "DELETE FROM events");
    assert!(binary.run(&["data", "audit"]).stdout.contains("BROKEN"));
    let said = binary.succeed(&["events", "rebuild"]);
    assert!(said.contains("inventory: 12 events compared with the outbox; 12 were missing"), "{said}");
    let audited = binary.succeed(&["data", "audit"]);
    assert!(!audited.contains("BROKEN"), "{audited}");
    // Where the outbox was lost with it, that is said, and nothing is made up.
    change(&binary, "events", "DELETE FROM events WHERE position = 3");
    change(&binary, "inventory", "DELETE FROM outbox WHERE seq = 3");
    let refused = binary.run(&["events", "rebuild"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("event 3 of inventory is damaged in the log, and its outbox"),
        "{refused:?}"
    );
}

#[test]
fn retention_cuts_what_consumers_have_read_and_gauges_and_audit_know_it() {
    let binary = stocked(&[("CLEAVE__EVENTS__RETENTION__MAX_BYTES", "1")]);
    let up = binary.up("microservices", &[]);
    let look = || topic(&binary, "inventory");
    let cut = eventually("all is cut", look, |status| status["first_offset"] == 13);
    assert_eq!((&cut["last_offset"], &cut["bytes"]), (&12.into(), &0.into()), "its numbers stay used");
    let record = binary.run_record().expect("it runs");
    let metrics = |service: &str| ask(record.services[service][0].internal, &Request::get("/metrics")).text();
    for (service, line) in [
        ("events", "cleave_events_first_offset{topic=\"inventory\"} 13"),
        ("events", "cleave_events_last_offset{topic=\"inventory\"} 12"),
        ("events", "cleave_events_log_size_bytes{topic=\"inventory\"} 0"),
        ("catalog", "cleave_events_consumer_lag{consumer=\"catalog\",topic=\"inventory\"} 0"),
        ("catalog", "cleave_events_dead_letters{consumer=\"catalog\",topic=\"inventory\"} 0"),
        ("inventory", "cleave_events_unlogged{topic=\"inventory\"} 0"),
        ("inventory", "cleave_events_held{topic=\"inventory\"} 0"),
    ] {
        eventually(&format!("{service} shows {line}"), || metrics(service), |text| text.contains(line));
    }
    let refused = binary.run(&["events", "replay", "catalog", "inventory"]);
    assert!(refused.stderr.contains("begins with the event 13: what was before has been cut"), "{refused:?}");
    assert_eq!(up.stop().code, Some(0));
    let audited = binary.succeed(&["data", "audit"]);
    assert!(!audited.contains("BROKEN"), "{audited}");
    let rebuilt = binary.succeed(&["events", "rebuild", "inventory"]);
    assert!(rebuilt.contains("0 events compared"), "what was cut stays cut: {rebuilt}");
}

#[test]
fn a_consumer_that_is_forgotten_keeps_nothing_in_the_log_any_more() {
    let binary = stocked(&[]);
    change(
        &binary,
        "events",
        "INSERT INTO consumers (topic, consumer, position) VALUES ('inventory', 'reports', 2)",
    );
    let old = consumer(&binary, "reports", "inventory");
    assert_eq!((&old["registered_at"], &old["position"]), (&2.into(), &Value::Null));
    let forgotten = json(&binary, &["events", "forget", "reports", "inventory"]);
    assert_eq!(forgotten, serde_json::json!({"forgotten": true, "position": 2}));
    assert_eq!(consumer(&binary, "reports", "inventory"), Value::Null);
    let again = binary.succeed(&["events", "forget", "reports", "inventory"]);
    assert!(again.contains("nothing has changed"), "{again}");
}

#[test]
fn a_process_that_stops_ends_the_streams_of_its_log_and_does_not_wait_for_them() {
    // Longer than any test waits.
    let binary = stocked(&[("CLEAVE__SERVER__DRAIN_SECONDS", "600")]);
    let up = binary.up("microservices", &[]);
    let log = binary.run_record().expect("it runs").services["events"][0].internal;
    let secret =
        std::fs::read_to_string(binary.data_dir().join("keys/service.credential")).expect("it is there");
    let request = format!(
        "GET /internal/v1/events/topics/inventory/stream?after=10 HTTP/1.1\r\nhost: events\r\nx-cleave-credential: {}\r\n\
         x-cleave-caller: system\r\nconnection: close\r\n\r\n",
        secret.trim()
    );
    let streaming = std::thread::spawn(move || crate::support::raw::exchange(log, request.as_bytes()));
    let metrics = || ask(log, &Request::get("/metrics")).text();
    let served = "cleave_served_duration_seconds_count{module=\"events\",operation=\"follow\"} 1";
    eventually("the stream has begun", metrics, |text| text.contains(served));
    assert_eq!(up.stop().code, Some(0));
    let streamed = streaming.join().expect("it ends by itself");
    for part in ["200 OK", "application/x-ndjson", "\"offset\":11,", "\"offset\":12,"] {
        assert!(streamed.contains(part), "{part}: {streamed}");
    }
    assert!(streamed.ends_with("\r\n0\r\n\r\n"), "it ends as a whole: {streamed}");
}

#[test]
fn a_reader_that_goes_away_ends_a_command_without_a_panic() {
    let binary = stocked(&[]);
    let program = env!("CARGO_BIN_EXE_cleave");
    for arguments in [["events", "topics"], ["events", "dead-letters"], ["events", "tail inventory"]] {
        let data = binary.data_dir();
        // The reader has gone before the first line is written.
        let script = format!(
            "{{ sleep 0.2; {program} {} --config {} --data-dir {}; echo \"code $?\" >&2; }} | true",
            arguments.join(" "),
            crate::support::binary::project().join("config").display(),
            data.display()
        );
        let mut shell = Command::new("sh");
        let ended = shell.args(["-c", &script]).stdin(Stdio::null()).output().expect("there is a shell");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(said.trim(), "code 0", "{arguments:?}");
    }
}
