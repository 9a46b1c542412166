//! Rebuilding a topic of the log from the outbox that it was copied from.

use async_trait::async_trait;
use cleave_core::{Context, ContractError as _};
use cleave_db::{Database, failure_of};

use crate::log::{Append, EventLog, EventLogError, ReadEvents, ReadRange};
use crate::outbox::{self, outbox_events};
use crate::table::TableLog;

/// How many events are compared in one transaction, so that who appends meanwhile does not wait for long.
const BATCH: u32 = 100;

/// What a rebuilding has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// How many events were compared.
    pub compared: u64,
    /// The numbers of those that were missing or damaged, and have been written anew.
    pub written: Vec<i64>,
    /// How many damaged records stood where no event belongs, and were taken away.
    pub removed: u64,
}

/// Why a topic could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The outbox does not have what the log lacks.
    #[error(
        "the event {offset} of {topic} is damaged in the log, and its outbox does not have it: restore the database \
         of {topic} or that of the log from a copy that has it"
    )]
    Lacking {
        /// Which topic.
        topic: String,
        /// The number of the event.
        offset: i64,
    },
    /// The log has intact events of which the outbox knows nothing.
    #[error(
        "the log of {topic} has the event {offset}, and its outbox ends at {head}: the outbox was lost or restored from an \
         older copy; restore the newer database of {topic}"
    )]
    Ahead {
        /// Which topic.
        topic: String,
        /// The number of the event.
        offset: i64,
        /// Where the outbox ends.
        head: i64,
    },
    /// The log failed.
    #[error(transparent)]
    Log(#[from] EventLogError),
}

/// Compares a topic with its outbox, event by event, and writes anew what is missing or damaged, under the same numbers. What
/// was cut stays cut. Others may append and read meanwhile. Without an outbox (the topic is none that anybody tells), only
/// damaged records are taken away.
pub async fn rebuild(
    log: &TableLog,
    outbox: Option<&Database>,
    topic: &str,
) -> Result<Rebuilt, RebuildError> {
    let failed = |error: sqlx::Error| EventLogError::from_failure(failure_of(topic, &error));
    let mut rebuilt = Rebuilt::default();
    let mut head = 0;
    if let Some(outbox) = outbox {
        let mut after = log.trimmed_through(topic).await?;
        loop {
            let events = outbox_events(outbox, after, BATCH).await.map_err(failed)?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                // What the outbox lacks must be right in the log.
                if let Some(offset) = log.first_damaged_between(topic, after, event.offset).await? {
                    return Err(RebuildError::Lacking { topic: topic.to_owned(), offset });
                }
                after = event.offset;
            }
            rebuilt.written.extend(log.mend(topic, &events).await?);
            rebuilt.compared += events.len() as u64;
        }
        head = outbox::head(outbox).await.map_err(failed)?.max(after);
        if let Some(offset) = log.first_damaged_between(topic, after, head + 1).await? {
            return Err(RebuildError::Lacking { topic: topic.to_owned(), offset });
        }
    }
    match log.discard_damaged_after(topic, head).await? {
        Ok(removed) => Ok(Rebuilt { removed, ..rebuilt }),
        Err(offset) => Err(RebuildError::Ahead { topic: topic.to_owned(), offset, head }),
    }
}

/// How many events are compared or written in one step where a topic can only be written anew as a whole.
const PAGE: u32 = 500;

/// A log in which no single event can be written anew, but a topic as a whole.
#[async_trait(?Send)]
pub trait Renew: EventLog {
    /// Empties a topic: the next event that it takes has this number.
    async fn renew(&self, context: &Context, topic: &str, first_offset: i64) -> Result<(), EventLogError>;
}

/// What comparing a topic with its outbox has found.
#[derive(Default)]
struct Comparison {
    compared: u64,
    damaged: Vec<i64>,
    /// Those that the log has yet to get.
    unlogged: Vec<i64>,
    /// How many damaged ones there are of which the outbox has never heard.
    astray: u64,
    /// The first one that the outbox has lost and the log soundly has.
    lost: Option<i64>,
}

/// The same as [`rebuild()`] where nothing can be written between other events: what lacks at the end is appended, and a topic in
/// which something else is wrong is emptied and filled again from its outbox. Consumers wait meanwhile. `context` gives the
/// deadline of each step.
pub async fn rebuild_whole(
    log: &dyn Renew,
    context: impl Fn() -> Context,
    outbox: &Database,
    topic: &str,
) -> Result<Rebuilt, RebuildError> {
    let failed = |error: sqlx::Error| EventLogError::from_failure(failure_of(topic, &error));
    let status = log.topics(&context()).await?.into_iter().find(|status| status.topic == topic);
    let (first, last) = status.map_or((1, 0), |status| (status.first_offset, status.last_offset));
    let head = outbox::head(outbox).await.map_err(failed)?;
    let Comparison { compared, damaged, unlogged, astray, lost } =
        compare(log, &context, outbox, topic, (first, last, head)).await?;
    let mut after = last;
    if !damaged.is_empty() || astray > 0 {
        if let Some(offset) = lost {
            return Err(RebuildError::Lacking { topic: topic.to_owned(), offset });
        }
        log.renew(&context(), topic, first).await?;
        after = first - 1;
    }
    loop {
        let events = outbox_events(outbox, after, PAGE).await.map_err(failed)?;
        let Some(end) = events.last() else { break };
        after = end.offset;
        log.append(&context(), Append { topic: topic.to_owned(), events }).await?;
    }
    Ok(Rebuilt { compared, written: [damaged, unlogged].concat(), removed: astray })
}

async fn compare(
    log: &dyn Renew,
    context: impl Fn() -> Context,
    outbox: &Database,
    topic: &str,
    (first, last, head): (i64, i64, i64),
) -> Result<Comparison, RebuildError> {
    let failed = |error: sqlx::Error| EventLogError::from_failure(failure_of(topic, &error));
    let mut found = Comparison::default();
    let mut next = first;
    while next <= head.max(last) {
        let range = ReadRange { after: next - 1, limit: PAGE, wait_ms: 0 };
        let logged = match log.read(&context(), ReadEvents { topic: topic.to_owned(), range }).await {
            Ok(events) if events.is_empty() => {
                vec![None; (next..=head.max(last)).take(PAGE as usize).count()]
            }
            Ok(events) => events.into_iter().map(Some).collect(),
            Err(EventLogError::Damaged { .. }) => vec![None],
            Err(error) => return Err(error.into()),
        };
        let told = outbox_events(outbox, next - 1, PAGE).await.map_err(failed)?;
        let mut told = told.into_iter().peekable();
        for logged in logged {
            let (offset, told) = (next, told.next_if(|event| event.offset == next));
            next += 1;
            found.compared += u64::from(told.is_some());
            match (told, logged) {
                (Some(told), Some(logged)) if told == logged => {}
                (Some(_), None) if offset > last => found.unlogged.push(offset),
                (Some(_), _) => found.damaged.push(offset),
                (None, Some(_)) if offset > head => {
                    return Err(RebuildError::Ahead { topic: topic.to_owned(), offset, head });
                }
                (None, Some(_)) => found.lost = found.lost.or(Some(offset)),
                (None, None) if offset > head => found.astray += 1,
                (None, None) => return Err(RebuildError::Lacking { topic: topic.to_owned(), offset }),
            }
        }
    }
    Ok(found)
}
