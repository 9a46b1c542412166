//! Where a request's time went, as answers tell it in the header `Server-Timing`.

use std::time::Duration;

use cleave::topology::{Link, Topology};
use cleave_compare::Request;
use cleave_core::Clock as _;
use cleave_timing::header::{self, Entry};
use cleave_timing::moments;

use crate::support::answer::Answer;
use crate::support::store::Store;
use crate::support::topologies::{named, presets, relinked};
use crate::support::world::World;

/// How late the sandbox of the payments answers to `tok_slow` in these tests.
const SLOW: Duration = Duration::from_millis(200);

fn timed(topology: Topology) -> World {
    World::on(Store::with_settings(&[("server.timing_headers", "true")]), topology)
}

/// What an answer tells: the whole, and its shares.
#[track_caller]
fn told(answer: &Answer) -> (Duration, Vec<Entry>) {
    let headers = answer.response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(header::NAME));
    let values = headers.map(|(_, value)| value.as_str()).collect::<Vec<_>>();
    let [value] = values[..] else { panic!("{}: one header was expected: {values:?}", answer.asked) };
    let first = value.split([',', ';']).take(2).collect::<Vec<_>>();
    let ["total", whole] = first[..] else { panic!("the whole comes first: {value}") };
    let whole = whole.strip_prefix("dur=").and_then(|ms| ms.parse::<f64>().ok()).expect("it is a number");
    (Duration::from_secs_f64(whole / 1_000.0), header::parse(value))
}

fn names(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.name.as_str()).collect()
}

fn spent(entries: &[Entry], name: &str) -> Duration {
    entries.iter().filter(|entry| entry.name == name).map(|entry| entry.spent).sum()
}

