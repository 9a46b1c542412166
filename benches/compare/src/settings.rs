//! What a comparison may cost, and how it measures.

use serde::{Deserialize, Serialize};

use crate::attribution::AttributionSettings;
use crate::blast::BlastSettings;
use crate::demand_step::DemandStepSettings;
use crate::load::LoadSettings;
use crate::phases::Phases;
use crate::rolling_release::RollingReleaseSettings;
use crate::round_trip::RoundTripSettings;
use crate::series::SeriesSettings;

/// The knobs of a comparison; they stand in its results. Times are in seconds where the name does not say otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The plan's name: `quick`, `standard` or `thorough`, or the caller's own.
    pub plan: String,
    /// All randomness of a run comes from it: schedules, requests, order.
    pub seed: u64,
    /// The wall-clock time that the rounds aim to need, start-ups included; what the parts before them did not need of theirs comes on top.
    pub budget_seconds: f64,
    /// No block begins that would end after this time, and what comes on top.
    pub limit_seconds: f64,
    /// Fewer complete rounds than this are measured only where the limit forces it.
    pub rounds_least: usize,
    /// The phases are shortened so that this many rounds fit the budget; below it no early stop.
    pub rounds_target: usize,
    /// More rounds than this are not measured.
    pub rounds_most: usize,
    /// After the target, rounds go on until the half-width of every p50 interval is below this, or time is up.
    pub stop_half_width: f64,
    /// Discarded load before each journey: the closed loop.
    pub warm_up_seconds: f64,
    /// The phase that gives latencies and CPU per request, at most.
    pub paced_seconds: f64,
    /// The phase that gives the capacity, at most.
    pub capacity_seconds: f64,
    /// A mix is asked for so many times as long as a journey of one kind: its requests take unequal times, so that a median of as many is less
    /// sure.
    #[serde(default = "one")]
    pub mix_stretch: f64,
    /// The phases are never shortened below this share.
    pub shortest_share: f64,
    /// The rate of the paced phase in requests a second, a Poisson process, equal for all subjects: low, so that
    /// requests rarely meet.
    pub paced_rate_per_second: f64,
    /// Connections opened at the start. Capacity means: right answers a second with so many connections always busy.
    pub connections: usize,
    /// The open loop opens more, up to this number, when none is free.
    pub connections_most: usize,
    /// A request without an answer for so long is an error.
    pub request_timeout_seconds: f64,
    /// A send later than this although a connection was free is late, in µs: the generator's fault.
    pub late_us: u64,
    /// A larger share of late sends voids a phase: it counts for nothing.
    pub void_late_share: f64,
    /// Whether the servers may use the generator's processor too. The generator then sleeps instead of spinning.
    pub share_processors: bool,
    /// How the blast radius of each process is measured, before the rounds and beside their budget; none where it is not.
    #[serde(default)]
    pub blast: Option<BlastSettings>,
    /// How it is measured what more processes buy; none where it is not.
    #[serde(default)]
    pub scale: Option<ScaleSettings>,
    /// How much of the ladder is measured, before the rounds and beside their budget; none where it is not.
    #[serde(default)]
    pub ladder: Option<SeriesSettings>,
    /// How latency against load is measured, before the rounds and beside their budget; none where it is not.
    #[serde(default)]
    pub load: Option<LoadSettings>,
    /// How the influence of the round-trip time between processes is measured, in the same way; none where it is not.
    #[serde(default)]
    pub round_trip: Option<RoundTripSettings>,
    /// How the attribution is measured, before the rounds and beside their budget; none where it is not.
    #[serde(default)]
    pub attribution: Option<AttributionSettings>,
    /// Where the A/A interval's half-width is larger, conclusions are withheld.
    pub withhold_half_width: f64,
}

impl Settings {
    /// Ends within 150 s on two cores for two topologies, the twin and the floor.
    pub fn quick(seed: u64) -> Self {
        Self {
            plan: "quick".to_owned(),
            seed,
            budget_seconds: 112.0,
            limit_seconds: 140.0,
            rounds_least: 3,
            rounds_target: 10,
            rounds_most: 10,
            stop_half_width: 0.02,
            warm_up_seconds: 0.15,
            paced_seconds: 0.9,
            capacity_seconds: 0.5,
            mix_stretch: 1.0,
            shortest_share: 0.35,
            paced_rate_per_second: 800.0,
            connections: 16,
            connections_most: 64,
            request_timeout_seconds: 5.0,
            late_us: 1000,
            void_late_share: 0.02,
            share_processors: false,
            blast: None,
            scale: None,
            ladder: None,
            load: None,
            round_trip: None,
            attribution: None,
            withhold_half_width: 0.05,
        }
    }

