//! What stands in bodies.

use serde::{Deserialize, Serialize};

use crate::log::EventLogError;
use crate::recorded::RecordedEvent;

/// Events to append; the topic stands in the path.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEvents {
    pub(super) events: Vec<RecordedEvent>,
}

/// How far a topic reaches.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LastOffset {
    pub(super) last_offset: i64,
}

/// Which events to follow.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    pub(super) after: i64,
}

/// Which events to cut.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Through {
    pub(super) through: i64,
}

/// How far a consumer has come; who and where stand in the path.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    pub(super) position: i64,
}

/// The number of the oldest event that is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FirstOffset {
    pub(super) first_offset: i64,
}

/// A line of a stream.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Event(RecordedEvent),
    /// The last line of a stream that an error ends.
    Error(EventLogError),
}