#[test]
fn without_the_setting_no_answer_tells_anything() {
    for topology in ["monolith", "microservices"] {
        let world = World::start(topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        let credential = world.credential();
        let peer = Request::get("/peer").header("x-cleave-credential", credential.header_value());
        let service = world.services().next().expect("some service runs").to_owned();
        for answer in [world.visitor().get_product(&id), world.ask_with(&service, &peer)] {
            assert_eq!(answer.response.header(header::NAME), None, "{topology}: {answer:?}");
        }
    }
}

#[test]
fn the_parts_add_up_to_the_whole_which_is_no_longer_than_the_customer_waited() {
    let [memory, thread] =
        [Link::Memory, Link::Thread].map(|within| relinked(&named("monolith"), Link::Tcp, within));
    let unix = relinked(&named("microservices"), Link::Unix, Link::Direct);
    for topology in presets().into_iter().chain([memory, thread, unix]) {
        let name = topology.name().to_owned();
        let world = timed(topology);
        let id = world.admin().bring_in("LAMP-1", 5);
        let customer = world.user();
        let asking: [&dyn Fn() -> Answer; 5] = [
            &|| customer.list_products(""),
            &|| customer.get_product(&id),
            &|| customer.put_item(&id, 1),
            &|| customer.place_order("tok_visa", "order"),
            &|| customer.get_product("no-id"),
        ];
        for ask in asking {
            let began = world.store().clock.instant();
            let answer = ask();
            let waited = world.store().clock.instant() - began;
            let (whole, entries) = told(&answer);
            let sum = entries.iter().map(|entry| entry.spent).sum::<Duration>();
            let error = sum.abs_diff(whole);
            assert!(error < Duration::from_nanos(100), "{name}: {}: {whole:?} {entries:?}", answer.asked);
            assert!(whole <= waited, "{name}: {}: {whole:?} of {waited:?}", answer.asked);
        }
    }
}

#[test]
fn in_one_process_an_answer_tells_of_parts_and_in_several_of_peers_too() {
    let own = ["framework", "handler", "pool", "db", "json"];
    let together = timed(named("monolith"));
    let id = together.admin().bring_in("LAMP-1", 5);
    let (_, entries) = told(&together.visitor().get_product(&id));
    assert_eq!(names(&entries), own);

    let apart = timed(named("microservices"));
    let id = apart.admin().bring_in("LAMP-1", 5);
    let (_, entries) = told(&apart.visitor().get_product(&id));
    let of_peer = |peer: &'static str| own.map(|part| format!("{peer}.{part}"));
    let mut expected = vec!["framework".to_owned()];
    expected.extend(of_peer("catalog"));
    expected.extend(of_peer("catalog.inventory"));
    expected.extend(["catalog.inventory.wire", "catalog.wire"].map(str::to_owned));
    assert_eq!(names(&entries), expected);
}

#[test]
fn a_slow_peer_shows_as_that_peer_wherever_it_is() {
    let cases = [
        ("monolith", "handler"),
        ("microservices", "orders.payments.handler"),
        ("orders+payments | *", "orders.handler"),
    ];
    for (topology, slow) in cases {
        let settings = [("server.timing_headers", "true"), ("payments.slow_ms", "200")];
        let world = World::on(Store::with_settings(&settings), named(topology));
        let id = world.admin().bring_in("LAMP-1", 5);
        let customer = world.user();
        customer.put_item(&id, 1).ok();
        let quick = customer.place_order("tok_visa", "quick");
        quick.created();
        customer.put_item(&id, 1).ok();
        let late = customer.place_order("tok_slow", "late");
        late.created();
        let (whole, entries) = told(&late);
        assert!(spent(&entries, slow) >= SLOW, "{topology}: {entries:?}");
        assert!(whole >= SLOW);
        let (_, entries) = told(&quick);
        assert!(spent(&entries, slow) < SLOW, "{topology}: {entries:?}");
    }
}

#[test]
fn whoever_asks_for_moments_hears_them_on_the_clock_of_the_machine() {
    for topology in ["monolith", "microservices"] {
        let world = timed(named(topology));
        let list = Request::get("/api/v1/products?limit=1");
        let asking = list.clone().header(header::ASKED, header::MOMENTS);
        let sent = moments::nanos(world.store().clock.instant());
        let answer = world.visitor().send(&asking);
        let received = moments::nanos(world.store().clock.instant());
        let value = answer.response.header(header::NAME).expect("it tells");
        let told = header::moments(value).expect("it was asked for them");
        assert!(sent <= told.begun_ns && told.told_ns <= received, "{topology}: {sent} {value} {received}");
        let (whole, _) = self::told(&answer);
        let between = Duration::from_nanos(told.told_ns - told.begun_ns);
        assert!(between.abs_diff(whole) < Duration::from_nanos(100), "{topology}: {between:?} {value}");
        let unasked = world.visitor().send(&list);
        let value = unasked.response.header(header::NAME).expect("it tells");
        assert_eq!(header::moments(value), None, "{topology}: nobody asked: {value}");
    }
    let silent = World::start("monolith");
    let asking = Request::get("/api/v1/products?limit=1").header(header::ASKED, header::MOMENTS);
    assert_eq!(silent.visitor().send(&asking).response.header(header::NAME), None);
}

#[test]
fn only_peers_hear_of_it_from_a_listener_for_peers() {
    let world = timed(named("microservices"));
    let credential = world.credential();
    let asked = |request: Request| world.ask_with("catalog", &request);
    let proven = Request::get("/peer").header("x-cleave-credential", credential.header_value());
    told(&asked(proven));
    for unproven in [
        Request::get("/peer"),
        Request::get("/metrics"),
        Request::get("/peer").header("x-cleave-credential", "x"),
    ] {
        assert_eq!(asked(unproven).response.header(header::NAME), None);
    }
}

#[test]
fn nothing_that_a_customer_sends_stands_in_what_is_told() {
    let world = timed(named("microservices"));
    let pretending = Request::get("/api/v1/products?limit=1")
        .header("server-timing", "planted;dur=1")
        .header("x-cleave-credential", "planted")
        .header("x-request-id", "planted");
    let answer = world.visitor().send(&pretending);
    let (_, entries) = told(&answer);
    assert!(names(&entries).iter().all(|name| !name.contains("planted")), "{entries:?}");
    let value = answer.response.header(header::NAME).expect("it tells");
    assert!(!value.contains("planted") && !value.contains("x-cleave"), "{value}");
}
