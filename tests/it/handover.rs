//! Processes that are replaced while visitors come: the listening sockets pass from one to the next, so nobody is turned away.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use cleave::listeners::{Listeners, Places, hand_over};
use cleave::supervisor::RunProcess;
use cleave_compare::{Request, Response};
use rustix::process::Signal;

use crate::support::binary::{Binary, ask, signal};
use crate::support::crowd::{more, visit_during};
use crate::support::waiting::eventually;

/// So many deaths within a minute would end everything.
const RESTARTS: usize = 5;

/// A process is there in less, and does without the others only after several times as much.
const LONGER_THAN_A_START: Duration = Duration::from_secs(1);

fn process_of(binary: &Binary, service: &str) -> Option<RunProcess> {
    binary.run_record().and_then(|record| record.services.get(service)?.first().cloned())
}

/// Where a product is, of which the catalog tells only with the help of the inventory.
fn a_product(public: SocketAddr) -> String {
    let page = ask(public, &Request::get("/api/v1/products?limit=1")).text();
    let page = serde_json::from_str::<serde_json::Value>(&page).expect("a page is JSON");
    format!("/api/v1/products/{}", page["items"][0]["id"].as_str().expect("a product has an id"))
}

/// Restarts the only process of a service several times, while others visit `address`; all of them are answered.
#[track_caller]
fn nobody_is_turned_away_while_it_is_replaced(
    binary: &Binary,
    service: &str,
    address: SocketAddr,
    path: &str,
) {
    let first = process_of(binary, service).expect("it runs");
    let mut places = Vec::new();
    let outcome = |answer: &Response| {
        if answer.text().contains("\"available\":null") {
            "without what another module knows".to_owned()
        } else {
            answer.status.to_string()
        }
    };
    let outcomes = visit_during(address, path, outcome, |answers| {
        more(answers, 50);
        for _ in 0..RESTARTS {
            let old = process_of(binary, service).expect("it runs");
            signal(old.pid, Signal::TERM);
            let new = eventually(
                "another process has taken over",
                || process_of(binary, service),
                |now| now.as_ref().is_some_and(|now| now.pid != old.pid),
            );
            places.extend(new.map(|new| (new.internal, new.public)));
            more(answers, 50);
        }
    });
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["200"], "{outcomes:?}");
    assert_eq!(places, [(first.internal, first.public); RESTARTS], "each is where the one before was");
}

#[test]
fn a_monolith_is_replaced_and_every_visitor_is_answered() {
    let binary = Binary::new();
    let up = binary.up("monolith", &[]);
    let public = binary.run_record().expect("it runs").public;
    nobody_is_turned_away_while_it_is_replaced(&binary, "monolith", public, &a_product(public));
    let ended = up.stop();
    assert_eq!(ended.code, Some(0));
    assert!(!ended.stderr.contains("died"), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("was asked to stop and has").count(), RESTARTS, "{}", ended.stderr);
}

