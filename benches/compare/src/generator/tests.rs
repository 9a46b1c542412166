use std::sync::Mutex;
use std::thread;

use super::*;
use crate::dice::Dice;
use crate::http::Response;
use crate::schedule::poisson;
use crate::testing::Server;

struct Hello;

impl Journey for Hello {
    fn name(&self) -> &'static str {
        "hello"
    }

    fn request(&self, dice: &mut Dice) -> Request {
        Request::get(format!("/{}", dice.below(100)))
    }

    fn accepts(&self, response: &Response) -> bool {
        response.status == 200 && response.body == b"hello"
    }
}

fn limits() -> Limits {
    Limits {
        connections: 4,
        connections_most: 64,
        request_timeout: Duration::from_secs(5),
        late: Duration::from_millis(1),
        spin: false,
    }
}

fn hello(_path: &str, _number: u64) -> (u16, String) {
    (200, "hello".to_owned())
}

/// 1,000 requests a second for one second.
fn open_loop(server: &Server, limits: Limits) -> Phase {
    const LENGTH: Duration = Duration::from_secs(1);
    let mut generator =
        Generator::new(vec![server.address], None, limits, &Interruption::default()).expect("connections");
    let schedule = poisson(&mut Dice::new(1, &[]), 1000.0, LENGTH);
    let mut dice = Dice::new(2, &[]);
    let requests = generator.prepare(schedule.iter().map(|_| Hello.request(&mut dice)));
    let load = Load { journey: &Hello, requests: &requests };
    generator.open_loop(load, &schedule, LENGTH).expect("a phase")
}

#[test]
fn a_calm_server_answers_everything() {
    let phase = open_loop(&Server::start(hello), limits());
    assert!(phase.requests > 800);
    assert_eq!((phase.accepted, phase.errors), (phase.requests, 0));
    assert_eq!(phase.latencies.count(), phase.requests);
    assert_eq!(phase.lateness.count() + phase.queued, phase.requests);
}

#[test]
fn a_stall_is_charged_to_every_request_that_came_meanwhile() {
    let gate = Mutex::new(());
    let server = Server::start(move |path, number| {
        let _one_at_a_time = gate.lock();
        if number == 300 {
            // The one sleep that a test needs: it is the fault that must be seen.
            thread::sleep(Duration::from_millis(300));
        }
        hello(path, number)
    });
    let phase = open_loop(&server, limits());
    assert_eq!(phase.accepted, phase.requests);
    // About 300 of 1,000 requests were due during the stall; a client that waits for each answer would count one
    // slow request per connection, and its p99 would show nothing. Waiting for one of 64 connections counts as well.
    let p99_us = phase.latencies.quantile_us(0.99).expect("samples");
    assert!((250_000.0..4_000_000.0).contains(&p99_us), "p99 is {p99_us} us");
    let p75_us = phase.latencies.quantile_us(0.75).expect("samples");
    assert!(p75_us > 20_000.0, "a quarter of the requests felt the stall, but p75 is {p75_us} us");
    assert!(phase.queued > 0, "the stall used up the connections");
}

#[test]
fn wrong_answers_are_errors_and_have_no_latency() {
    let server = Server::start(|path, number| match number % 4 {
        0 => (503, "hello".to_owned()),
        1 => (200, "goodbye".to_owned()),
        _ => hello(path, number),
    });
    let phase = open_loop(&server, limits());
    assert_eq!(phase.accepted + phase.errors, phase.requests);
    assert_eq!(phase.latencies.count(), phase.accepted);
    let share = phase.errors as f64 / phase.requests as f64;
    assert!((share - 0.5).abs() < 0.01, "{share} of the answers were counted as errors");
}

#[test]
fn a_request_without_an_answer_is_given_up_and_the_run_goes_on() {
    let server = Server::start(|path, number| {
        if number == 100 {
            thread::park();
        }
        hello(path, number)
    });
    let phase = open_loop(&server, Limits { request_timeout: Duration::from_millis(200), ..limits() });
    assert_eq!((phase.errors, phase.accepted), (1, phase.requests - 1));
    let longest_us = phase.latencies.max_us().expect("samples");
    assert!(
        longest_us >= 199_000.0,
        "the given up request counts as long as it was waited for: {longest_us} us"
    );
}

#[test]
fn a_server_that_is_gone_gives_errors_not_a_hang() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("bound")
    };
    let mut generator = match Generator::new(vec![address], None, limits(), &Interruption::default()) {
        Ok(generator) => generator,
        // Some systems refuse at once, others when the connection is used.
        Err(error) => return assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused),
    };
    let requests = generator.prepare([Request::get("/")]);
    let load = Load { journey: &Hello, requests: &requests };
    let phase = generator.open_loop(load, &[Duration::ZERO], Duration::from_millis(1)).expect("a phase");
    assert_eq!((phase.errors, phase.accepted), (1, 0));
}

#[test]
fn the_closed_loop_keeps_every_connection_busy() {
    let busy = std::sync::atomic::AtomicUsize::new(0);
    let most = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = std::sync::Arc::clone(&most);
    let server = Server::start(move |path, number| {
        use std::sync::atomic::Ordering::SeqCst;
        seen.fetch_max(busy.fetch_add(1, SeqCst) + 1, SeqCst);
        thread::yield_now();
        busy.fetch_sub(1, SeqCst);
        hello(path, number)
    });
    let mut generator =
        Generator::new(vec![server.address], None, limits(), &Interruption::default()).expect("connections");
    let requests = generator.prepare([Request::get("/a"), Request::get("/b")]);
    let load = Load { journey: &Hello, requests: &requests };
    let (ramp, length) = (Duration::from_millis(50), Duration::from_millis(300));
    let phase = generator.closed_loop(load, ramp, length).expect("a phase");
    assert_eq!(phase.errors, 0);
    assert!(phase.accepted > 100 && phase.accepted < phase.requests, "{phase:?}");
    assert_eq!(phase.counted, Duration::from_millis(250));
    assert!(most.load(std::sync::atomic::Ordering::SeqCst) <= 4, "never more than the connections");
}

#[test]
fn a_load_that_is_interrupted_ends_though_nobody_is_answered_and_much_is_to_come() {
    const HOUR: Duration = Duration::from_hours(1);
    let interruption = Interruption::default();
    let wish = interruption.clone();
    let server = Server::start(move |_, _| {
        wish.want();
        thread::park();
        (200, String::new())
    });
    let patient = Limits { request_timeout: HOUR, ..limits() };
    let generator =
        || Generator::new(vec![server.address], None, patient, &interruption).expect("connections");
    let mut open = generator();
    let requests = open.prepare([Request::get("/"), Request::get("/")]);
    let load = Load { journey: &Hello, requests: &requests };
    let error = open.open_loop(load, &[Duration::ZERO, HOUR], HOUR).expect_err("it ends before its time");
    assert_eq!(error.to_string(), "interrupted");
    assert!(generator().closed_loop(load, Duration::ZERO, HOUR).is_err());
}
