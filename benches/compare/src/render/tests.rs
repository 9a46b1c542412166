use super::*;
use crate::affinity::CpuSets;
use crate::machine::Machine;
use crate::phases::Phases;
use crate::results::{ByName, Pacing, ProcessCount, SCHEMA_ID, SCHEMA_VERSION, Twin};
use crate::settings::Settings;
use crate::testing::MadeUp;

fn ratio(value: f64, half_width: f64) -> Ratio {
    Ratio { value, low: value - half_width, high: value + half_width }
}

fn cell(p50_us: f64) -> Cell {
    Cell {
        requests: 4000,
        errors: 0,
        offered_rps: Some(500.0),
        achieved_rps: Some(500.0),
        capacity_rps: Some(11_000.0),
        settled_ms: None,
        capacity_errors: 0,
        p50_us: Some(p50_us),
        p99_us: Some(p50_us * 3.0),
        p99_carries: true,
        cpu_us_per_request: None,
        cpu_us_per_request_by_service: ByName::new(),
        void_rounds: 0,
    }
}

fn named<T>(values: impl IntoIterator<Item = (&'static str, T)>) -> ByName<T> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn results() -> Results {
    let ratios = |value, half_width, capacity| Ratios {
        p50: Some(ratio(value, half_width)),
        capacity: Some(ratio(capacity, 0.02)),
        ..Ratios::default()
    };
    Results {
        schema: SCHEMA_ID.to_owned(),
        schema_version: SCHEMA_VERSION,
        began_at: None,
        seed: 42,
        machine: Machine { unoptimised: Some(false), ..Machine::detect("1.0.0") },
        topologies: vec!["mono".to_owned(), "micro".to_owned()],
        settings: Settings::quick(42),
        control: named([("item", ratios(1.004, 0.008, 1.0))]),
        journeys: named([("item", named([("mono", cell(84.0)), ("micro", cell(172.25))]))]),
        ratios: named([("item", named([("micro", ratios(2.05, 0.04, 0.51))]))]),
        memory_pss_kib: named([("mono", Some(20_480.0)), ("micro", None)]),
        start_ms: named([("mono", Some(110.0)), ("micro", Some(240.0))]),
        journey_order: vec!["item".to_owned()],
        memory_pss_idle_kib: named([("mono", Some(10_240.0)), ("micro", None)]),
        processes: named([(
            "mono",
            vec![ProcessCount { service: "all".to_owned(), threads: Some(4), memory_pss_kib: None }],
        )]),
        floor: None,
        twin: Twin { label: "mono (again)".to_owned(), journeys: named([("item", cell(84.5))]) },
        blast_radius: None,
        scale_out: None,
        demand_step: None,
        rolling_release: None,
        targets: None,
        ladder: None,
        load: None,
        round_trip: None,
        attribution: None,
        cpu_sets: CpuSets { servers: vec![0], generator: Some(1), shared: false },
        pacing: Pacing::default(),
        phases: Phases { warm_up_seconds: 0.1, paced_seconds: 0.8, capacity_seconds: 0.4 },
        script_steps: 12,
        ended_because: "all 10 rounds of the plan were measured".to_owned(),
        cut_short: false,
        elapsed_seconds: 108.0,
        rounds: Vec::new(),
        histograms: ByName::new(),
    }
}

#[test]
fn the_first_lines_tell_the_control_and_settle_the_matter_and_the_caveats_follow() {
    let text = table(&results(), false);
    let lines = text.lines().collect::<Vec<_>>();
    assert!(
        lines[0]
            .starts_with("A/A control: measured twice under two names, mono agrees with itself in 1 of 1"),
        "{text}"
    );
    assert!(lines[1].starts_with("micro answers in 2.05 times the p50 of mono (1 of 1 journeys)"), "{text}");
    assert!(text.contains("item: micro answers in 2.05 [2.01, 2.09] times the p50 of mono"), "{text}");
    assert!(text.contains("0.51 times its capacity"), "{text}");
    assert!(text.contains(
        "  A/A: mono measured twice under two labels differs from itself in p50 by item +0.4 % [-0.4, +1.2]"
    ));
    assert!(!text.contains("withheld"), "{text}");
}

#[test]
fn each_question_stands_once_in_the_order_in_which_it_is_asked() {
    let text = table(&MadeUp::default().results(), false);
    let headings = ["What it costs", "Where that comes from", "What it buys", "How far to trust it"];
    let found = text.lines().filter(|line| headings.contains(line)).collect::<Vec<_>>();
    assert_eq!(found, headings, "{text}");
    let before = text.lines().position(|line| line == headings[0]).expect("it is there");
    assert!((3..=6).contains(&before), "three to five sentences and a free line: {text}");
}

#[test]
fn what_spoils_all_is_the_first_that_is_said() {
    let mut results = MadeUp::default().results();
    results.ended_because = "it was interrupted, and what was not complete does not count".to_owned();
    results.cut_short = true;
    results.machine.unoptimised = Some(true);
    let text = table(&results, false);
    assert!(
        text.starts_with(
            "Mind: it was interrupted, and what was not complete does not count; it was built without"
        ),
        "{text}"
    );
}

#[test]
fn what_was_not_measured_is_said_and_never_zero() {
    let text = table(&results(), false);
    let micro = text.lines().find(|line| line.starts_with("micro     ")).expect("a row of the deployment");
    assert_eq!(micro.matches("not measured").count(), 4, "processes, threads and two memories: {text}");
    assert!(micro.ends_with("240"), "{text}");
}

#[test]
fn a_machine_that_others_use_is_told_of_and_an_idle_one_is_not() {
    let mut results = MadeUp::default().results();
    results.machine.busy_share_before = Some(0.4);
    assert!(table(&results, false).contains("other programs used 40 % of the processors"));
    results.machine.busy_share_before = Some(0.01);
    assert!(!table(&results, false).contains("other programs"));
}

#[test]
fn the_columns_are_aligned_with_and_without_colour() {
    let plain = table(&results(), false);
    assert!(!plain.contains('\x1b'));
    let width = |start: &str| {
        plain.lines().find(|line| line.starts_with(start)).map(|line| line.chars().count()).expect("a row")
    };
    assert_eq!(width("item     mono  "), width("item     micro "), "{plain}");
    assert_eq!(width("item     mono  "), width("journey  topology"), "{plain}");
    let coloured = table(&results(), true);
    assert!(coloured.contains("\x1b[1m"));
    let stripped = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[33m"]
        .iter()
        .fold(coloured, |text, escape| text.replace(escape, ""));
    assert_eq!(stripped, plain);
}

#[test]
fn conclusions_are_withheld_where_the_control_differs_or_is_too_wide() {
    for (value, half_width) in [(1.03, 0.01), (1.0, 0.08)] {
        let mut noisy = results();
        noisy.control =
            named([("item", Ratios { p50: Some(ratio(value, half_width)), ..Ratios::default() })]);
        let text = table(&noisy, false);
        assert!(
            text.lines().nth(1).is_some_and(|line| line.starts_with("Nothing may be concluded")),
            "{text}"
        );
        assert!(text.contains("item: conclusions withheld"), "{text}");
        assert!(text.contains("no conclusion is drawn") && !text.contains("answers in"), "{text}");
    }
}

#[test]
fn conclusions_are_withheld_where_requests_fail() {
    let mut failing = results();
    let broken = Cell { errors: 400, ..cell(20.0) };
    failing.journeys = named([("item", named([("mono", cell(84.0)), ("micro", broken)]))]);
    let text = table(&failing, false);
    assert!(text.contains("micro failed 400 of 4000 requests"), "{text}");
}

#[test]
fn conclusions_are_withheld_where_the_generator_was_late_too_often() {
    let mut late = results();
    let void = Cell { void_rounds: 7, ..cell(172.0) };
    late.journeys = named([("item", named([("mono", cell(84.0)), ("micro", void)]))]);
    let text = table(&late, false);
    assert!(text.contains("conclusions withheld: 7 of"), "{text}");
}

#[test]
fn a_difference_within_the_control_is_not_claimed() {
    let mut equal = results();
    equal.ratios =
        named([("item", named([("micro", Ratios { p50: Some(ratio(1.006, 0.004)), ..Ratios::default() })]))]);
    let text = table(&equal, false);
    assert!(text.contains("item: micro cannot be told from mono in p50 (1.01 [1.00, 1.01])"), "{text}");
}

#[test]
fn a_p99_of_too_few_samples_is_marked() {
    let mut few = results();
    few.twin.journeys = named([("item", Cell { p99_carries: false, ..cell(84.0) })]);
    let text = table(&few, false);
    assert!(text.contains("~252") && text.contains("~ fewer than ten samples"), "{text}");
}

#[test]
fn the_slope_over_the_round_trip_time_and_the_precision_of_the_delay_are_told() {
    let made_up = crate::testing::MadeUp::default().results();
    let text = table(&made_up, false);
    let row =
        text.lines().find(|line| line.starts_with("list") && line.ends_with(']') && line.contains("a | b"));
    let row = row.unwrap_or_else(|| panic!("no row in {text}"));
    assert!(row.contains("  1.0"), "one round trip: {row}");
    assert!(text.contains("p50 µs at 0.25 ms"), "{text}");
    assert!(text.contains("calls of a | b were delayed by 0.25 ms and 40 µs more at p50"), "{text}");
    assert!(!text.contains("calls of mono were delayed"), "{text}");
}
