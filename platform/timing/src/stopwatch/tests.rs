use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A stopwatch, and what moves its time by so many milliseconds.
pub(crate) fn ticking() -> (Arc<Stopwatch>, impl Fn(u64)) {
    #[expect(clippy::disallowed_methods, reason = "some moment has to be the first")]
    let start = Instant::now();
    let passed = Arc::new(AtomicU64::new(0));
    let told = passed.clone();
    let now = move || start + Duration::from_millis(told.load(Ordering::Relaxed));
    (Stopwatch::since(start, now), move |ms| {
        passed.fetch_add(ms, Ordering::Relaxed);
    })
}

/// Numbers that look random and are the same in every run: each below what is asked for.
pub(crate) fn numbers() -> impl FnMut(usize) -> usize {
    let mut state = 42_u64;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((state >> 33) % below as u64).expect("it is below another one")
    }
}

fn told(stopwatch: &Stopwatch) -> Vec<(String, u128)> {
    let entries = stopwatch.told();
    let sum = entries.iter().map(|entry| entry.spent).sum::<Duration>();
    assert_eq!(sum, stopwatch.whole(), "the parts add up to the whole");
    entries.into_iter().map(|entry| (entry.name, entry.spent.as_millis())).collect()
}

fn expected(parts: &[(&str, u128)]) -> Vec<(String, u128)> {
    parts.iter().map(|(name, ms)| ((*name).to_owned(), *ms)).collect()
}

#[test]
fn inside_a_lap_the_inner_one_counts_and_the_rest_is_the_frameworks() {
    let (stopwatch, pass) = ticking();
    pass(1);
    let handler = stopwatch.begin(Part::Handler);
    pass(2);
    let pool = stopwatch.begin(Part::Pool);
    pass(4);
    drop(pool);
    let database = stopwatch.begin(Part::Database);
    pass(8);
    drop(database);
    pass(16);
    drop(handler);
    pass(32);
    assert_eq!(told(&stopwatch), expected(&[("framework", 33), ("handler", 18), ("pool", 4), ("db", 8)]));
}

#[test]
fn a_call_is_divided_as_its_peer_tells_and_what_remains_is_the_wires() {
    let (stopwatch, pass) = ticking();
    let call = stopwatch.begin_call("stock");
    pass(10);
    call.answered(Some("total;dur=7, handler;dur=1, db;dur=2.5, other.db;dur=3.5"));
    assert_eq!(
        told(&stopwatch),
        expected(&[("stock.handler", 1), ("stock.db", 2), ("stock.other.db", 3), ("stock.wire", 3)])
    );
}

#[test]
fn a_peer_that_tells_nothing_or_does_not_answer_is_named_all_the_same() {
    let (stopwatch, pass) = ticking();
    let call = stopwatch.begin_call("silent");
    pass(3);
    call.answered(None);
    let call = stopwatch.begin_call("silent");
    pass(4);
    drop(call);
    assert_eq!(told(&stopwatch), expected(&[("silent.untold", 7)]));
}

#[test]
fn calls_side_by_side_take_as_long_as_the_longer_one_and_not_as_both() {
    let (stopwatch, pass) = ticking();
    let first = stopwatch.begin_call("one");
    pass(10);
    let second = stopwatch.begin_call("two");
    pass(20);
    second.answered(Some("db;dur=20"));
    pass(10);
    // It took 40 ms, of which half belong to the other one; so does half of what its peer tells.
    first.answered(Some("db;dur=30"));
    assert_eq!(told(&stopwatch), expected(&[("two.db", 20), ("one.db", 15), ("one.wire", 5)]));
}

#[test]
fn a_peer_that_tells_of_more_than_the_call_took_gets_no_more_than_that() {
    let (stopwatch, pass) = ticking();
    let call = stopwatch.begin_call("boaster");
    pass(10);
    call.answered(Some("db;dur=60, handler;dur=40"));
    assert_eq!(told(&stopwatch), expected(&[("boaster.db", 6), ("boaster.handler", 4)]));
}

#[test]
fn what_goes_on_after_the_answer_counts_for_nothing() {
    let (stopwatch, pass) = ticking();
    let handler = stopwatch.begin(Part::Handler);
    pass(5);
    let told = stopwatch.told();
    pass(50);
    drop(handler);
    assert_eq!(told, [Entry::new("handler", Duration::from_millis(5))]);
}

#[test]
fn the_parts_add_up_whatever_begins_and_ends_in_whichever_order() {
    let mut number = numbers();
    for _ in 0..200 {
        let (stopwatch, pass) = ticking();
        let mut laps = Vec::new();
        for _ in 0..number(60) {
            pass(number(9) as u64);
            match number(4) {
                0 => laps.push((stopwatch.begin(Part::ALL[number(5)]), false)),
                1 => laps.push((stopwatch.begin_call(["a", "b"][number(2)]), true)),
                _ if laps.is_empty() => {}
                _ => match laps.swap_remove(number(laps.len())) {
                    (lap, true) => lap.answered(Some("db;dur=3, x.db;dur=4")),
                    (lap, false) => drop(lap),
                },
            }
        }
        told(&stopwatch);
    }
}
