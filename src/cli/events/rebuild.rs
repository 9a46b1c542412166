//! The log, written anew from the outboxes.

use std::collections::BTreeSet;

use anyhow::anyhow;
use cleave_db::Database;
use cleave_events::{Rebuilt, rebuild_whole};
use serde_json::json;

use super::super::print::{self, say};
use super::super::{Failure, Outcome, failed, usage};
use super::{Form, context, log};
use crate::compose::Cell;
use crate::house::TOPICS;

/// How many numbers a line names before it only counts.
const NAMED: usize = 20;

pub(super) async fn rebuild(cell: &Cell, topic: Option<&str>, form: Form) -> Outcome {
    let topics = topics(cell, topic).await?;
    let mut all = Vec::new();
    for topic in topics {
        let told_here = TOPICS.contains(&topic.as_str());
        let outbox = told_here.then(|| cell.process().database(&topic)).flatten();
        let rebuilt = rebuild_topic(cell, outbox.as_ref(), &topic).await?;
        if !form.json {
            tell(&topic, &rebuilt)?;
        }
        all.push((topic, rebuilt));
    }
    if form.json {
        let topics = all.iter().map(|(topic, Rebuilt { compared, written, removed })| {
            json!({"topic": topic, "compared": compared, "written": written, "removed": removed})
        });
        return print::json(&topics.collect::<Vec<_>>());
    }
    Ok(())
}

async fn rebuild_topic(cell: &Cell, outbox: Option<&Database>, topic: &str) -> Result<Rebuilt, Failure> {
    let process = cell.process();
    match (&process.event_log, &process.nats, outbox) {
        (Some(log), _, _) => cleave_events::rebuild(log, outbox, topic).await.map_err(failed),
        (None, Some(log), Some(outbox)) => {
            rebuild_whole(log, || context(cell), outbox, topic).await.map_err(failed)
        }
        // Nobody tells in this topic.
        (None, _, _) => Ok(Rebuilt::default()),
    }
}

/// Those that are told here, and those that have strayed into the log.
async fn topics(cell: &Cell, topic: Option<&str>) -> Result<BTreeSet<String>, Failure> {
    let logged = log(cell).topics(&context(cell)).await.map_err(failed)?;
    let mut all = TOPICS.iter().map(|topic| (*topic).to_owned()).collect::<BTreeSet<_>>();
    all.extend(logged.into_iter().map(|status| status.topic));
    match topic {
        None => Ok(all),
        Some(topic) if all.contains(topic) => Ok(BTreeSet::from([topic.to_owned()])),
        Some(topic) => {
            let known = all.into_iter().collect::<Vec<_>>().join(", ");
            Err(usage(anyhow!("there is no topic {topic}; there are: {known}")))
        }
    }
}

fn tell(topic: &str, Rebuilt { compared, written, removed }: &Rebuilt) -> Outcome {
    let what = if written.is_empty() {
        "all of them are right".to_owned()
    } else {
        let named = written.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let more = written.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{} were missing or damaged and are written anew: {named}{more}", written.len())
    };
    let astray = if *removed > 0 {
        format!("; {removed} damaged records stood where no event belongs, and are taken away")
    } else {
        String::new()
    };
    say!("{topic}: {compared} events compared with the outbox; {what}{astray}")
}
