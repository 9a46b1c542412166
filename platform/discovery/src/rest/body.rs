//! What stands in bodies and queries.

use serde::{Deserialize, Serialize};

use crate::registry::{Instance, Seen, Watch};

/// An instance that registers; its service stands in the path.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arrival {
    pub(super) instance: Instance,
    pub(super) key: String,
}

/// An instance that goes; its service stands in the path.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Departure {
    pub(super) instance: String,
    pub(super) key: String,
    pub(super) wait_ms: u64,
}

/// [`Watch`] as the query of a URL.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    follower: Option<String>,
    #[serde(default)]
    epoch: u64,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    settled: bool,
    #[serde(default)]
    wait_ms: u64,
}

impl From<Watch> for WatchQuery {
    fn from(watch: Watch) -> Self {
        let Watch { follower, seen: Seen { epoch, revision, settled }, wait_ms } = watch;
        Self { follower, epoch, revision, settled, wait_ms }
    }
}

impl From<WatchQuery> for Watch {
    fn from(query: WatchQuery) -> Self {
        let WatchQuery { follower, epoch, revision, settled, wait_ms } = query;
        Self { follower, seen: Seen { epoch, revision, settled }, wait_ms }
    }
}
