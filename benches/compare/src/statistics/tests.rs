use super::*;

/// A draw from the standard normal distribution (Box and Muller).
fn normal(dice: &mut Dice) -> f64 {
    (2.0 * dice.exponential(1.0)).sqrt() * (std::f64::consts::TAU * dice.unit()).cos()
}

/// Rounds of a simulated comparison: both subjects share the round's noise, each has its own, and now and then one
/// of them is hit by a burst that has nothing to do with it.
fn simulate(dice: &mut Dice, rounds: usize, true_ratio: f64, noise: f64, burst: f64) -> Vec<(f64, f64)> {
    (0..rounds)
        .map(|_| {
            let shared = 100.0 * (0.3 * normal(dice)).exp();
            let mut measured = |value: f64| {
                let hit = if dice.unit() < burst { 1.3 } else { 1.0 };
                shared * value * hit * (noise * normal(dice)).exp()
            };
            (measured(true_ratio), measured(1.0))
        })
        .collect()
}

fn coverage(rounds: usize, burst: f64) -> f64 {
    const EXPERIMENTS: u64 = 500;
    let covered = (0..EXPERIMENTS)
        .filter(|experiment| {
            let mut dice = Dice::new(2026, &[*experiment]);
            let pairs = simulate(&mut dice, rounds, 1.7, 0.02, burst);
            let ratio = paired_ratio(&pairs, 300, &mut dice).expect("enough rounds");
            ratio.low <= 1.7 && 1.7 <= ratio.high
        })
        .count();
    covered as f64 / EXPERIMENTS as f64
}

#[test]
fn the_interval_holds_the_truth_as_often_as_it_says() {
    for rounds in [3, 4, 5, 10, 20] {
        let calm = coverage(rounds, 0.0);
        assert!((0.92..=0.985).contains(&calm), "{calm} of the intervals of {rounds} rounds hold the truth");
    }
}

#[test]
fn a_busy_round_now_and_then_does_not_break_the_interval() {
    let rough = coverage(10, 0.05);
    assert!(rough >= 0.93, "{rough} of the intervals hold the truth");
}

#[test]
fn a_planted_difference_of_three_percent_is_found() {
    let found = (0..200)
        .filter(|experiment| {
            let mut dice = Dice::new(3, &[*experiment]);
            let ratio =
                paired_ratio(&simulate(&mut dice, 10, 1.03, 0.01, 0.0), 400, &mut dice).expect("rounds");
            let control =
                paired_ratio(&simulate(&mut dice, 10, 1.0, 0.01, 0.0), 400, &mut dice).expect("rounds");
            ratio.differs_beside(&control) && ratio.value > 1.0
        })
        .count();
    assert!(found >= 140, "found in {found} of 200 experiments");
}

#[test]
fn two_equal_subjects_are_rarely_told_apart() {
    let flagged = (0..400)
        .filter(|experiment| {
            let mut dice = Dice::new(4, &[*experiment]);
            let pairs = simulate(&mut dice, 10, 1.0, 0.02, 0.0);
            paired_ratio(&pairs, 400, &mut dice).expect("rounds").differs_from_one()
        })
        .count();
    assert!(flagged <= 28, "{flagged} of 400 equal pairs were flagged");
}

#[test]
fn one_outlier_moves_neither_the_centre_nor_the_verdict() {
    let mut pairs = [(1.0, 1.0), (1.01, 1.0), (0.99, 1.0), (1.002, 1.0), (0.998, 1.0)].repeat(2);
    pairs[3] = (5.0, 1.0);
    let ratio = paired_ratio(&pairs, 2000, &mut Dice::new(1, &[])).expect("rounds");
    assert!((ratio.value - 1.0).abs() < 0.01, "{ratio:?}");
    assert!(!ratio.differs_from_one(), "{ratio:?}");
}

#[test]
fn the_interval_is_the_same_for_the_same_seed() {
    let pairs = simulate(&mut Dice::new(5, &[]), 10, 2.0, 0.05, 0.0);
    let draw = |seed| paired_ratio(&pairs, 500, &mut Dice::new(seed, &[]));
    assert_eq!(draw(1), draw(1));
}

#[test]
fn too_few_rounds_give_no_interval() {
    let mut dice = Dice::new(1, &[]);
    assert_eq!(paired_ratio(&[], 100, &mut dice), None);
    assert_eq!(paired_ratio(&[(1.0, 2.0)], 100, &mut dice), None);
    assert_eq!(paired_ratio(&[(1.0, 2.0), (1.0, 2.0), (1.0, 0.0)], 100, &mut dice), None);
}

#[test]
fn the_quantile_of_student_agrees_with_the_tables() {
    for (freedom, table) in [(1.0, 12.706), (4.0, 2.776), (9.0, 2.262), (29.0, 2.045)] {
        assert!((student_975(freedom) / table - 1.0).abs() < 0.01, "{freedom}: {}", student_975(freedom));
    }
}

#[test]
fn the_median_of_nothing_is_nothing() {
    assert_eq!(median([]), None);
    assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median([4.0, 1.0]), Some(2.5));
}
