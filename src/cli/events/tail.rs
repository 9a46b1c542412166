//! The events of a topic.

use anyhow::anyhow;
use cleave_events::{FollowEvents, ReadEvents, ReadRange, RecordedEvent};
use futures_util::StreamExt as _;

use super::super::print::say;
use super::super::{Outcome, failed, usage};
use super::{context, log};
use crate::compose::Cell;
use crate::house::TOPICS;

/// How many events are read at once.
const BATCH: u32 = 500;

/// How many events are shown of which nobody has said from where on.
const LATEST: i64 = 10;

pub(super) async fn tail(cell: &Cell, topic: &str, after: Option<i64>, follow: bool) -> Outcome {
    let log = log(cell);
    let topics = log.topics(&context(cell)).await.map_err(failed)?;
    let status = topics.iter().find(|status| status.topic == topic);
    if status.is_none() && !TOPICS.contains(&topic) {
        return Err(usage(anyhow!("there is no topic {topic}; there are: {}", TOPICS.join(", "))));
    }
    let (first, last) = status.map_or((1, 0), |status| (status.first_offset, status.last_offset));
    let mut after = after.unwrap_or((last - LATEST).max(first - 1));
    if follow {
        let request = FollowEvents { topic: topic.to_owned(), after };
        let mut events = log.follow(&context(cell), request).await.map_err(failed)?;
        while let Some(event) = events.next().await {
            print(&event.map_err(failed)?)?;
        }
        return Ok(());
    }
    loop {
        let range = ReadRange { after, limit: BATCH, wait_ms: 0 };
        let request = ReadEvents { topic: topic.to_owned(), range };
        let events = log.read(&context(cell), request).await.map_err(failed)?;
        let Some(last) = events.last() else { return Ok(()) };
        after = last.offset;
        events.iter().try_for_each(print)?;
    }
}

fn print(event: &RecordedEvent) -> Outcome {
    say!("{}", serde_json::to_string(event).map_err(failed)?)
}