    /// Ends within 15 minutes for two topologies of a dozen processes in all: more time for the rounds, a mix of all journeys, and all that is
    /// measured beside the rounds but what more processes buy.
    pub fn standard(seed: u64) -> Self {
        Self {
            plan: "standard".to_owned(),
            budget_seconds: 406.0,
            limit_seconds: 421.0,
            blast: Some(BlastSettings::default()),
            ladder: Some(Self::ladder_of_few_rounds()),
            load: Some(LoadSettings::default()),
            round_trip: Some(RoundTripSettings::default()),
            attribution: Some(AttributionSettings::default()),
            rounds_target: 30,
            rounds_most: 60,
            stop_half_width: 0.01,
            warm_up_seconds: 0.1,
            paced_seconds: 0.6,
            capacity_seconds: 0.2,
            mix_stretch: 2.0,
            ..Self::quick(seed)
        }
    }

    /// Takes about an hour: phases twice as long as the standard plan would have them, and so many rounds that a difference of 3 % is found on
    /// a machine with 2 % of noise.
    pub fn thorough(seed: u64) -> Self {
        Self {
            plan: "thorough".to_owned(),
            ladder: Some(Self::ladder(12, 0.45)),
            budget_seconds: 2_500.0,
            limit_seconds: 2_800.0,
            round_trip: Some(RoundTripSettings::usual(20)),
            rounds_target: 60,
            rounds_most: 120,
            stop_half_width: 0.005,
            warm_up_seconds: 0.2,
            paced_seconds: 1.2,
            capacity_seconds: 0.35,
            ..Self::standard(seed)
        }
    }

    /// The ladder of the standard plan, which takes about a minute and a half for fourteen rungs.
    pub fn ladder_of_few_rounds() -> SeriesSettings {
        Self::ladder(5, 0.1)
    }

    /// A ladder has many rungs, so its phases are short, and there is no capacity.
    fn ladder(rounds: usize, paced_seconds: f64) -> SeriesSettings {
        let phases = Phases { warm_up_seconds: 0.05, paced_seconds, capacity_seconds: 0.0 };
        SeriesSettings { rounds, phases }
    }

    /// So many late sends void no phase of so many requests: a share of them, and two, however few there are.
    pub(crate) fn late_at_most(&self, requests: u64) -> f64 {
        (requests as f64 * self.void_late_share).max(2.0)
    }

    /// A series beside the rounds, of shorter phases and fewer rounds than the plan has.
    pub fn series(&self) -> SeriesSettings {
        let shorter = |seconds: f64| seconds * SERIES_SHARE;
        let phases = Phases {
            warm_up_seconds: shorter(self.warm_up_seconds),
            paced_seconds: shorter(self.paced_seconds),
            capacity_seconds: shorter(self.capacity_seconds),
        };
        SeriesSettings { rounds: (self.rounds_target / 2).clamp(SERIES_ROUNDS.0, SERIES_ROUNDS.1), phases }
    }
}

/// The share of a plan's phases that a series beside the rounds has, and how many rounds it has at least and at most.
const SERIES_SHARE: f64 = 0.6;
const SERIES_ROUNDS: (usize, usize) = (5, 12);

/// How it is measured what more processes buy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScaleSettings {
    /// Deployments with more processes beside the same without.
    pub series: SeriesSettings,
    /// A sudden demand on all of them.
    pub demand_step: DemandStepSettings,
    /// A release that goes through process by process.
    pub rolling_release: RollingReleaseSettings,
}

impl ScaleSettings {
    /// As long as suits a plan.
    pub fn of(plan: &Settings) -> Self {
        let demand_step = DemandStepSettings {
            // Fewer than three carry no conclusion: then one shows as much.
            rounds: match plan.rounds_target / 5 {
                0..3 => 1,
                rounds => rounds.min(5),
            },
            ..DemandStepSettings::default()
        };
        Self { series: plan.series(), demand_step, rolling_release: RollingReleaseSettings::default() }
    }
}

/// What a run had that does not tell of it.
fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phases::Cells;

    #[test]
    fn the_plans_keep_their_promises() {
        assert!(Settings::quick(1).limit_seconds < 150.0);
        let standard = Settings::standard(1);
        // Four, of which two are asked seldom.
        let journeys = Cells { count: 4.0, paced: 8.0 };
        let blast = standard.blast.as_ref().map(|blast| crate::blast::BlastRadius::seconds(blast, 12));
        let load = standard.load.as_ref().map(|load| load.seconds(2));
        let round_trip = standard.round_trip.as_ref().map(|round_trip| round_trip.seconds(2, journeys));
        let attribution = standard.attribution.map(|attribution| attribution.seconds(2, 4));
        let parts = [blast, load, round_trip, attribution];
        let parts_seconds =
            parts.map(|seconds| seconds.expect("it is a part of this plan")).iter().sum::<f64>();
        // That of the rungs as they are, one of them twice.
        let ladder_seconds =
            standard.ladder.map(|ladder| ladder.seconds(16, journeys)).expect("it is a part too");
        let all_seconds = standard.limit_seconds + parts_seconds + ladder_seconds;
        assert!(all_seconds < 880.0, "{all_seconds} s, and a store has to be made, and to answer the script");
        assert!(Settings::quick(1).rounds_least >= 3);
    }
}
