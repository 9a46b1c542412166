use std::thread;
use std::time::Duration;

use super::cell::Told;
use super::*;
use crate::http::{Request, Response};
use crate::subject::Running;
use crate::testing::{MadeUp, Served, Server};

/// A deployment that takes 20 ms for each answer, and tells of some of them.
struct Slow {
    header: &'static str,
}

const TELLING: &str =
    "server-timing: total;dur=15, db;dur=10;desc=\"database\", stock.handler;dur=3, stock.wire;dur=2\r\n";

impl Subject for Slow {
    fn label(&self) -> &'static str {
        "slow"
    }

    fn answers(&self, journey: &str) -> bool {
        journey != "foreign"
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let server = Server::start_with_header(self.header, |path, _| {
            thread::sleep(Duration::from_millis(20));
            (if path == "/wrong" { 500 } else { 200 }, "hello".to_owned())
        });
        Ok(Box::new(Served(server)))
    }
}

struct Get(&'static str);

impl Journey for Get {
    fn name(&self) -> &str {
        self.0
    }

    fn request(&self, _dice: &mut Dice) -> Request {
        Request::get(format!("/{}", self.0))
    }

    fn rate_per_second(&self, plan: f64) -> f64 {
        plan / 10.0
    }

    fn accepts(&self, response: &Response) -> bool {
        response.status == 200
    }
}

fn measure(timed: &Slow, journeys: &[&dyn Journey], interruption: &Interruption) -> Attribution {
    let plan = AttributionSettings { rounds: 2, requests: 10, warm_up_requests: 1 };
    measure_as(plan, timed, journeys, interruption, || {}).expect("it can be measured")
}

fn measure_as(
    plan: AttributionSettings,
    timed: &Slow,
    journeys: &[&dyn Journey],
    interruption: &Interruption,
    begins: impl Fn(),
) -> Result<Attribution, CompareError> {
    let plain = Slow { header: "" };
    Attribution::measure(
        plan,
        &[Pair { plain: &plain, timed }],
        journeys,
        &Settings::quick(1),
        &CpuSets { servers: Vec::new(), generator: None, shared: true },
        interruption,
        |_, _, _| begins(),
    )
}

#[test]
fn the_time_of_the_client_is_split_as_the_answers_tell_and_the_rest_is_unexplained() {
    let timed = Slow { header: TELLING };
    let journeys: [&dyn Journey; 2] = [&Get("page"), &Get("foreign")];
    let attribution = measure(&timed, &journeys, &Interruption::default());
    let cell = attribution.cell("page", "slow").expect("its answers tell");
    let Segments { database_us, handler_us, between_us, client_us, residual_us, .. } = cell.segments;
    for (found, told_us) in [(database_us, 10_000.0), (handler_us, 3_000.0), (between_us, 2_000.0)] {
        assert!((found - told_us).abs() < 1.0, "{cell:?}");
    }
    // 5 ms at least are told by nobody; what a bare echo takes of them is the kernel's.
    assert!(client_us > 0.0 && client_us + residual_us >= 4_990.0, "{cell:?}");
    assert!(residual_us > 0.0 && cell.residual.value > 0.0, "{cell:?}");
    let round = &cell.rounds[0];
    assert_eq!((cell.rounds.len(), round.requests, round.errors), (2, 20, 0), "{cell:?}");
    assert!(round.segments.sum_us() >= 20_000.0, "it is the whole time of the client: {cell:?}");
    assert!(round.plain_p50_us.is_some_and(|us| us >= 20_000.0), "{cell:?}");
    assert_eq!((cell.probe, cell.residual.low), (None, None), "two rounds give no interval");
    assert!(attribution.cell("foreign", "slow").is_none(), "it was not asked for what it does not answer");
}

#[test]
fn answers_that_are_wrong_or_do_not_tell_are_no_measurement() {
    let journeys: [&dyn Journey; 1] = [&Get("page")];
    let silent = measure(&Slow { header: "" }, &journeys, &Interruption::default());
    assert!(silent.cell("page", "slow").is_none(), "{silent:?}");
    let journeys: [&dyn Journey; 1] = [&Get("wrong")];
    let wrong = measure(&Slow { header: TELLING }, &journeys, &Interruption::default());
    assert!(wrong.cell("wrong", "slow").is_none(), "{wrong:?}");
}

#[test]
fn nothing_is_started_once_it_is_interrupted() {
    let interruption = Interruption::default();
    interruption.want();
    let attribution = measure(&Slow { header: TELLING }, &[&Get("page")], &interruption);
    assert!(attribution.journeys.is_empty());
}

#[test]
fn a_round_that_is_interrupted_is_not_waited_for() {
    let interruption = Interruption::default();
    let plan = AttributionSettings { rounds: 1, requests: 1_000_000, warm_up_requests: 1 };
    let timed = Slow { header: TELLING };
    let measured = measure_as(plan, &timed, &[&Get("page")], &interruption, || interruption.want());
    assert!(measured.is_err(), "half a round is none: {measured:?}");
}

/// A round of 42 requests, of which the slowest two are left out with all their parts, however slow they are.
fn round(ways: impl Fn(u32) -> Option<Ways>) -> AttributionRound {
    let told = |number: u32| {
        let whole = Duration::from_micros(u64::from(1_000 + number));
        let db_ms = 0.1 + 0.002 * f64::from(number % 7);
        let value =
            format!("total;dur=1, db;dur={db_ms}, framework;dur=0.2, a.json;dur=0.05, a.untold;dur=0.1");
        let segments = Segments::told(&value, whole);
        assert!((segments.sum_us() - whole.as_secs_f64() * 1e6).abs() < 1e-6);
        let sample = Sample { sent_ns: number.into(), received_ns: 0, server_timing: value, echo_us: 40.0 };
        Told { whole_us: f64::from(1_000 + number), segments, ways: ways(number), sample, echo_us: 40.0 }
    };
    let mut all: Vec<Told> = (0..40).map(told).collect();
    all.push(told(1_000_000));
    all.push(told(2_000_000));
    AttributionRound::of(all, vec![1_000.0; 3], 1).expect("requests told")
}

#[test]
fn the_segments_of_a_round_add_up_to_the_mean_of_the_requests_that_count() {
    let round = round(|_| None);
    // Two of 42 are left out at each end: from 2 to 39 remain.
    assert!((round.segments.sum_us() - 1_020.5).abs() < 1e-6, "{round:?}");
    assert!((round.segments.client_us - 40.0).abs() < 1e-9 && round.segments.residual_us > 500.0);
    assert_eq!((round.requests, round.errors), (42, 1));
    let kept = round.samples.iter().map(|sample| sample.sent_ns).collect::<Vec<_>>();
    assert_eq!(kept, [0, 14, 28], "some of them, spread evenly");
}

#[test]
fn stamps_of_one_clock_give_the_way_in_place_of_the_echo() {
    let known = round(|number| {
        (number < 1_000_000).then_some(Ways { in_us: 200.0, out_us: 100.0 + f64::from(number) })
    });
    assert!((known.segments.client_us - 320.5).abs() < 1e-6, "{known:?}");
    assert!((known.segments.sum_us() - 1_020.5).abs() < 1e-6, "{known:?}");
    let ways = known.ways.expect("those that were left out do not matter");
    assert!((ways.sum_us() - known.segments.client_us).abs() < 1e-6, "{known:?}");
    let one_is_unknown = round(|number| (number != 7).then_some(Ways { in_us: 200.0, out_us: 100.0 }));
    assert!((one_is_unknown.segments.client_us - 40.0).abs() < 1e-9 && one_is_unknown.ways.is_none());
}

#[test]
fn an_echo_that_is_slower_than_what_is_left_explains_no_more_than_that() {
    let segments = Segments::told("db;dur=0.9", Duration::from_millis(1)).with_client(250.0);
    assert!((segments.client_us - 100.0).abs() < 1e-6 && segments.residual_us.abs() < 1e-9, "{segments:?}");
}

#[test]
fn the_shares_of_a_cell_and_its_probe_have_the_intervals_of_its_rounds() {
    let results = MadeUp::default().results();
    let cell = results.attribution.as_ref().and_then(|it| it.cell("list", "a | b")).expect("it is made up");
    assert!((cell.segments.sum_us() / cell.rounds.len() as f64).is_finite());
    let mean = cell.rounds.iter().map(|round| round.segments.sum_us()).sum::<f64>() / 5.0;
    assert!((cell.segments.sum_us() - mean).abs() < 1e-6, "means of rounds add up too");
    let share = 0.03 * 100.0 / (cell.rounds[0].segments.sum_us());
    assert!((cell.residual.value - share).abs() < 1e-3, "{:?}", cell.residual);
    let (low, high) = cell.residual.low.zip(cell.residual.high).expect("five rounds");
    assert!(low <= cell.residual.value + 1e-6 && cell.residual.value <= high + 1e-6, "{:?}", cell.residual);
    let probe = cell.probe.expect("five rounds");
    assert!((probe.value - 1.01).abs() < 1e-6, "{probe:?}");
}