#[test]
fn the_only_process_of_a_module_is_replaced_and_every_visitor_is_answered() {
    let binary = Binary::new();
    let up = binary.up("microservices", &[]);
    let public = binary.run_record().expect("it runs").public;
    nobody_is_turned_away_while_it_is_replaced(&binary, "catalog", public, &a_product(public));
    let internal = process_of(&binary, "catalog").expect("it runs").internal;
    nobody_is_turned_away_while_it_is_replaced(&binary, "catalog", internal, "/health/live");
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn the_only_process_behind_a_socket_file_is_replaced_and_every_visitor_is_answered() {
    let binary = Binary::new();
    let up = binary.up("microservices", &["--link", "unix"]);
    let public = binary.run_record().expect("it runs").public;
    nobody_is_turned_away_while_it_is_replaced(&binary, "catalog", public, &a_product(public));
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn a_successor_serves_nobody_before_it_knows_whom_it_calls() {
    let binary = Binary::new();
    let mut up = binary.up("microservices", &[]);
    let public = binary.run_record().expect("it runs").public;
    let product = a_product(public);
    let registry = process_of(&binary, "registry").expect("it runs").pid;
    signal(registry, Signal::STOP);
    signal(process_of(&binary, "catalog").expect("it runs").pid, Signal::TERM);
    up.until_it_prints("starting its successor");
    let (answered, answer) = channel();
    std::thread::scope(|scope| {
        scope.spawn(move || answered.send(ask(public, &Request::get(&product)).text()));
        let early = answer.recv_timeout(LONGER_THAN_A_START);
        signal(registry, Signal::CONT);
        assert_eq!(early, Err(RecvTimeoutError::Timeout), "it cannot know where the inventory is");
        let told = answer.recv().expect("the visitor is answered");
        assert!(told.contains("\"available\":") && !told.contains("\"available\":null"), "{told}");
    });
    assert_eq!(up.stop().code, Some(0));
}

#[test]
fn who_connects_to_a_process_that_was_killed_is_refused() {
    let binary = Binary::new();
    let up = binary.up("monolith", &[]);
    let (old, public) =
        (process_of(&binary, "monolith").expect("it runs"), binary.run_record().expect("it runs").public);
    signal(old.pid, Signal::KILL);
    // The next one takes another free port, so nobody listens at this one ever again.
    eventually(
        "connecting is refused",
        || TcpStream::connect(public).err().map(|error| error.kind()),
        |refused| *refused == Some(ErrorKind::ConnectionRefused),
    );
    let new = eventually(
        "another process is there",
        || process_of(&binary, "monolith"),
        |now| now.as_ref().is_some_and(|now| now.pid != old.pid),
    );
    assert_ne!(new.and_then(|new| new.public), Some(public));
    assert_eq!(up.stop().code, Some(0));
}

/// Starts the program with what it is handed by `hand`, by way of another one, whose variables it inherits.
fn started_by(hand: impl FnOnce(&mut Command)) -> Command {
    let mut way = Command::new("env");
    hand(&mut way);
    // The harness clears what it starts of variables, so these go by argument.
    let variables =
        way.get_envs().filter_map(|(name, value)| Some(format!("{}={}", name.to_str()?, value?.to_str()?)));
    let variables = variables.collect::<Vec<_>>();
    way.args(variables);
    way
}

#[test]
fn a_process_without_a_supervisor_takes_the_sockets_that_it_is_handed() {
    let binary = Binary::new();
    binary.succeed(&["data", "seed", "--products", "3"]);
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let places = Places { internal: anywhere, unix: None, public: Some(anywhere) };
    let listeners = Listeners::bind(&places, "1").expect("ports are free");
    let public = listeners.public().expect("it is bound").expect("it has one");
    let handed = listeners.try_clone().expect("they can be held twice");
    let mut way = started_by(|way| hand_over(handed, way).expect("they can be handed over"));
    way.env_remove("LISTEN_PID");
    let serving = binary.start_by(way, &["serve", "--topology", "monolith"]);
    // It waits where the process is not there yet.
    assert_eq!(ask(public, &Request::get("/health/ready")).status, 200);
    drop(listeners);
    assert_eq!(serving.stop().code, Some(0));
    let refused = TcpStream::connect(public).expect_err("nobody holds it any more");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn sockets_that_a_process_cannot_use_are_refused_by_name() {
    let binary = Binary::new();
    binary.succeed(&["data", "seed", "--products", "3"]);
    let hand = |name: &str| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let listeners =
            Places { internal: listener.local_addr().expect("it is bound"), unix: None, public: None };
        drop(listener);
        let listeners = Listeners::bind(&listeners, "1").expect("the port is free");
        let mut way = started_by(|way| hand_over(listeners, way).expect("it can be handed over"));
        way.arg(format!("LISTEN_FDNAMES={name}"));
        way
    };
    for (topology, service, name, words) in [
        ("monolith", "monolith", "http", "descriptor 3 \"http\": call it internal, unix or public"),
        ("monolith", "monolith", "unix", "the socket `unix` was handed over and cannot be used"),
        (
            "microservices",
            "registry",
            "public",
            "the socket `public` was handed over, and this process has no such listener",
        ),
    ] {
        let arguments = ["serve", "--topology", topology, "--service", service];
        let ended = binary.start_by(hand(name), &arguments).ended();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
    }
}
