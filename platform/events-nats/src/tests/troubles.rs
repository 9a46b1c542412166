//! What can go wrong with a server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use cleave_core::{Clock as _, Context, SystemClock};
use cleave_events::testing::{append, event, read};
use cleave_events::{ConsumerProgress, EventLog, EventLogError, RecordedEvent, Renew as _};
use serde_json::{Value, json};

use super::World;
use crate::NatsError;
use crate::testing::{NatsServer, is_installed, log_at};

/// Appends whatever is refused meanwhile, and gives the offset that was acknowledged last.
async fn append_patiently(world: &World, until: i64) -> i64 {
    let mut acknowledged = 0;
    while acknowledged < until {
        let next = append(acknowledged + 1..=(acknowledged + 7).min(until));
        match world.log.append(&world.system(), next).await {
            Ok(last) => acknowledged = last,
            Err(EventLogError::Unavailable { .. } | EventLogError::Timeout) => {
                // Who is refused comes again; how often does not matter.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // A lost acknowledgement is not a lost event, so the log may be ahead; it is never behind.
            Err(error) => panic!("{error}"),
        }
    }
    acknowledged
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_doubled_where_the_server_is_killed_during_appends() {
    if !is_installed() {
        return;
    }
    let mut world = World::new();
    world.log.prepare(&["topic"]).await.expect("it can be prepared");
    for round in 1..=5 {
        let until = round * 400;
        let appending = append_patiently(&world, until - 200).await;
        assert_eq!(appending, until - 200);
        let server = std::mem::replace(&mut world.server, NatsServer::idle());
        let killing = tokio::task::spawn_blocking(move || {
            let mut server = server;
            server.kill();
            server.start();
            server
        });
        let acknowledged = append_patiently(&world, until).await;
        world.server = killing.await.expect("it is killed and started");
        assert_eq!(acknowledged, until);
    }
    let fresh = world.other_log();
    let mut all = Vec::<RecordedEvent>::new();
    loop {
        let after = i64::try_from(all.len()).expect("they are few");
        let page = fresh.read(&world.system(), read(after, 1_000, 0)).await.expect("it can be read");
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    assert_eq!(all, (1..=2_000).map(event).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_waiting_reader_hears_of_what_comes_after_the_server_was_away() {
    if !is_installed() {
        return;
    }
    let mut world = World::new();
    assert_eq!(world.log.append(&world.system(), append([1])).await, Ok(1));
    assert_eq!(world.log.read(&world.system(), read(1, 10, 20)).await, Ok(Vec::new()), "the bell hangs");
    world.server.kill();
    let away = world.log.read(&world.system(), read(1, 10, 1_000)).await;
    assert!(matches!(away, Err(EventLogError::Unavailable { .. })), "{away:?}");
    world.server.start();
    assert_eq!(append_patiently(&world, 3).await, 3);
    let context = Context { deadline: world.clock.instant() + Duration::from_mins(1), ..world.system() };
    let (heard, appended) = tokio::join!(world.log.read(&context, read(3, 10, 20_000)), async {
        world.other_log().append(&context, append([4])).await
    });
    assert_eq!((heard, appended), (Ok(vec![event(4)]), Ok(4)));
}

#[tokio::test]
async fn a_server_that_is_absent_is_away_and_is_used_once_it_is_there() {
    if !is_installed() {
        return;
    }
    let mut world = World::new();
    world.server.kill();
    let log = world.other_log();
    let away = log.append(&world.system(), append([1])).await;
    assert!(
        matches!(&away, Err(EventLogError::Unavailable { what }) if what.contains("127.0.0.1")),
        "{away:?}"
    );
    assert!(matches!(log.ping().await, Err(NatsError::Unreachable { .. })));
    world.server.start();
    assert_eq!(log.append(&world.system(), append([1])).await, Ok(1));
}

#[tokio::test]
async fn a_full_stream_refuses_and_takes_events_again_when_it_is_cut() {
    if !is_installed() {
        return;
    }
    let world = World::new();
    assert_eq!(world.log.append(&world.system(), append([1])).await, Ok(1));
    update(&world, &[("max_bytes", json!(20_000))]).await;
    let (mut last, mut refused) = (1, None);
    while refused.is_none() && last < 1_000 {
        match world.log.append(&world.system(), append(last + 1..=last + 10)).await {
            Ok(appended) => last = appended,
            Err(error) => refused = Some(error),
        }
    }
    assert!(matches!(refused, Some(EventLogError::Full { .. })), "{refused:?}");
    assert_eq!(
        world.log.last_offset(&world.system(), "topic".to_owned()).await,
        Ok(last),
        "none of the batch is there"
    );
    let alone = world.log.append(&world.system(), append([last + 1])).await;
    assert!(alone.is_ok() || matches!(alone, Err(EventLogError::Full { .. })), "{alone:?}");
    let cut = cleave_events::Trim { topic: "topic".to_owned(), through: last / 2 };
    world.log.trim(&world.system(), cut).await.expect("it is cut");
    let again = world.log.append(&world.system(), append(last + 1..=last + 10)).await;
    assert_eq!(again, Ok(last + 10));
    // What an operator has chosen outlives the next migration.
    world.log.prepare(&["topic"]).await.expect("it can be prepared");
    assert_eq!(config(&world).await["max_bytes"], 20_000);
}

#[tokio::test]
async fn a_stream_that_is_not_as_it_must_be_is_set_right() {
    if !is_installed() {
        return;
    }
    let world = World::new();
    assert_eq!(world.log.append(&world.system(), append([1])).await, Ok(1));
    update(&world, &[("allow_atomic", json!(false)), ("discard", json!("old"))]).await;
    assert_eq!(world.log.append(&world.system(), append([2, 3])).await, Ok(3), "by the first batch");
    let config = config(&world).await;
    assert_eq!((&config["allow_atomic"], &config["discard"]), (&json!(true), &json!("new")));
}

#[tokio::test]
async fn who_is_refused_learns_why_and_no_password_is_shown() {
    if !is_installed() {
        return;
    }
    let settings = "jetstream { store_dir: \"STORE\" }\nauthorization { user: store, password: \"right\" }";
    let server = NatsServer::with_settings(settings);
    let world = World::on(server);
    let at = |credentials: &str| {
        log_at(&world.server.url().replace("://", &format!("://{credentials}@")), world.clock.clone())
    };
    let refused = at("store:wr0ng").ping().await.expect_err("the password is wrong");
    assert!(matches!(refused, NatsError::Credentials { .. }), "{refused:?}");
    assert!(
        !refused.to_string().contains("wr0ng") && refused.to_string().contains("events.url"),
        "{refused}"
    );
    let refused = at("store:wr0ng").append(&world.system(), append([1])).await;
    assert!(matches!(refused, Err(EventLogError::Unavailable { .. })), "{refused:?}");
    assert_eq!(at("store:right").append(&world.system(), append([1])).await, Ok(1));
}

#[tokio::test]
async fn a_token_is_presented() {
    if is_installed() {
        let settings = "jetstream { store_dir: \"STORE\" }\nauthorization { token: \"t0ken\" }";
        let world = World::on(NatsServer::with_settings(settings));
        let log = log_at(&world.server.url().replace("://", "://t0ken@"), world.clock.clone());
        assert_eq!(log.append(&world.system(), append(1..=3)).await, Ok(3));
    }
}

#[tokio::test]
async fn a_server_without_jetstream_is_refused_by_what_it_needs() {
    if is_installed() {
        let world = World::on(NatsServer::with_settings(""));
        let refused = world.log.prepare(&["topic"]).await.expect_err("there is no JetStream");
        assert!(refused.to_string().contains("jetstream { store_dir"), "{refused}");
        let refused = world.log.append(&world.system(), append([1])).await;
        assert!(matches!(refused, Err(EventLogError::Unavailable { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn what_is_damaged_is_refused_by_its_number_and_what_is_before_it_is_read() {
    if !is_installed() {
        return;
    }
    let world = World::new();
    assert_eq!(world.log.append(&world.system(), append(1..=3)).await, Ok(3));
    // As nobody should, straight into the stream.
    let stray = serde_json::to_vec(&event(4)).expect("it is plain data");
    publish(&world, HeaderMap::new(), stray).await;
    let mut headers = HeaderMap::new();
    headers.insert(crate::append::CHECKSUM, "1");
    publish(&world, headers, serde_json::to_vec(&event(5)).expect("it is plain data")).await;
    publish(&world, HeaderMap::new(), b"nothing".to_vec()).await;
    assert_eq!(
        world.log.read(&world.system(), read(0, 10, 0)).await,
        Ok((1..=3).map(event).collect::<Vec<_>>())
    );
    for (after, says) in
        [(3, "it has no checksum"), (4, "does not match its checksum"), (5, "cannot be read")]
    {
        let damaged = world.log.read(&world.system(), read(after, 10, 0)).await;
        let is_right = matches!(&damaged, Err(EventLogError::Damaged { offset, reason, .. })
            if *offset == after + 1 && reason.contains(says));
        assert!(is_right, "{damaged:?}");
    }
    world.log.renew(&world.system(), "topic", 4).await.expect("it can be written anew");
    assert_eq!(world.log.last_offset(&world.system(), "topic".to_owned()).await, Ok(3));
    assert_eq!(world.log.append(&world.system(), append(4..=6)).await, Ok(6));
    assert_eq!(
        world.log.read(&world.system(), read(3, 10, 0)).await,
        Ok((4..=6).map(event).collect::<Vec<_>>())
    );
}

#[tokio::test]
async fn an_event_that_is_missing_between_others_is_no_gap_that_anybody_crosses() {
    if !is_installed() {
        return;
    }
    let world = World::new();
    let api = world.log.api(&world.system()).await.expect("it is there");
    // Unlike ours, this stream lets events be deleted.
    let lax = json!({
        "name": "CLEAVE_topic", "subjects": ["cleave.events.topic"], "allow_direct": true, "allow_atomic": true,
    });
    api.ask::<Value>("STREAM.CREATE.CLEAVE_topic", &lax).await.expect("it answers").expect("it is made");
    assert_eq!(world.log.append(&world.system(), append(1..=5)).await, Ok(5));
    for sequence in [3, 5] {
        let request = json!({"seq": sequence});
        let deleted = api.ask::<Value>("STREAM.MSG.DELETE.CLEAVE_topic", &request).await;
        deleted.expect("it answers").expect("it is deleted");
    }
    let before = world.log.read(&world.system(), read(0, 10, 0)).await;
    assert_eq!(before, Ok(vec![event(1), event(2)]));
    for (after, missing) in [(2, 3), (4, 5)] {
        let damaged = world.log.read(&world.system(), read(after, 10, 0)).await;
        let is_right = matches!(&damaged, Err(EventLogError::Damaged { offset, reason, .. })
            if *offset == missing && reason.contains("it is missing"));
        assert!(is_right, "{damaged:?}");
    }
}

#[tokio::test]
async fn a_lost_stream_is_an_empty_topic_which_relays_fill_from_its_beginning() {
    if !is_installed() {
        return;
    }
    let world = World::new();
    assert_eq!(world.log.append(&world.system(), append(1..=5)).await, Ok(5));
    let api = world.log.api(&world.system()).await.expect("it is there");
    let deleted = api.ask::<Value>("STREAM.MSG.DELETE.CLEAVE_topic", &json!({"seq": 3})).await;
    assert!(deleted.expect("it answers").is_err(), "nobody deletes one event");
    let name = "STREAM.DELETE.CLEAVE_topic";
    api.ask::<Value>(name, &()).await.expect("it answers").expect("a whole stream can be deleted");
    assert_eq!(world.log.read(&world.system(), read(0, 10, 0)).await, Ok(Vec::new()), "it is lost");
    assert_eq!(world.log.last_offset(&world.system(), "topic".to_owned()).await, Ok(0));
    let gap = world.log.append(&world.system(), append([6])).await;
    assert_eq!(gap, Err(EventLogError::Gap { topic: "topic".to_owned(), last_offset: 0 }));
    assert_eq!(world.log.append(&world.system(), append(1..=6)).await, Ok(6), "relays bring all of it again");
}

#[tokio::test]
async fn a_name_that_could_be_another_subject_is_refused() {
    if is_installed() {
        let world = World::new();
        for name in ["*", ">", "a.b", "", "a b", "A"] {
            let refused = world.log.last_offset(&world.system(), name.to_owned()).await;
            assert_eq!(refused, Err(EventLogError::Internal), "{name:?}");
            let progress =
                ConsumerProgress { consumer: name.to_owned(), topic: "topic".to_owned(), position: 1 };
            assert_eq!(world.log.report(&world.system(), progress).await, Err(EventLogError::Internal));
        }
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_no_answer_in_time() {
    if is_installed() {
        let world = World::new();
        let late = Context { deadline: world.clock.instant(), ..world.system() };
        assert_eq!(world.log.append(&late, append([1])).await, Err(EventLogError::Timeout));
    }
}

async fn publish(world: &World, headers: HeaderMap, payload: Vec<u8>) {
    let api = world.log.api(&world.system()).await.expect("it is there");
    let published = api.publish("cleave.events.topic".to_owned(), headers, payload.into()).await;
    published.expect("it answers").expect("there is a stream").expect("it is stored");
}

async fn config(world: &World) -> Value {
    let api = world.log.api(&world.system()).await.expect("it is there");
    api.stream("CLEAVE_topic").await.expect("it answers").expect("it is there").config.into()
}

async fn update(world: &World, changes: &[(&str, Value)]) {
    let mut config = config(world).await;
    for (key, value) in changes {
        config[key] = value.clone();
    }
    let api = world.log.api(&world.system()).await.expect("it is there");
    let updated = api.ask::<Value>("STREAM.UPDATE.CLEAVE_topic", &config).await;
    updated.expect("it answers").expect("it can be changed");
}

#[tokio::test]
async fn the_bell_rings_with_the_number_of_what_anybody_has_stored() {
    if is_installed() {
        let world = World::new();
        assert_eq!(world.log.append(&world.system(), append([1])).await, Ok(1));
        let mut bell = world.log.bell(&world.system(), "topic").await.expect("it hangs");
        assert_eq!(world.other_log().append(&world.system(), append(2..=4)).await, Ok(4));
        let rung = tokio::time::timeout(Duration::from_secs(20), bell.wait_for(|last| *last == 4)).await;
        assert!(rung.is_ok_and(|rung| rung.is_ok()), "it rings");
    }
}

#[tokio::test]
async fn nobody_waits_for_an_answer_of_a_connection_that_is_lost() {
    if is_installed() {
        let mut world = World::new();
        let log = world.log.clone();
        let api = log.api(&world.system()).await.expect("it is there");
        let waiting = api.connection.within::<()>(Duration::from_mins(1), std::future::pending());
        let killing = async {
            tokio::task::yield_now().await;
            world.server.kill();
        };
        let (answer, ()) = tokio::join!(waiting, killing);
        assert!(matches!(answer, Err(NatsError::Unreachable { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused_by_its_version() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client comes");
        let info = json!({
            "server_id": "OLD", "version": "2.11.4", "proto": 1, "host": "127.0.0.1", "port": address.port(),
            "headers": true, "max_payload": 1_048_576, "jetstream": true,
        });
        stream.write_all(format!("INFO {info}\r\n").as_bytes()).expect("it listens");
        let lines = BufReader::new(stream.try_clone().expect("it can be read")).lines().map_while(Result::ok);
        for line in lines {
            if line == "PING" {
                stream.write_all(b"PONG\r\n").expect("it listens");
            }
        }
    });
    let log = log_at(&format!("nats://{address}"), Arc::new(SystemClock));
    let refused = log.ping().await.expect_err("it is too old");
    assert_eq!(
        refused,
        NatsError::TooOld { server: format!("nats://{address}"), found: "2.11.4".to_owned() }
    );
    assert!(refused.to_string().contains("2.11.4") && refused.to_string().contains("2.12.0"), "{refused}");
    drop(log);
    serving.join().expect("the client goes");
}
