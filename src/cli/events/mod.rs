//! `cleave events`: the event log, for people.

mod consumers;
mod rebuild;
mod tail;
mod topics;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use cleave_core::{Context, Ids, SystemClock};
use cleave_events::rest::EventLogAdapter;
use cleave_events::{Consumer, EventLog};

use super::{Common, Failure, Outcome, block_on, not_provisioned, start_logging, usage};
use crate::compose::Cell;
use crate::provision;
use crate::settings::Settings;

/// How long one question may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// What `events` does. All of it works on the databases, whether or not the store is running.
#[derive(Debug, Subcommand)]
pub(super) enum EventsCommand {
    /// The topics, what the log keeps of them, and how far each consumer has come
    Topics(Form),
    /// The events of a topic, one JSON object a line
    Tail {
        /// The topic: the name of the module that tells
        topic: String,
        /// Begin after this event; without it, with the last ten
        #[arg(long, value_name = "OFFSET", value_parser = clap::value_parser!(i64).range(0..))]
        after: Option<i64>,
        /// Go on with what is told from now on, until Ctrl-C
        #[arg(long)]
        follow: bool,
    },
    /// Have events come to a consumer again, from an event on
    ///
    /// Sets the consumer's offset back in its own database; if it runs, it goes on from there within some seconds. Its
    /// dead letters among these events are dropped, because the events come again. What is done by them is not done twice:
    /// a notification that was written is known by its event's number, and neither it nor its e-mail is written again; whether
    /// a product is in stock is only said anew, so for a moment an older state may be shown. What is missing, because a
    /// table was restored from an older copy or by a fault of the code, is done now.
    ///
    /// Refused where the log has cut the events, and where events would be skipped that the consumer has yet to apply. The one
    /// way forwards is over what was cut: to the oldest event that is there.
    Replay {
        #[command(flatten)]
        whose: Whose,
        /// The first event that comes again
        #[arg(long, value_name = "OFFSET", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
        from: i64,
        #[command(flatten)]
        form: Form,
    },
    /// Events that could not be applied, and those of the same entity that wait behind them
    DeadLetters(Form),
    /// Try events that could not be applied once more, each with those that wait behind it
    Retry {
        #[command(flatten)]
        whose: Whose,
        /// Only this event
        #[arg(long, value_name = "OFFSET")]
        offset: Option<i64>,
        #[command(flatten)]
        form: Form,
    },
    /// Take a consumer that will not come back from the log's register, so that retention need not keep events for it
    ///
    /// A consumer registers itself when it starts, and again when it has come further. One that is forgotten and comes back
    /// after its events were cut is refused by the log until `cleave events replay` sets it to the oldest event.
    Forget {
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        form: Form,
    },
    /// Write events of the log anew from the outboxes, where they are missing or damaged
    ///
    /// Compares every event that the log keeps, or should keep, with the outbox of the module that told it, and writes what
    /// differs anew under the same number. A log that was lost is whole again after it. Refused, with the number of the event,
    /// where the outbox does not have it either, or where the log soundly has events of which the outbox knows nothing. Where
    /// NATS keeps the log, a topic that lacks more than its end is emptied and written anew as a whole.
    Rebuild {
        /// Only this topic
        topic: Option<String>,
        #[command(flatten)]
        form: Form,
    },
}

/// A consumer and what it reads.
#[derive(Debug, Args)]
pub(super) struct Whose {
    /// The consumer: a module
    consumer: String,
    /// The topic
    topic: String,
}

/// How the answer looks.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Form {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(common: &Common, command: &EventsCommand) -> Outcome {
    let mut settings = common.settings(None)?;
    "warn".clone_into(&mut settings.log.filter);
    start_logging(&settings)?;
    provision::require_data_directory(&settings).map_err(not_provisioned)?;
    block_on(async {
        let cell = open(&settings).await?;
        let outcome = match command {
            EventsCommand::Topics(form) => topics::list(&cell, *form).await,
            EventsCommand::Tail { topic, after, follow } => tail::tail(&cell, topic, *after, *follow).await,
            EventsCommand::Replay { whose, from, form } => {
                consumers::replay(&cell, whose, *from, *form).await
            }
            EventsCommand::DeadLetters(form) => consumers::dead_letters(&cell, *form).await,
            EventsCommand::Retry { whose, offset, form } => {
                consumers::retry(&cell, whose, *offset, *form).await
            }
            EventsCommand::Forget { whose, form } => consumers::forget(&cell, whose, *form).await,
            EventsCommand::Rebuild { topic, form } => rebuild::rebuild(&cell, topic.as_deref(), *form).await,
        };
        provision::close(&cell).await;
        outcome
    })
}

async fn open(settings: &Settings) -> Result<Rc<Cell>, Failure> {
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    provision::open_store(settings, clock, ids).await.map_err(not_provisioned)
}

fn context(cell: &Cell) -> Context {
    let process = cell.process();
    Context::background(&process.ids, process.clock.instant() + DEADLINE)
}

fn log(cell: &Cell) -> Rc<dyn EventLog> {
    cell.reach::<EventLogAdapter>("orders")
}

/// The consumer that is meant.
fn find<'cell>(cell: &'cell Cell, Whose { consumer, topic }: &Whose) -> Result<&'cell Consumer, Failure> {
    let found = cell.consumers().iter().find(|it| it.name() == consumer && it.topic() == topic);
    found.ok_or_else(|| {
        let known = cell.consumers().iter().map(|it| format!("{} {}", it.name(), it.topic()));
        let known = known.collect::<Vec<_>>().join(", ");
        usage(anyhow!("{consumer} reacts to no topic {topic}; there are: {known}"))
    })
}
