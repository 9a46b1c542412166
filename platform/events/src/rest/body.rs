//! What stands in bodies.

use serde::{Deserialize, Serialize};

use crate::RecordedEvent;

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
