//! What the intervals promise, over 1,000 experiments each: how often they hold the truth, claim what is not, and find what is.

use super::simulation::{EXPERIMENTS, World, share_of};
use super::*;
use crate::settings::Settings;

/// The numbers of rounds of the two plans, and the few that a short budget leaves.
fn rounds_of_plans() -> [usize; 5] {
    let (quick, standard) = (Settings::quick(1), Settings::standard(1));
    [quick.rounds_least, 6, quick.rounds_target, standard.rounds_target, standard.rounds_most]
}

fn holds(ratio: Option<Ratio>, truth: f64) -> bool {
    ratio.is_some_and(|ratio| ratio.low <= truth && truth <= ratio.high)
}

#[test]
fn paired_intervals_hold_the_truth_in_95_of_100_runs_on_a_calm_machine() {
    let world = World { true_ratio: 1.7, ..World::CALM };
    for rounds in rounds_of_plans() {
        let held = share_of(1, |dice| holds(paired_ratio(&world.rounds(dice, rounds)), 1.7));
        assert!((0.93..=0.97).contains(&held), "{held} of the intervals of {rounds} rounds hold the truth");
    }
}

#[test]
fn paired_intervals_hold_the_truth_where_rounds_are_hit_by_something_else() {
    let world = World { true_ratio: 1.7, ..World::ROUGH };
    for rounds in [Settings::quick(1).rounds_target, Settings::standard(1).rounds_target] {
        let held = share_of(2, |dice| holds(paired_ratio(&world.rounds(dice, rounds)), 1.7));
        assert!((0.93..=0.97).contains(&held), "{held} of the intervals of {rounds} rounds hold the truth");
    }
}

#[test]
fn unpaired_intervals_hold_the_truth_also_where_two_runs_differ_in_length_and_noise() {
    let noisy = World { noise: 0.06, ..World::CALM };
    for (over, under) in [(10, 10), (12, 12), (10, 30), (3, 12)] {
        let held = share_of(3, |dice| {
            holds(unpaired_ratio(&World::CALM.blocks(dice, over), &noisy.blocks(dice, under)), 1.0)
        });
        assert!((0.93..=0.97).contains(&held), "{held} of the intervals of {over} and {under} blocks hold");
    }
}

#[test]
fn of_two_equal_subjects_a_difference_is_claimed_in_fewer_than_5_of_100_runs() {
    for (purpose, world) in [(4, World::CALM), (5, World::ROUGH)] {
        for rounds in rounds_of_plans() {
            let claimed = share_of(purpose, |dice| {
                let control = paired_ratio(&world.rounds(dice, rounds)).expect("rounds");
                paired_ratio(&world.rounds(dice, rounds)).expect("rounds").differs_beside(&control)
            });
            assert!(claimed <= 0.05, "{claimed} of the runs of {rounds} rounds claim what is not");
        }
    }
}

#[test]
fn a_planted_difference_of_a_few_percent_is_found() {
    let control = |dice: &mut _, rounds| paired_ratio(&World::CALM.rounds(dice, rounds)).expect("rounds");
    for (more, rounds, least) in [(1.08, 10, 0.95), (1.08, 15, 0.95), (1.05, 15, 0.85), (1.03, 60, 0.95)] {
        let world = World { true_ratio: more, ..World::CALM };
        let found = share_of(6, |dice| {
            let control = control(dice, rounds);
            let ratio = paired_ratio(&world.rounds(dice, rounds)).expect("rounds");
            ratio.differs_beside(&control) && ratio.value > 1.0
        });
        assert!(found >= least, "{more} times is found in {found} of the runs of {rounds} rounds");
    }
}

#[test]
fn pairing_cancels_a_drift_that_unpaired_measurements_are_lost_in() {
    let world = World { true_ratio: 1.05, drift: 3.0, ..World::CALM };
    let found =
        |ratio: Option<Ratio>| ratio.is_some_and(|ratio| ratio.differs_from_one() && ratio.value > 1.0);
    let paired = share_of(7, |dice| found(paired_ratio(&world.rounds(dice, 12))));
    let unpaired = share_of(7, |dice| {
        let (over, under): (Vec<f64>, Vec<f64>) = world.rounds(dice, 12).into_iter().unzip();
        found(unpaired_ratio(&over, &under))
    });
    assert!(paired > 0.9, "paired by round, it is found in {paired} of the runs");
    assert!(unpaired < 0.1, "not paired, it is found in {unpaired} of the runs");
}

/// The standard plan stops as soon as its intervals are narrow, which favours rounds that happen to agree. The widest of all decides:
/// of four journeys, the control and a topology in each.
#[test]
fn to_stop_when_all_intervals_are_narrow_costs_them_no_coverage_worth_saying() {
    const INTERVALS: usize = 8;
    let alone = coverage_with_stop(1);
    let together = coverage_with_stop(INTERVALS);
    assert!((0.93..=0.97).contains(&together), "{together} of the intervals hold the truth");
    assert!(
        (0.92..=0.97).contains(&alone),
        "{alone} hold it where one interval decides for itself, the worst case"
    );
}

/// The share of intervals that hold the truth where a run ends when the widest of so many is narrow.
fn coverage_with_stop(intervals: usize) -> f64 {
    let plan = Settings::standard(1);
    let held = std::cell::Cell::new(0);
    share_of(8, |dice| {
        let mut all: Vec<_> = (0..intervals).map(|_| World::CALM.rounds(dice, plan.rounds_target)).collect();
        let is_narrow = |rounds: &Vec<(f64, f64)>| {
            paired_ratio(rounds).is_some_and(|ratio| ratio.half_width() <= plan.stop_half_width)
        };
        while all[0].len() < plan.rounds_most && !all.iter().all(is_narrow) {
            for rounds in &mut all {
                rounds.extend(World::CALM.rounds(dice, 1));
            }
        }
        held.set(held.get() + all.iter().filter(|rounds| holds(paired_ratio(rounds), 1.0)).count());
        true
    });
    held.get() as f64 / (EXPERIMENTS as usize * intervals) as f64
}
