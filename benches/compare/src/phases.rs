//! How long is measured: the phases of a journey, stretched for journeys that are asked seldom, shortened to what a budget allows.

use std::ops::{AddAssign, Mul};

use serde::{Deserialize, Serialize};

use crate::journey::Journey;
use crate::settings::Settings;

/// The lengths of the phases that fit the budget, equal for all subjects and rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// The warm-up.
    pub warm_up_seconds: f64,
    /// Latencies and CPU, of a journey that is asked at the plan's rate; of one that is asked less often it is longer.
    pub paced_seconds: f64,
    /// Capacity; its first fifth is not counted.
    pub capacity_seconds: f64,
}

/// A journey is asked for longer than the plan says where it is asked less often than the plan says: by this power of how much less. How
/// sure the median of a phase is depends on how many requests it has; to have as many as the others, seldom ones would take all the time.
const STRETCH: f64 = 1.0 / 2.0;

impl Phases {
    /// The phases as they are asked for.
    pub(crate) fn asked(settings: &Settings) -> Self {
        Self {
            warm_up_seconds: settings.warm_up_seconds,
            paced_seconds: settings.paced_seconds,
            capacity_seconds: settings.capacity_seconds,
        }
    }

    /// Shortens the phases so that the target number of rounds fits what is left of the budget.
    pub(crate) fn fit(settings: &Settings, left_seconds: f64, cost: RoundCost) -> Self {
        let asked = Self::asked(settings);
        // Experiments alone have no rounds.
        let round = left_seconds / settings.rounds_target.max(1) as f64 - cost.fixed_seconds;
        let share = (round / cost.variable_seconds(asked)).clamp(settings.shortest_share, 1.0);
        Self {
            warm_up_seconds: asked.warm_up_seconds * share,
            paced_seconds: asked.paced_seconds * share,
            capacity_seconds: asked.capacity_seconds * share,
        }
    }

    /// Those of one journey.
    pub(crate) fn of(self, journey: &dyn Journey, settings: &Settings) -> Self {
        Self { paced_seconds: self.paced_seconds * settings.stretch_of(journey), ..self }
    }

    pub(crate) fn sum_seconds(&self) -> f64 {
        self.warm_up_seconds + self.paced_seconds + self.capacity_seconds
    }

    /// The same for so many cells.
    pub(crate) fn seconds_of(&self, cells: Cells) -> f64 {
        (self.warm_up_seconds + self.capacity_seconds) * cells.count + self.paced_seconds * cells.paced
    }
}

impl Settings {
    /// For how many seconds of a round, at most, a mix of requests is asked that is asked so often a second.
    pub fn paced_seconds_of_a_mix(&self, rate_per_second: f64) -> f64 {
        self.paced_seconds * self.stretch(rate_per_second) * self.mix_stretch
    }

    /// By how much longer than the plan's a paced phase is where this is asked so often a second.
    fn stretch(&self, rate_per_second: f64) -> f64 {
        (self.paced_rate_per_second / rate_per_second).powf(STRETCH).max(1.0)
    }

    fn stretch_of(&self, journey: &dyn Journey) -> f64 {
        let stretch = self.stretch(journey.rate_per_second(self.paced_rate_per_second));
        if journey.is_mix() { stretch * self.mix_stretch } else { stretch }
    }
}

/// How many times a journey is measured on a subject.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cells {
    pub(crate) count: f64,
    /// Each counts for as much as its paced phase is longer than the plan's.
    pub(crate) paced: f64,
}

impl Cells {
    /// Each of these journeys once.
    pub(crate) fn of(journeys: &[&dyn Journey], settings: &Settings) -> Self {
        let paced = journeys.iter().map(|journey| settings.stretch_of(*journey)).sum();
        Self { count: journeys.len() as f64, paced }
    }
}

impl Mul<usize> for Cells {
    type Output = Self;

    fn mul(self, times: usize) -> Self {
        Self { count: self.count * times as f64, paced: self.paced * times as f64 }
    }
}

impl AddAssign for Cells {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.paced += other.paced;
    }
}

