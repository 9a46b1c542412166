//! From values to places: linear, logarithmic, and by nines.

use super::numbers;

/// How values map onto a range of coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    kind: Kind,
    /// The values at both ends.
    domain: (f64, f64),
    /// The coordinates at both ends.
    range: (f64, f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Linear,
    Log,
    /// The share of what is above shrinks by ten from step to step: 0 %, 90 %, 99 %, 99.9 %.
    Nines,
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// The room that is left beyond the outermost values, as a share of the whole.
const MARGIN: f64 = 0.06;

impl Scale {
    /// From zero to beyond the largest value.
    pub(super) fn from_zero(values: impl IntoIterator<Item = f64>, range: (f64, f64)) -> Self {
        let most = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let most = if most > 0.0 { most * (1.0 + MARGIN) } else { 1.0 };
        Self { kind: Kind::Linear, domain: (0.0, most), range }
    }

    /// From below the smallest to beyond the largest of the positive values.
    pub(super) fn log(values: impl IntoIterator<Item = f64>, range: (f64, f64)) -> Self {
        let usable = values.into_iter().filter(|value| *value > 0.0 && value.is_finite());
        let (low, high) =
            usable.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low <= high { (low, high) } else { (1.0, 10.0) };
        let room = ((high / low).ln() * MARGIN).max(0.02).exp();
        Self { kind: Kind::Log, domain: (low / room, high * room), range }
    }

    /// Shares from 0 up to that of which `samples` still have one beyond it.
    pub(super) fn nines(samples: u64, range: (f64, f64)) -> Self {
        let highest = 1.0 - 1.0 / samples.max(10) as f64;
        Self { kind: Kind::Nines, domain: (0.0, highest), range }
    }

    /// The coordinate of a value; what lies outside is put at the end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let warp = |value: f64| match self.kind {
            Kind::Linear => value,
            Kind::Log => value.max(f64::MIN_POSITIVE).ln(),
            Kind::Nines => -(1.0 - value).max(1e-12).log10(),
        };
        let (low, high) = (warp(self.domain.0), warp(self.domain.1));
        let share = ((warp(value) - low) / (high - low)).clamp(0.0, 1.0);
        self.range.0 + (self.range.1 - self.range.0) * share
    }

    /// The value at a share of the range from 0 to 1, for scales by nines.
    pub(super) fn share_at(&self, share: f64) -> f64 {
        1.0 - (1.0 - self.domain.1).powf(share)
    }

    /// Marks at round values, `most` of them about, with labels of `label`.
    pub(super) fn ticks(&self, most: usize, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let (low, high) = self.domain;
        let values = match self.kind {
            Kind::Nines => {
                let shares = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999_999];
                return shares
                    .into_iter()
                    .filter(|share| *share <= high)
                    .map(|value| Tick { value, label: numbers::percent_share(value) })
                    .collect();
            }
            Kind::Log if high / low > 6.0 => decades(low, high, most),
            Kind::Linear | Kind::Log => steps(low, high, most),
        };
        values.into_iter().map(|value| Tick { value, label: label(value) }).collect()
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn steps(low: f64, high: f64, most: usize) -> Vec<f64> {
    let rough = (high - low) / most.max(1) as f64;
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * magnitude).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(magnitude * 10.0);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|count| count as f64 * step).collect()
}

/// 1, 2 and 5 of every power of ten, or 1 alone where that would be too many.
fn decades(low: f64, high: f64, most: usize) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let of = |parts: &[f64]| {
        let all = (first..=last).flat_map(|power| parts.iter().map(move |part| part * 10_f64.powi(power)));
        all.filter(|value| (low..=high).contains(value)).collect::<Vec<_>>()
    };
    let fine = of(&[1.0, 2.0, 5.0]);
    if fine.len() <= most + 1 { fine } else { of(&[1.0]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(scale: Scale, most: usize) -> Vec<f64> {
        scale.ticks(most, |value| value.to_string()).iter().map(|tick| tick.value).collect()
    }

    #[test]
    fn a_linear_scale_begins_at_zero_and_has_round_marks() {
        let scale = Scale::from_zero([3.0, 47.0], (0.0, 100.0));
        assert_eq!(values(scale, 5), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert!(scale.at(0.0).abs() < 1e-9 && scale.at(47.0) < 100.0);
    }

    #[test]
    fn a_logarithmic_scale_puts_equal_ratios_at_equal_distances() {
        let scale = Scale::log([10.0, 1000.0], (0.0, 300.0));
        let (first, second) = (scale.at(100.0) - scale.at(10.0), scale.at(1000.0) - scale.at(100.0));
        assert!((first - second).abs() < 1e-9);
        assert_eq!(values(scale, 7), [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]);
        assert_eq!(values(scale, 4), [10.0, 100.0, 1000.0]);
        let near_one = values(Scale::log([0.95, 1.2], (0.0, 1.0)), 5);
        assert!(near_one.len() >= 3, "{near_one:?}");
    }

    #[test]
    fn the_scale_by_nines_gives_each_nine_the_same_room() {
        let scale = Scale::nines(10_000, (0.0, 400.0));
        let places = [0.0, 0.9, 0.99, 0.999, 0.9999].map(|share| scale.at(share));
        for (place, expected) in places.into_iter().zip([0.0, 100.0, 200.0, 300.0, 400.0]) {
            assert!((place - expected).abs() < 1e-6, "{places:?}");
        }
        assert!((scale.share_at(0.5) - 0.99).abs() < 1e-9);
        let labels: Vec<String> =
            scale.ticks(9, |_| String::new()).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
    }

    #[test]
    fn values_outside_and_nothing_at_all_stay_in_the_picture() {
        let scale = Scale::log([], (0.0, 10.0));
        assert!((scale.at(0.0) - 0.0).abs() < 1e-9 && (scale.at(1e9) - 10.0).abs() < 1e-9);
        assert!(Scale::from_zero([f64::NAN], (0.0, 10.0)).at(0.5).is_finite());
    }
}
