use super::*;

#[test]
fn one_outlier_moves_neither_the_centre_nor_the_verdict() {
    let mut pairs = [(1.0, 1.0), (1.01, 1.0), (0.99, 1.0), (1.002, 1.0), (0.998, 1.0)].repeat(2);
    pairs[3] = (5.0, 1.0);
    let ratio = paired_ratio(&pairs).expect("rounds");
    assert!((ratio.value - 1.0).abs() < 0.01, "{ratio:?}");
    assert!(!ratio.differs_from_one(), "{ratio:?}");
}

#[test]
fn rounds_that_all_say_the_same_leave_no_doubt() {
    let pairs = [(2.0, 1.0), (4.0, 2.0), (6.0, 3.0)];
    let ratio = paired_ratio(&pairs).expect("rounds");
    assert!((ratio.value - 2.0).abs() < 1e-9 && ratio.half_width() < 1e-9, "{ratio:?}");
    let same = unpaired_ratio(&[2.0; 4], &[1.0; 3]).expect("blocks");
    assert!((same.value - 2.0).abs() < 1e-9 && same.half_width() < 1e-9, "{same:?}");
}

#[test]
fn an_interval_that_knows_nothing_still_has_finite_ends() {
    let ratio = paired_ratio(&[(1e200, 1.0), (1.0, 1e200), (1.0, 1.0)]).expect("rounds");
    assert!(ratio.low > 0.0 && ratio.high.is_finite(), "{ratio:?}");
}

#[test]
fn too_few_rounds_give_no_interval() {
    assert_eq!(paired_ratio(&[]), None);
    assert_eq!(paired_ratio(&[(1.0, 2.0)]), None);
    assert_eq!(paired_ratio(&[(1.0, 2.0), (1.0, 2.0), (1.0, 0.0)]), None);
    assert_eq!(unpaired_ratio(&[1.0, 1.0], &[1.0, 1.0, 1.0]), None);
}

#[test]
fn the_median_of_nothing_is_nothing() {
    assert_eq!(median([]), None);
    assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median([4.0, 1.0]), Some(2.5));
}

#[test]
fn an_estimate_is_written_with_its_interval_and_without_a_negative_nothing() {
    let estimate = Estimate { value: -0.001, low: -0.06, high: 0.004 };
    assert_eq!(estimate.to_string(), "0.00 [-0.06, 0.00]");
    assert_eq!(format!("{estimate:.1}"), "0.0 [-0.1, 0.0]");
}