/// How long one round takes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RoundCost {
    pub(crate) cells: Cells,
    /// Starts and stops.
    pub(crate) fixed_seconds: f64,
    /// What has to be asked before the phases, for each second of them: summed over the cells.
    pub(crate) preparation_share: f64,
}

impl RoundCost {
    /// A round with these phases.
    pub(crate) fn seconds(self, phases: Phases) -> f64 {
        self.variable_seconds(phases) + self.fixed_seconds
    }

    fn variable_seconds(self, phases: Phases) -> f64 {
        /// Between two slices a subject comes to rest, and the kernel's books are read.
        const BETWEEN_SLICES_SHARE: f64 = 0.25;
        phases.seconds_of(self.cells) * (1.0 + BETWEEN_SLICES_SHARE)
            + phases.sum_seconds() * self.preparation_share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_shortened_to_fit_the_target_of_rounds() {
        let settings = Settings::quick(1);
        let cost =
            RoundCost { cells: Cells { count: 8.0, paced: 8.0 }, fixed_seconds: 2.0, preparation_share: 1.5 };
        let phases = Phases::fit(&settings, 100.0, cost);
        assert!((cost.seconds(phases) - 10.0).abs() < 1e-6, "{phases:?}");
        assert!((phases.sum_seconds() * (8.0 * 1.25 + 1.5) + 2.0 - 10.0).abs() < 1e-6, "{phases:?}");
        let ample = Phases::fit(&settings, 10_000.0, cost);
        assert!((ample.paced_seconds - settings.paced_seconds).abs() < 1e-9, "never longer than asked");
        let scarce = Phases::fit(&settings, 10.0, cost);
        assert!((scarce.paced_seconds - settings.paced_seconds * 0.35).abs() < 1e-9, "never too short");
        let none = Settings { rounds_target: 0, ..settings };
        assert!(Phases::fit(&none, 0.0, cost).sum_seconds().is_finite(), "there is no other number in JSON");
    }

    /// Asked at a part of the plan's rate.
    struct Seldom {
        share: f64,
        is_mix: bool,
    }

    impl Journey for Seldom {
        fn name(&self) -> &'static str {
            "seldom"
        }

        fn request(&self, _dice: &mut crate::dice::Dice) -> crate::http::Request {
            crate::http::Request::new("GET", "/")
        }

        fn rate_per_second(&self, plan: f64) -> f64 {
            plan * self.share
        }

        fn is_mix(&self) -> bool {
            self.is_mix
        }

        fn accepts(&self, _response: &crate::http::Response) -> bool {
            true
        }
    }

    #[test]
    fn who_is_asked_a_quarter_as_often_or_for_requests_of_several_kinds_is_asked_for_twice_as_long() {
        let settings = Settings { mix_stretch: 2.0, ..Settings::quick(1) };
        let phases = Phases { warm_up_seconds: 1.0, paced_seconds: 3.0, capacity_seconds: 2.0 };
        let asked = |share| Seldom { share, is_mix: false };
        let [seldom, usual, often] =
            [0.25, 1.0, 8.0].map(|share| phases.of(&asked(share), &settings).paced_seconds);
        assert!((seldom - 6.0).abs() < 1e-9, "{seldom}");
        assert!((usual - 3.0).abs() < 1e-9 && (often - 3.0).abs() < 1e-9, "never for less: {usual} {often}");
        let mix = Seldom { share: 0.25, is_mix: true };
        assert!((phases.of(&mix, &settings).paced_seconds - 12.0).abs() < 1e-9);
        let told = settings.paced_seconds_of_a_mix(settings.paced_rate_per_second / 4.0);
        assert!((told - 4.0 * settings.paced_seconds).abs() < 1e-9, "{told}");
        let all = Cells::of(&[&asked(0.25), &asked(1.0), &mix], &settings) * 2;
        assert!((phases.seconds_of(all) - 2.0 * (3.0 * 3.0 + 6.0 + 3.0 + 12.0)).abs() < 1e-9, "{all:?}");
    }
}
