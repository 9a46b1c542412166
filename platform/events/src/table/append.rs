//! Appends, which share their commits.
//!
//! Who appends puts its events into a queue and waits for its turn or its answer, whichever comes first. Whose turn it is
//! commits all that waits, in one transaction, and answers everybody. So a producer that is alone commits at once, and those
//! that come while a commit is under way share the next one. Nobody depends on somebody else's patience: where the one whose turn
//! it is gives up, the others see that their answer will not come, and queue again, which is safe.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cleave_db::{WriteError, is_unique_violation};
use sqlx::{AssertSqlSafe, Executor};
use tokio::sync::oneshot;

use super::{TableLog, write_failed};
use crate::checksum::checksum;
use crate::log::{Append, EventLogError};
use crate::recorded::{MAX_ROWS_PER_STATEMENT, RecordedEvent, bind_columns, event_columns};

/// The most events of one transaction, but for an append that alone has more.
const MAX_EVENTS_PER_COMMIT: usize = 4_000;

/// How often a commit is tried that meets other processes, of which each time one has succeeded.
const MAX_MEETINGS: u32 = 20;

/// Appends that wait for a commit.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
    commits: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    append: Arc<Append>,
    answer: oneshot::Sender<Result<i64, EventLogError>>,
}

/// Events of one topic, without a gap, and who waits for them.
struct Run {
    topic: String,
    events: Vec<RecordedEvent>,
    waiting: Vec<Waiting>,
}

impl TableLog {
    /// How many commits appends have made in this process.
    pub fn commits(&self) -> u64 {
        self.queue.commits.load(Ordering::Relaxed)
    }

    pub(super) async fn append_with_others(&self, append: Append) -> Result<i64, EventLogError> {
        if !append.events.windows(2).all(|pair| pair[0].offset + 1 == pair[1].offset) {
            return Err(EventLogError::Disordered);
        }
        if append.events.is_empty() {
            return self.last(&append.topic).await;
        }
        let append = Arc::new(append);
        loop {
            let mut answered = self.queue.push(append.clone());
            loop {
                tokio::select! {
                    biased;
                    answer = &mut answered => match answer {
                        Ok(answer) => return answer,
                        Err(_who_had_the_turn_gave_up) => break,
                    },
                    _turn = self.queue.turn.lock() => self.commit(self.queue.take()).await,
                }
            }
        }
    }

    /// Appends what it can, and answers everybody.
    async fn commit(&self, mut runs: Vec<Run>) {
        for _ in 0..MAX_MEETINGS {
            if runs.is_empty() {
                return;
            }
            let complete = match self.insert(&runs).await {
                Ok(complete) => complete,
                Err(error) => return runs.into_iter().for_each(|run| run.answer(&Err(error.clone()))),
            };
            let mut again = Vec::new();
            for run in runs {
                if complete {
                    self.tell_readers(&run.topic, &run.events);
                    let last = run.events.last().map_or(0, |event| event.offset);
                    run.answer(&Ok(last));
                } else if let Some(rest) = self.settle(run).await {
                    again.push(rest);
                }
            }
            runs = again;
        }
        for run in runs {
            tracing::error!(
                topic = run.topic,
                "events cannot be appended: their rows meet others that no reader finds"
            );
            run.answer(&Err(EventLogError::Internal));
        }
    }

    /// Answers who waits for a run that may not fit, or gives what of it is still to be appended.
    async fn settle(&self, mut run: Run) -> Option<Run> {
        let last = match self.last(&run.topic).await {
            Ok(last) => last,
            Err(error) => {
                run.answer(&Err(error));
                return None;
            }
        };
        if run.events.first().is_some_and(|first| first.offset > last + 1) {
            let topic = run.topic.clone();
            run.answer(&Err(EventLogError::Gap { topic, last_offset: last }));
            return None;
        }
        run.events.retain(|event| event.offset > last);
        if run.events.is_empty() {
            // This commit has appended them, or somebody else has before.
            self.topic(&run.topic).bell.send_replace(last);
            run.answer(&Ok(last));
            return None;
        }
        Some(run)
    }

    /// Inserts the runs in one transaction; `false` where not all of their events were, because a topic does not end right
    /// before its run.
    async fn insert(&self, runs: &[Run]) -> Result<bool, EventLogError> {
        let rows = runs.iter().flat_map(|run| run.events.iter().map(|event| (run.topic.as_str(), event)));
        let rows = rows.collect::<Vec<_>>();
        let statements = rows.chunks(MAX_ROWS_PER_STATEMENT);
        let written = if statements.len() == 1 {
            // One statement is a transaction by itself, without the round trips of its beginning and its end.
            insert_rows(self.database.writer(), &rows).await.map_err(WriteError::Database)
        } else {
            let insert = self.database.write(async |transaction| {
                let mut inserted = 0;
                for rows in rows.chunks(MAX_ROWS_PER_STATEMENT) {
                    inserted += insert_rows(&mut *transaction, rows).await?;
                }
                Ok::<_, WriteError<()>>(inserted)
            });
            insert.await
        };
        match written {
            Ok(inserted) => {
                self.queue.commits.fetch_add(u64::from(inserted > 0), Ordering::Relaxed);
                Ok(inserted == rows.len() as u64)
            }
            // Somebody else has appended at the same moment.
            Err(WriteError::Database(error)) if is_unique_violation(&error) => Ok(false),
            Err(error) => Err(write_failed(&error)),
        }
    }
}

