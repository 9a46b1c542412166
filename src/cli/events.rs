//! `cleave events`: the event log, for people.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use clap::Subcommand;
use cleave_core::{Context, Ids, SystemClock};
use cleave_events::rest::EventLogAdapter;
use cleave_events::{EventLog, ReadEvents, ReadRange, RecordedEvent};

use super::{Common, Outcome, block_on, failed, not_provisioned, start_logging};
use crate::compose::Cell;
use crate::provision;
use crate::settings::Settings;

/// How many events are read at once.
const BATCH: u32 = 500;

/// How long one question may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// What `events` does. It reads the databases of the data directory, whether or not the store is running.
#[derive(Debug, Subcommand)]
pub(super) enum EventsCommand {
    /// The topics, and how far each consumer has come
    Topics,
    /// The events of a topic, one JSON object a line
    Tail {
        /// The topic: the name of the module that tells
        topic: String,
        /// Begin after this event; without it, with the last ten
        #[arg(long, value_name = "OFFSET")]
        after: Option<i64>,
        /// Go on with what is told from now on, until Ctrl-C
        #[arg(long)]
        follow: bool,
    },
    /// Events that could not be applied, and those of the same entity that wait behind them
    DeadLetters,
    /// Try events that could not be applied once more, each with those that wait behind it
    Retry {
        /// The consumer: a module
        consumer: String,
        /// The topic
        topic: String,
        /// Only this event
        #[arg(long, value_name = "OFFSET")]
        offset: Option<i64>,
    },
}

pub(super) fn run(common: &Common, command: &EventsCommand) -> Outcome {
    let mut settings = common.settings(None)?;
    "warn".clone_into(&mut settings.log.filter);
    start_logging(&settings)?;
    provision::require_data_directory(&settings).map_err(not_provisioned)?;
    block_on(async {
        let cell = open(&settings).await?;
        let outcome = match command {
            EventsCommand::Topics => topics(&cell).await,
            EventsCommand::Tail { topic, after, follow } => tail(&cell, topic, *after, *follow).await,
            EventsCommand::DeadLetters => dead_letters(&cell).await,
            EventsCommand::Retry { consumer, topic, offset } => retry(&cell, consumer, topic, *offset).await,
        };
        provision::close(&cell).await;
        outcome
    })
}

async fn open(settings: &Settings) -> Result<std::rc::Rc<Cell>, super::Failure> {
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(Ids::from_system(clock.clone()));
    provision::open_store(settings, clock, ids).await.map_err(not_provisioned)
}

fn context(cell: &Cell) -> Context {
    let process = cell.process();
    Context::background(&process.ids, process.clock.instant() + DEADLINE)
}

fn log(cell: &Cell) -> std::rc::Rc<dyn EventLog> {
    cell.reach::<EventLogAdapter>("orders")
}

async fn topics(cell: &Cell) -> Outcome {
    println!("{:<16} {:>10}", "TOPIC", "EVENTS");
    for status in log(cell).topics(&context(cell)).await.map_err(failed)? {
        println!("{:<16} {:>10}", status.topic, status.last_offset);
    }
    println!("\n{:<16} {:<16} {:>10} {:>12}", "CONSUMER", "TOPIC", "TO DO", "DEAD LETTERS");
    for consumer in cell.consumers() {
        let left = consumer.left(&context(cell)).await.map_err(failed)?;
        let dead_letters = consumer.dead_letters().await.map_err(failed)?.len();
        println!("{:<16} {:<16} {left:>10} {dead_letters:>12}", consumer.name(), consumer.topic());
    }
    Ok(())
}

async fn tail(cell: &Cell, topic: &str, after: Option<i64>, follow: bool) -> Outcome {
    let log = log(cell);
    let last = log.last_offset(&context(cell), topic.to_owned()).await.map_err(failed)?;
    let mut after = after.unwrap_or((last - 10).max(0));
    loop {
        let wait_ms = if follow { 1_000 } else { 0 };
        let range = ReadRange { after, limit: BATCH, wait_ms };
        let request = ReadEvents { topic: topic.to_owned(), range };
        let events = log.read(&context(cell), request).await.map_err(failed)?;
        for event in &events {
            println!("{}", json(event)?);
        }
        match events.last() {
            Some(last) => after = last.offset,
            None if follow => {}
            None => return Ok(()),
        }
    }
}

fn json(event: &RecordedEvent) -> Result<String, super::Failure> {
    serde_json::to_string(event).map_err(failed)
}

async fn dead_letters(cell: &Cell) -> Outcome {
    let mut count = 0;
    for consumer in cell.consumers() {
        for letter in consumer.dead_letters().await.map_err(failed)? {
            count += 1;
            let (state, event) = (letter.state.as_str(), &letter.event);
            println!(
                "{} {} {} {state} after {} attempts: {}",
                consumer.name(),
                consumer.topic(),
                event.offset,
                letter.attempts,
                letter.error
            );
            println!("    {}", json(event)?);
        }
    }
    if count == 0 {
        println!("there are no dead letters");
    }
    Ok(())
}

async fn retry(cell: &Cell, name: &str, topic: &str, offset: Option<i64>) -> Outcome {
    let mut consumers = cell.consumers().iter();
    let Some(consumer) = consumers.find(|it| it.name() == name && it.topic() == topic) else {
        let known = cell.consumers().iter().map(|it| format!("{} {}", it.name(), it.topic()));
        let known = known.collect::<Vec<_>>().join(", ");
        return Err(super::usage(anyhow!("{name} reacts to no topic {topic}; there are: {known}")));
    };
    let applied = consumer.retry(offset).await.map_err(failed)?;
    let left = consumer.dead_letters().await.map_err(failed)?.len();
    println!("{applied} applied, {left} left");
    Ok(())
}
