use std::thread;
use std::time::Duration;

use super::*;
use crate::dice::Dice;
use crate::statistics::Estimate;
use crate::subject::Running;
use crate::testing::{Distance, Get, MadeUp, Served, Server};

fn slope(round_trip: &RoundTrip, topology: &str) -> Estimate {
    let line = round_trip.line("list", topology).expect("it was measured");
    line.round_trips.expect("there are rounds enough")
}

fn making(round_trips: f64) -> Distance {
    Distance { journeys: vec![("list", vec![("a | b", round_trips)])], ..Distance::default() }
}

/// The share of 1,000 made-up experiments, always the same, whose interval holds the truth.
fn share_that_hold(distance: &Distance, truth: f64) -> f64 {
    const EXPERIMENTS: u64 = 1_000;
    let holds = |experiment: &u64| {
        let found = slope(&distance.measured(&mut Dice::new(2026, &[9, *experiment])), "a | b");
        found.low <= truth && truth <= found.high
    };
    (0..EXPERIMENTS).filter(holds).count() as f64 / EXPERIMENTS as f64
}

#[test]
fn the_interval_of_the_slope_holds_the_truth_in_95_of_100_runs() {
    for rounds in [3, 5, 12, 20] {
        for truth in [0.0, 2.0] {
            let held = share_that_hold(&Distance { rounds, ..making(truth) }, truth);
            assert!((0.93..=0.97).contains(&held), "{held} of {rounds} rounds hold {truth}");
        }
    }
}

#[test]
fn the_interval_holds_the_truth_where_measurements_are_hit_by_something_else() {
    let held = share_that_hold(&Distance { rounds: 20, burst: 0.05, ..making(2.0) }, 2.0);
    assert!((0.93..=0.97).contains(&held), "{held}");
}

#[test]
fn what_the_timers_add_is_no_round_trip() {
    let distance = Distance { noise: 0.0, overshoot_us: 300.0, ..making(2.0) };
    let found = slope(&distance.measured(&mut Dice::new(1, &[])), "a | b");
    assert!((found.value - 2.0).abs() < 0.001, "{found:?}");
}

#[test]
fn how_precise_the_delay_was_is_told_at_each_distance_at_which_there_were_calls() {
    let round_trip = Distance::default().measured(&mut Dice::new(1, &[]));
    assert_eq!(round_trip.delays["mono"], [], "nothing is called there");
    let delays = &round_trip.delays["a | b"];
    assert_eq!(delays.iter().map(|delay| delay.round_trip_ms).collect::<Vec<_>>(), [0.25, 1.0]);
    for delay in delays {
        assert_eq!(delay.calls, 300 * 5);
        assert!(delay.overshoot_p50_us.is_some_and(|us| (39.0..=41.0).contains(&us)), "{delay:?}");
    }
}

#[test]
fn wrong_answers_and_rounds_that_are_too_few_give_no_slope() {
    let plan = RoundTripSettings::usual(5);
    let topologies = ["mono", "a | b"].map(str::to_owned);
    let mut series = Distance::default().measured(&mut Dice::new(1, &[])).series;
    let cells = series.journeys.get_mut("list").expect("it was measured");
    cells.get_mut("a | b at 1 ms").expect("it was measured").errors = 100;
    let failing = RoundTrip::of(plan.clone(), &topologies, series.clone());
    assert_eq!(failing.journeys["list"]["a | b"].round_trips, None);
    assert!(failing.journeys["list"]["mono"].round_trips.is_some());
    for round in &mut series.rounds[2..] {
        let block = round.blocks.get_mut("mono at 0.25 ms").expect("it was measured");
        block.journeys.get_mut("list").expect("it was measured").void = true;
    }
    let few = RoundTrip::of(plan, &topologies, series);
    assert_eq!(few.journeys["list"]["mono"].round_trips, None);
}

