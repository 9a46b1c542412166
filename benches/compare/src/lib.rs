//! The measuring instrument: starts deployments side by side, proves that they are equivalent, loads them alike, and
//! says what differs and how surely.
//!
//! It knows nothing of what the deployments do. Its caller hands it [`Subject`]s that can be started, [`Journey`]s
//! that are timed, and a [`Script`] that all must answer alike; [`Comparison::run`] gives [`Results`], which
//! [`render::table`] shows on a terminal, [`report::page`] as HTML, and serde writes as `results.json`. [`Results::load`] reads them
//! again, and [`diff`](fn@diff) compares those of two runs.
//!
//! # The method
//! 1. **Equivalence.** Every topology is started once and replays the script. Transcripts that differ end the run
//!    before anything is timed, with the first difference side by side.
//! 2. **Rounds.** In each round every subject is started afresh, in random order; the first topology
//!    twice, under two labels. Of each journey all get a slice of a twentieth of a second before any gets the next, so that a machine that
//!    becomes slower meets all alike. That pair is the *A/A control*: what it differs by is the instrument's error, and
//!    where it claims a difference between two equal things, or is too unsure to exclude one, conclusions are
//!    withheld.
//! 3. **Phases**, for each journey: a discarded warm-up; a *paced* phase at a low absolute rate, an open loop whose
//!    schedule is a Poisson process that all subjects of the round share, and whose latencies count from the
//!    intended start; and a closed loop that keeps a fixed number of connections busy, for the capacity.
//!    Wrong answers are errors, never fast answers.
//! 4. **Cost.** CPU time is read from the kernel for every thread of every process around the paced phase, memory
//!    as proportional set size before and after load (subjects that run at the same time must not share files of programs, or
//!    they share the size of their pages). Servers have all processors but the last, which is the generator's.
//! 5. **Statistics.** Log ratios are paired by round, their centre is a trimmed mean, their interval
//!    Student's t over the rounds. Histograms of rounds are merged; percentiles are never averaged.
//!
//! # How to use it
//! ```no_run
//! use cleave_compare::{Comparison, Interruption, Journey, Script, Settings, Subject, TerminalProgress, render, report};
//!
//! fn compare(
//!     topologies: &[&dyn Subject],
//!     floor: &dyn Subject,
//!     journeys: &[&dyn Journey],
//!     script: &dyn Script,
//! ) -> anyhow::Result<()> {
//!     let comparison = Comparison {
//!         topologies,
//!         floor: Some(floor),
//!         ladder: None,
//!         journeys,
//!         script,
//!         settings: Settings::quick(42),
//!         version: "1.0.0",
//!         again: None,
//!         growths: &[],
//!         releases: &[],
//!         timed: &[],
//!         interruption: Interruption::default(),
//!         earlier: None,
//!         keep: &|_| Ok(()),
//!     };
//!     let results = comparison.run(&mut TerminalProgress::new())?;
//!     println!("{}", render::table(&results, false));
//!     serde_json::to_writer_pretty(std::fs::File::create("results.json")?, &results)?;
//!     std::fs::write("report.html", report::page(&results))?;
//!     Ok(())
//! }
//! ```
//!
//! # What it is not
//! Not a load test of a site: it measures ratios between deployments on one machine. Loopback has no round-trip time
//! and so flatters whatever splits into many processes; the capacity comes from a closed loop and is no promise
//! about latency at that rate.
//!
//! # Where to go next
//! `comparison` is the run; `turns` a round of it; `series` subjects that differ in one factor, beside it;
//! `ladder` one of those; `block` what happens to one subject; `generator` the load; `statistics` the ratios;
//! `verdict` and `quantity` what may be concluded; `report` the page; `loading` what is read; `diff` two runs.
#![expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and times that are far below 2^52 become floating-point numbers here, and indices come from them"
)]

mod affinity;
mod again;
mod attribution;
mod blast;
mod block;
mod client;
mod comparison;
mod course;
mod demand_step;
mod dice;
mod diff;
mod equivalence;
mod error;
mod generator;
mod guarded;
mod histogram;
mod http;
mod interruption;
mod journey;
mod ladder;
mod load;
mod loading;
mod machine;
mod measurements;
mod nginx;
mod overshoot;
mod pairing;
mod phases;
mod preparation;
mod proc;
mod progress;
mod proxied;
mod quantity;
pub mod render;
pub mod report;
mod results;
mod resume;
mod rolling_release;
mod round_trip;
mod scale_out;
mod schedule;
mod series;
mod settings;
mod slices;
mod statistics;
mod subject;
mod summary;
#[cfg(test)]
mod testing;
mod tls;
mod turns;
mod verdict;

pub use affinity::CpuSets;
pub use attribution::{
    Attribution, AttributionCell, AttributionRound, AttributionSettings, Sample, Segment, Segments, Share,
    Ways,
};
pub use blast::{BlastRadius, BlastSettings, Damage, Extent, Fault, Strike};
pub use client::{Client, ClientError, Connection};
pub use comparison::Comparison;
pub use demand_step::{DemandStep, DemandStepSettings, ServiceLevel, StepTrial, Window};
pub use dice::Dice;
pub use diff::{
    Change, Circumstance, Compared, Diff, ExperimentDiff, Finding, Moved, Observation, Regression, diff,
};
pub use error::{CompareError, Difference};
pub use http::{HttpError, Request, Response};
pub use interruption::Interruption;
pub use journey::{Journey, Script, Step};
pub use ladder::{Absent, Cost, CostPlan, Gap, Ladder, LadderPlan, Rung, RungPlan, Span};
pub use load::{Level, LoadCurve, LoadCurves, LoadSettings, Trial};
pub use loading::LoadError;
pub use machine::Machine;
pub use nginx::{Nginx, NoNginx, PlainProxy};
pub use overshoot::Overshoot;
pub use phases::Phases;
pub use proc::ThreadTimes;
pub use progress::{Progress, TerminalProgress};
pub use proxied::Proxied;
pub use quantity::Quantity;
pub use results::{
    Block, BlockCell, ByName, Cell, Floor, Pacing, ProcessCount, Ratios, Results, Round, SCHEMA_ID,
    SCHEMA_VERSION, Twin,
};
pub use rolling_release::{Answered, Release, Restarted, RollingReleaseSettings, RollingReleases};
pub use round_trip::{Delay, Line, Point, RoundTrip, RoundTripSettings};
pub use scale_out::{Grown, Growth, ScaleOut};
pub use series::{Series, SeriesSettings};
pub use settings::{ScaleSettings, Settings};
pub use statistics::{Estimate, Ratio, estimate, paired_difference, paired_ratio, unpaired_ratio};
pub use subject::{Process, Running, Subject};
pub use tls::{Authorities, HandshakeError, Tls, TlsError};
