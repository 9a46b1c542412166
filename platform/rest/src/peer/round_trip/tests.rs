use cleave_core::SystemClock;
use cleave_telemetry::Metrics;

use super::*;

const QUARTER_MS: Duration = Duration::from_micros(250);

fn round_trip(length: Duration) -> RoundTrip {
    RoundTrip::new(length, Metrics::default().round_trip_overshoot("far"))
}

fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// How long each of so many round trips took, one after the other.
async fn passed(round_trip: &RoundTrip, count: usize) -> Vec<Duration> {
    let mut took = Vec::new();
    for _ in 0..count {
        let begun = SystemClock.instant();
        round_trip.pass(&SystemClock).await.expect("a timer");
        took.push(SystemClock.instant() - begun);
    }
    took
}

#[test]
fn a_round_trip_is_never_shorter_than_asked_and_longer_by_less_than_a_tick_of_the_runtime() {
    let mut took = on_one_thread(passed(&round_trip(QUARTER_MS), 400));
    took.sort_unstable();
    assert!(took[0] >= QUARTER_MS, "{took:?}");
    // Others may be using the processors: the calmest quarter has to be punctual. On a machine of its own all are.
    let overshoot = took[100].saturating_sub(QUARTER_MS);
    assert!(overshoot < Duration::from_micros(500), "longer by {overshoot:?}");
}

#[test]
fn round_trips_at_the_same_time_do_not_wait_for_each_other() {
    let length = Duration::from_millis(20);
    let round_trip = round_trip(length);
    let begun = SystemClock.instant();
    on_one_thread(futures_util::future::join_all((0..100).map(|_| passed(&round_trip, 1))));
    let took = SystemClock.instant() - begun;
    assert!((length..length * 50).contains(&took), "{took:?}");
    assert_eq!(round_trip.idle.borrow().len(), 100, "each had a timer of its own, for the next one to use");
}

#[test]
fn whoever_gives_up_shortens_no_round_trip_of_others() {
    let length = Duration::from_millis(30);
    let round_trip = round_trip(length);
    let took = on_one_thread(async {
        passed(&round_trip, 1).await;
        let given_up = tokio::time::timeout(Duration::from_millis(5), round_trip.pass(&SystemClock)).await;
        assert!(given_up.is_err(), "it is not over yet");
        passed(&round_trip, 2).await
    });
    assert!(took.iter().all(|took| *took >= length), "{took:?}");
}

#[test]
fn by_how_much_each_was_longer_is_counted_by_service() {
    let metrics = Metrics::default();
    let round_trip = RoundTrip::new(QUARTER_MS, metrics.round_trip_overshoot("far"));
    on_one_thread(passed(&round_trip, 3));
    let text = metrics.render();
    assert!(text.contains(r#"cleave_round_trip_overshoot_seconds_count{service="far"} 3"#), "{text}");
}