#[test]
fn the_words_name_what_is_sure_and_nothing_else() {
    let told = |value: f64, half_width: f64| {
        let mut results = MadeUp::default().results();
        let round_trip = results.round_trip.as_mut().expect("it is a part of it");
        let line = round_trip.journeys.get_mut("list").and_then(|by_topology| by_topology.get_mut("a | b"));
        line.expect("it was measured").round_trips =
            Some(Estimate { value, low: value - half_width, high: value + half_width });
        let told = sentences(&results).into_iter().find(|line| line.starts_with("a | b: "));
        (told.expect("a sentence"), in_a_sentence(&results).unwrap_or_default())
    };
    let (sure, in_a_sentence) = told(2.0, 0.1);
    assert!(sure.starts_with("a | b: list 2.0 [1.9, 2.1], <item> & \"more\" 2.0 ["), "{sure}");
    assert!(sure.ends_with("each millisecond between machines adds so many"), "{sure}");
    assert_eq!(
        in_a_sentence,
        "Each millisecond between machines adds 2.0 ms to a request in a | b (2 of 2 journeys)."
    );
    let told = |value, half_width| told(value, half_width).0;
    assert!(told(0.01, 0.05).contains("none in list: no distance between processes is felt"));
    assert!(told(2.0, 0.8).contains("how many cannot be told in list (2.0 [1.2, 2.8])"));
    assert!(
        told(0.0, 0.3).contains("whether any cannot be told in list (0.0 [-0.3, 0.3])"),
        "as long as one may be hidden in it, neither one nor none is claimed"
    );
}

/// Answers after so many round trips, one after the other.
struct Far {
    label: String,
    round_trips: u32,
    round_trip_ms: f64,
    can_move: bool,
}

impl Subject for Far {
    fn label(&self) -> &str {
        &self.label
    }

    fn at_distance(&self, round_trip_ms: f64) -> Option<Box<dyn Subject + '_>> {
        let label = format!("{} at {round_trip_ms} ms", self.label);
        self.can_move.then(|| Box::new(Self { label, round_trip_ms, ..*self }) as Box<dyn Subject>)
    }

    fn start(&self) -> anyhow::Result<Box<dyn Running>> {
        let delay = Duration::from_secs_f64(self.round_trip_ms / 1_000.0) * self.round_trips;
        Ok(Box::new(Served(Server::start(move |_, _| {
            thread::sleep(delay);
            (200, String::new())
        }))))
    }
}

fn measured(can_move: bool) -> Result<RoundTrip, CompareError> {
    let phases = Phases { warm_up_seconds: 0.0, paced_seconds: 0.3, capacity_seconds: 0.0 };
    let plan = RoundTripSettings {
        // So far away that the noise of a busy machine does not matter.
        round_trips_ms: vec![0.0, 40.0],
        series: SeriesSettings { rounds: 3, phases },
    };
    let far =
        |label: &str, round_trips| Far { label: label.to_owned(), round_trips, round_trip_ms: 0.0, can_move };
    let settings = Settings { late_us: 5_000_000, paced_rate_per_second: 50.0, ..Settings::quick(1) };
    let cpu_sets = CpuSets { servers: Vec::new(), generator: None, shared: true };
    RoundTrip::measure(
        &plan,
        &[&far("whole", 0), &far("split", 2)],
        &[&Get("list")],
        &settings,
        &cpu_sets,
        &Interruption::default(),
        |_, _| {},
    )
}

#[test]
fn topologies_are_measured_at_every_distance_and_their_slope_is_what_they_do() {
    let round_trip = measured(true).expect("it can be measured");
    let labels = ["whole at 0 ms", "whole at 40 ms", "split at 0 ms", "split at 40 ms"];
    assert_eq!(round_trip.series.labels, labels);
    for (topology, truth) in [("whole", 0.0), ("split", 2.0)] {
        let found = slope(&round_trip, topology);
        assert!((found.value - truth).abs() < 0.4, "{topology}: {found:?}");
    }
    assert_eq!(round_trip.delays["split"], [], "no call was counted");
}

#[test]
fn what_cannot_be_put_at_a_distance_is_refused_by_its_name() {
    let refusal = measured(false).expect_err("it is refused");
    assert!(refusal.to_string().contains("whole cannot be put at a distance"), "{refusal}");
}
