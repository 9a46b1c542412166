//! A registry that is away, or answers what makes no sense, and the real processes that follow it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cleave_compare::Request;

use crate::support::binary::{Binary, Running, ask};
use crate::support::crowd::{ask_during, more};
use crate::support::proxy::{Fate, Proxy};
use crate::support::waiting::eventually;

/// The registry is a service, so that nothing else is asked on the way to it.
const TOPOLOGY: &str = "[services.front]\nroles = [\"gateway\"]\n[services.catalog]\nmodules = [\"catalog\"]\n\
                        [services.registry]\nroles = [\"registry\"]\n[services.back]\nroles = [\"events\"]\n\
                        modules = [\"inventory\", \"cart\", \"accounts\", \"orders\", \"payments\", \"notifications\"]\n";

const PRODUCTS: &str = "/api/v1/products?limit=3";

const AWAY: &str = "the last good answer of the registry has to do";
const BACK: &str = "the registry answers again";

/// Answers that nobody can take over.
const SENSELESS: [(&str, Fate); 8] = [
    ("no HTTP", Fate::Becomes(b"\x00\xff\xfe no HTTP\r\n\r\n")),
    ("no JSON", Fate::Becomes(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\nIt works!")),
    (
        "another JSON",
        Fate::Becomes(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 33\r\n\r\n\
              {\"epoch\": \"one\", \"services\": [1]}\n",
        ),
    ),
    (
        "an address that is none",
        Fate::Becomes(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
              {\"epoch\":7,\"revision\":1,\"settled\":true,\"services\":{\"catalog\":[{\"name\":\"1\",\"tcp\":\"nowhere\",\"unix\":null}]}}",
        ),
    ),
    ("500", Fate::Becomes(b"HTTP/1.1 500 Oh No\r\ncontent-length: 0\r\n\r\n")),
    ("half an answer", Fate::Becomes(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"epoch\": 7, ")),
    ("nothing", Fate::IsLost),
    ("nothing, for ever", Fate::IsLate),
];

/// Answers that would take everything away.
const EMPTY: [(&str, Fate); 2] = [
    (
        "no service",
        Fate::Becomes(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
              {\"epoch\":7,\"revision\":1,\"settled\":true,\"services\":{}}",
        ),
    ),
    (
        "services without processes",
        Fate::Becomes(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
              {\"epoch\":7,\"revision\":2,\"settled\":true,\"services\":{\"catalog\":[],\"back\":[]}}",
        ),
    ),
];

/// Nobody listens there.
const REFUSING: Fate = Fate::Becomes(
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n\
      {\"epoch\":7,\"revision\":3,\"settled\":true,\"services\":{\"catalog\":[{\"name\":\"1\",\"tcp\":\"127.0.0.1:1\",\"unix\":null}]}}",
);

/// What stands between the processes and the registry.
#[derive(Clone)]
struct Spell {
    fate: Arc<Mutex<Fate>>,
    /// How many answers to those who follow have had it.
    struck: Arc<AtomicUsize>,
}

impl Spell {
    fn new() -> Self {
        Self { fate: Arc::new(Mutex::new(Fate::Arrives)), struck: Arc::default() }
    }

    fn cast(&self, fate: Fate) {
        *self.fate.lock().expect("nobody panics with this lock") = fate;
        self.struck.store(0, Ordering::Relaxed);
    }

    fn proxy(&self) -> Proxy {
        let spell = self.clone();
        Proxy::new(move |exchange| {
            let fate = *spell.fate.lock().expect("nobody panics with this lock");
            if exchange.method == "GET" {
                spell.struck.fetch_add(1, Ordering::Relaxed);
            }
            fate
        })
    }

    /// Waits until each of three processes can have heard it.
    fn strikes(&self) {
        eventually("the answers are heard", || self.struck.load(Ordering::Relaxed), |count| *count >= 12);
    }
}

/// A store whose processes find the registry at this address, and ask it often.
fn store(registry: SocketAddr) -> Binary {
    let profile = format!(
        "topology = \"apart\"\n[public]\nport = 0\n[discovery.registry]\nlong_poll_ms = 50\n[peers]\nregistry = [\"tcp://{registry}\"]\n"
    );
    let binary = Binary::new().with_file("topologies/apart.toml", TOPOLOGY).with_file("own.toml", &profile);
    binary.succeed(&["data", "seed", "--profile", "own", "--products", "3"]);
    binary
}

#[track_caller]
fn is_ready(internal: SocketAddr) {
    let ready = || ask(internal, &Request::get("/health/ready")).status;
    eventually("it is ready", ready, |status| *status == 200);
}

fn stop(processes: impl IntoIterator<Item = Running>) {
    for process in processes {
        assert_eq!(process.stop().code, Some(0));
    }
}

#[test]
fn an_answer_that_makes_no_sense_or_takes_everything_away_changes_nothing_and_is_told_once() {
    let spell = Spell::new();
    let proxy = spell.proxy();
    let binary = store(proxy.address());
    let (registry, address, _) = binary.serve("own", "registry");
    proxy.lead_to(address);
    let (catalog, ..) = binary.serve("own", "catalog");
    let (back, ..) = binary.serve("own", "back");
    let (front, internal, public) = binary.serve("own", "front");
    let public = public.expect("it hosts the gateway");
    is_ready(internal);
    let found = || ask(public, &Request::get(PRODUCTS)).status;
    eventually("the catalogue is found", found, |status| *status == 200);
    let told = |words| front.lines_with(words).len();
    let outcomes = ask_during(public, PRODUCTS, |answers| {
        for (what, fate) in SENSELESS {
            println!("{what}");
            let (away, again) = (told(AWAY), told(BACK));
            spell.cast(fate);
            eventually("the process says so", || told(AWAY), |now| *now > away);
            if fate != Fate::IsLate {
                spell.strikes();
            }
            more(answers, 100);
            assert_eq!(told(AWAY), away + 1, "{what} is told once");
            spell.cast(Fate::Arrives);
            eventually("and that it is over", || told(BACK), |now| *now > again);
        }
        let away = told(AWAY);
        for (what, fate) in EMPTY {
            println!("{what}");
            spell.cast(fate);
            spell.strikes();
            more(answers, 100);
        }
        assert_eq!(told(AWAY), away, "an empty answer is one");
    });
    assert_eq!(outcomes.keys().collect::<Vec<_>>(), ["200"], "{outcomes:?}");

    // An address that is wrong cannot be told from one that is right; but it fails at once, and not for longer than it is told.
    spell.cast(REFUSING);
    eventually("the wrong address is taken over", found, |status| *status == 503);
    spell.cast(Fate::Arrives);
    eventually("the right one is back", found, |status| *status == 200);
    stop([front, catalog, back, registry]);
}

/// How often a process has asked the registry who is there, and got its answer or none.
fn watches(internal: SocketAddr) -> u64 {
    let metrics = ask(internal, &Request::get("/metrics")).text();
    let is_wanted = |line: &&str| {
        line.starts_with("cleave_call_duration_seconds_count") && line.contains("operation=\"watch\"")
    };
    let line = metrics.lines().find(is_wanted);
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn processes_that_start_without_the_registry_wait_for_it() {
    let proxy = Spell::new().proxy();
    let binary = store(proxy.address());
    let services = ["catalog", "back", "front"].map(|service| binary.serve("own", service));
    for (running, internal, _) in &services {
        eventually("it asks again and again", || watches(*internal), |asked| *asked >= 3);
        assert_eq!(running.lines_with(AWAY).len(), 1, "it is told once");
        let answer = ask(*internal, &Request::get("/health/ready"));
        assert_eq!(answer.status, 503);
        assert!(answer.text().contains("the registry"), "{}", answer.text());
        assert_eq!(ask(*internal, &Request::get("/health/live")).status, 200);
    }
    let (registry, address, _) = binary.serve("own", "registry");
    proxy.lead_to(address);
    for (_, internal, _) in &services {
        is_ready(*internal);
    }
    let public = services[2].2.expect("it hosts the gateway");
    let found = || ask(public, &Request::get(PRODUCTS)).status;
    eventually("the catalogue is found", found, |status| *status == 200);
    for (running, ..) in &services {
        assert_eq!(running.lines_with(AWAY).len(), 1, "no more than before");
    }
    let [catalog, back, front] = services.map(|(running, ..)| running);
    stop([front, catalog, back, registry]);
}
