//! The segments that a request's time is split into.

use std::time::Duration;

use cleave_timing::header::{self, Entry};
use serde::{Deserialize, Serialize};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// HTTP, routing, tokens, in all processes.
    Framework,
    /// The code of the modules.
    Handler,
    /// Waiting for a database connection.
    Pool,
    /// The databases.
    Database,
    /// JSON.
    Serialisation,
    /// Calls between processes, beyond what the called process tells of itself.
    Between,
    /// The way to the client and back: from stamp to stamp, or, where these are not of one clock, as far as a bare echo
    /// of as many bytes takes it too.
    Client,
    /// What no stamp explains.
    Residual,
}

impl Segment {
    /// All of them, from the inside out.
    pub const ALL: [Self; 8] = [
        Self::Handler,
        Self::Database,
        Self::Pool,
        Self::Serialisation,
        Self::Framework,
        Self::Between,
        Self::Client,
        Self::Residual,
    ];

    /// What it is called in tables and pictures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Framework => "framework",
            Self::Handler => "module code",
            Self::Pool => "pool wait",
            Self::Database => "database",
            Self::Serialisation => "JSON",
            Self::Between => "between processes",
            Self::Client => "client and kernel",
            Self::Residual => "unexplained",
        }
    }

    /// Where an entry of the header belongs. One that others have made up is not ours to judge: it passed between processes.
    fn of(entry: &Entry) -> Self {
        let last = entry.name.rsplit('.').next().unwrap_or_default();
        let part = cleave_timing::Part::ALL.into_iter().find(|part| part.name() == last);
        match part {
            Some(cleave_timing::Part::Framework) => Self::Framework,
            Some(cleave_timing::Part::Handler) => Self::Handler,
            Some(cleave_timing::Part::Pool) => Self::Pool,
            Some(cleave_timing::Part::Database) => Self::Database,
            Some(cleave_timing::Part::Serialisation) => Self::Serialisation,
            None => Self::Between,
        }
    }
}

/// How much each segment has, in µs. They add up to the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Segments {
    /// The code of the modules.
    pub handler_us: f64,
    /// The databases.
    pub database_us: f64,
    /// Waiting for a database connection.
    pub pool_us: f64,
    /// JSON.
    pub serialisation_us: f64,
    /// HTTP, routing, tokens, in all processes.
    pub framework_us: f64,
    /// Calls between processes, beyond what the called process tells of itself.
    pub between_us: f64,
    /// The way to the client and back: from stamp to stamp, or, where these are not of one clock, as far as a bare echo
    /// of as many bytes takes it too.
    pub client_us: f64,
    /// What no stamp explains.
    pub residual_us: f64,
}

impl Segments {
    /// What a segment has.
    pub fn get(&self, segment: Segment) -> f64 {
        match segment {
            Segment::Handler => self.handler_us,
            Segment::Database => self.database_us,
            Segment::Pool => self.pool_us,
            Segment::Serialisation => self.serialisation_us,
            Segment::Framework => self.framework_us,
            Segment::Between => self.between_us,
            Segment::Client => self.client_us,
            Segment::Residual => self.residual_us,
        }
    }

    pub(super) fn of_entry(&mut self, segment: Segment) -> &mut f64 {
        match segment {
            Segment::Handler => &mut self.handler_us,
            Segment::Database => &mut self.database_us,
            Segment::Pool => &mut self.pool_us,
            Segment::Serialisation => &mut self.serialisation_us,
            Segment::Framework => &mut self.framework_us,
            Segment::Between => &mut self.between_us,
            Segment::Client => &mut self.client_us,
            Segment::Residual => &mut self.residual_us,
        }
    }

    /// All of them together.
    pub fn sum_us(&self) -> f64 {
        Segment::ALL.iter().map(|segment| self.get(*segment)).sum()
    }

    /// The mean of several.
    pub(super) fn mean(all: &[Self]) -> Self {
        let mut mean = Self::default();
        for segment in Segment::ALL {
            let sum = all.iter().map(|one| one.get(segment)).sum::<f64>();
            *mean.of_entry(segment) = sum / all.len().max(1) as f64;
        }
        mean
    }

    /// What a request of which the client has waited for `whole` spent where, as its answer tells; beyond that, nothing is divided yet.
    pub(super) fn told(value: &str, whole: Duration) -> Self {
        let mut segments = Self::default();
        for entry in header::parse(value) {
            *segments.of_entry(Segment::of(&entry)) += micros(entry.spent);
        }
        segments.residual_us = (micros(whole) - segments.sum_us()).max(0.0);
        segments
    }

    /// Of what the answer did not tell, so much is the way to the client and back, and no more than there is.
    pub(super) fn with_client(mut self, client_us: f64) -> Self {
        self.client_us = client_us.min(self.residual_us);
        self.residual_us -= self.client_us;
        self
    }
}

pub(super) fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000_000.0
}