impl Queue {
    fn push(&self, append: Arc<Append>) -> oneshot::Receiver<Result<i64, EventLogError>> {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(Waiting { append, answer });
        answered
    }

    /// Takes what one transaction can carry. Appends of one topic join where they leave no gap; others wait for the next one.
    fn take(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut count = 0;
        let mut queue = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut later = Vec::new();
        for waiting in queue.drain(..).filter(|waiting| !waiting.answer.is_closed()) {
            let events = waiting.append.events.len();
            let run = runs.iter_mut().find(|run| run.topic == waiting.append.topic);
            if count > 0 && count + events > MAX_EVENTS_PER_COMMIT {
                later.push(waiting);
                continue;
            }
            match run {
                None => runs.push(Run::of(waiting)),
                Some(run) if run.is_continued_by(&waiting.append) => run.join(waiting),
                Some(_) => {
                    later.push(waiting);
                    continue;
                }
            }
            count += events;
        }
        *queue = later;
        runs
    }
}

impl Run {
    fn of(waiting: Waiting) -> Self {
        let Append { topic, events } = &*waiting.append;
        Self { topic: topic.clone(), events: events.clone(), waiting: vec![waiting] }
    }

    fn is_continued_by(&self, append: &Append) -> bool {
        let ends = |events: &[RecordedEvent]| Some((events.first()?.offset, events.last()?.offset));
        match (ends(&self.events), ends(&append.events)) {
            (Some((first, last)), Some((next, _))) => (first..=last + 1).contains(&next),
            _ => false,
        }
    }

    fn join(&mut self, waiting: Waiting) {
        let last = self.events.last().map_or(0, |event| event.offset);
        self.events.extend(waiting.append.events.iter().filter(|event| event.offset > last).cloned());
        self.waiting.push(waiting);
    }

    fn answer(self, answer: &Result<i64, EventLogError>) {
        for waiting in self.waiting {
            // Who does not listen any more will ask again.
            let _nobody_listens = waiting.answer.send(answer.clone());
        }
    }
}

/// Inserts each run of rows whose topic ends right before it, and tells how many rows that were.
async fn insert_rows<'c>(
    executor: impl Executor<'c, Database = sqlx::Any>,
    rows: &[(&str, &RecordedEvent)],
) -> Result<u64, sqlx::Error> {
    const COLUMNS: usize = 12;
    let row = |index: usize| {
        let places = (1..=COLUMNS).map(|column| format!("${}", index * COLUMNS + column));
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    let values = (0..rows.len()).map(row).collect::<Vec<_>>().join(", ");
    // The last two values are the bytes of the run up to the event, and the number right before the run. The guard and the
    // insert stand or fall together.
    let sql = format!(
        "INSERT INTO events (topic, {columns}, checksum, bytes_through) \
         SELECT fresh.column1, CAST(fresh.column2 AS BIGINT), fresh.column3, CAST(fresh.column4 AS BIGINT), \
         fresh.column5, fresh.column6, fresh.column7, fresh.column8, CAST(fresh.column9 AS BIGINT), \
         CAST(fresh.column10 AS BIGINT), CAST(fresh.column11 AS BIGINT) + COALESCE((SELECT bytes_through \
         FROM events WHERE topic = fresh.column1 AND position = CAST(fresh.column12 AS BIGINT)), 0) \
         FROM (VALUES {values}) AS fresh WHERE (SELECT MAX(last) FROM (SELECT COALESCE(MAX(position), 0) AS last \
         FROM events WHERE topic = fresh.column1 UNION ALL SELECT trimmed_through FROM topics \
         WHERE topic = fresh.column1) AS ends) = CAST(fresh.column12 AS BIGINT)",
        columns = event_columns!(),
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    let (mut topic_before, mut bytes, mut before) = ("", 0, 0);
    for (topic, event) in rows {
        if *topic != topic_before {
            (topic_before, bytes, before) = (topic, 0, event.offset - 1);
        }
        bytes += event.stored_bytes();
        query = bind_columns(query.bind(*topic), event).bind(checksum(topic, event)).bind(bytes).bind(before);
    }
    query.execute(executor).await.map(|done| done.rows_affected())
}
