//! Three processes of one module share the events of a topic while they are killed and paused.
//!
//! The processes are this test binary, started again for the same test; their effects are rows of a table that would take a
//! doubled one. The parent of them kills whoever applies events, in the middle of it, pauses it until another one has taken over,
//! has everything come again, and counts the rows in the end.

mod child;
mod crew;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use cleave_core::{Clock as _, Context, Ids, SystemClock, Timestamp};
use cleave_db::testing::Scratch;
use cleave_db::{Database, Migration, Migrations};
use rustix::process::Signal;

use self::crew::Crew;
use crate::log::{Append, EventLog};
use crate::standing::{self, Standing};
use crate::{CONSUMER_HOLDER_SQL, CONSUMER_SQL, RecordedEvent, replay};

/// The topic of a trial.
const TOPIC: &str = "teller";

/// The version of an event that no process can read.
const UNKNOWN_VERSION: u32 = 2;

/// How long events wait before another process takes over.
const LEASE: Duration = Duration::from_millis(300);

/// Longer than anything takes on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Who cannot write for this long is locked out.
const LOCKED_OUT: Duration = Duration::from_millis(200);

/// Ten times the lease.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

const LISTENER: Migrations = Migrations(&[
    Migration { version: 1, name: "consumer", sql: CONSUMER_SQL },
    Migration { version: 2, name: "consumer_holder", sql: CONSUMER_HOLDER_SQL },
    Migration { version: 3, name: "effects", sql: "CREATE TABLE effects (number BIGINT NOT NULL)" },
]);

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// How many events there are.
    pub events: i64,
    /// How often a process is killed while they are applied for the first time, and how often while all come again.
    pub kills: (i64, i64),
    /// How often the process that applies them is paused until another one has taken over.
    pub pauses: i64,
}

impl Trial {
    /// Runs it, with the effects in the database that `scratch` makes. `this` is the name of the calling test as the harness prints it, which
    /// the processes run too: `log` opens the log for each of them, in that scratch or at `log_place`, where it is empty at first.
    ///
    /// # Panics
    /// Where an event has its effect twice or never, or nobody goes on.
    pub async fn run(
        self,
        this: &str,
        scratch: impl FnOnce() -> Scratch,
        log_place: impl FnOnce() -> String,
        log: impl AsyncFn(&Scratch, &str) -> Rc<dyn EventLog>,
    ) {
        if let Some(place) = child::place() {
            let scratch = Scratch::at(&place.scratch);
            return child::apply(&scratch, log(&scratch, &place.log).await).await;
        }
        let (scratch, log_place) = (scratch(), log_place());
        let listener = scratch.open_with("listener", &LISTENER).await;
        let world = World { listener, log: log(&scratch, &log_place).await, trial: self };
        let mut crew = Crew::start(this, &scratch.place(), &log_place, 3);

        world.apply_amid(&mut crew, self.kills.0, self.pauses).await;
        world.assert_each_had_its_effect(1).await;

        let again = replay::replay(&world.listener, &*world.log, &system(), TOPIC, 1).await;
        assert_eq!(again.expect("it can be set back").position, 0);
        world.apply_amid(&mut crew, self.kills.1, 0).await;
        world.assert_each_had_its_effect(2).await;

        crew.stop();
        assert_eq!(world.standing().await.holder, "", "whoever stops gives up");
    }
}

struct World {
    listener: Database,
    log: Rc<dyn EventLog>,
    trial: Trial,
}

impl World {
    /// Appends the events up to and including this one that are not there yet.
    async fn fill(&self, last: i64) {
        let there = self.log.last_offset(&system(), TOPIC.to_owned()).await.expect("the log is there");
        for first in (there + 1..=last).step_by(500) {
            let events = (first..=last.min(first + 499)).map(|offset| self.event(offset)).collect();
            let append = Append { topic: TOPIC.to_owned(), events };
            self.log.append(&system(), append).await.expect("the log takes them");
        }
    }

    /// One of the events, some of which nobody can read.
    fn event(&self, offset: i64) -> RecordedEvent {
        let is_poison = offset % (self.trial.events / 5) == 7;
        RecordedEvent {
            offset,
            name: "happened".to_owned(),
            version: if is_poison { UNKNOWN_VERSION } else { 1 },
            entity: format!("e{}", offset % 1_000),
            payload: "{}".to_owned(),
            actor: "system".to_owned(),
            request_id: "request".to_owned(),
            recorded_at: Timestamp::from_micros(offset),
        }
    }

    /// The events that are put aside: those that nobody can read, and what comes later to the same entities.
    fn aside(&self) -> BTreeSet<i64> {
        let mut entities = BTreeSet::new();
        let events = (1..=self.trial.events).map(|offset| self.event(offset));
        let aside = events.filter(|event| {
            if event.version == UNKNOWN_VERSION {
                entities.insert(event.entity.clone());
            }
            entities.contains(&event.entity)
        });
        aside.map(|event| event.offset).collect()
    }

    /// Kills and pauses processes, evenly over the events, which come as they are applied, until all are.
    async fn apply_amid(&self, crew: &mut Crew, kills: i64, pauses: i64) {
        let (mut killed, mut paused) = (0, 0);
        while killed < kills {
            let share = self.trial.events / kills;
            self.fill(share * (killed + 1)).await;
            let is_amid = |now: &Standing| now.position >= share * killed + share / 8;
            let at = self.next(crew, "it goes on", is_amid).await;
            if paused * kills < pauses * killed {
                // Where nothing waits, nobody takes over.
                self.fill(share * (killed + 2)).await;
                paused += i64::from(self.pause(crew).await);
                continue;
            }
            match killed % 3 {
                // Who comes back at once takes over at once.
                0 => crew.replace(&at.holder),
                // Another one takes over before.
                1 => {
                    crew.kill(&at.holder);
                    self.until("another one takes over", |now| now.holder != at.holder).await;
                    crew.fill_up();
                }
                _ => crew.replace_one_beside(&at.holder),
            }
            killed += 1;
        }
        self.fill(self.trial.events).await;
        assert_eq!(paused, pauses, "pauses in which another one took over");
        self.until("all are applied", |now| now.position == self.trial.events).await;
    }

    /// Pauses whoever applies events until another one has taken over, and tells whether it came to that: paused with a lock of the
    /// database in its hands, it goes on soon, since nobody could.
    async fn pause(&self, crew: &mut Crew) -> bool {
        let at = self.next(crew, "it goes on", |_| true).await;
        crew.signal(&at.holder, Signal::STOP);
        // A call of the system that was under way may still get a lock.
        let is_taken_over = self.can_be_written().await && {
            let is_taken_over = |now: &Standing| now.holder != at.holder && now.position > at.position;
            let taking_over = self.until("another one takes over", is_taken_over);
            tokio::time::timeout(LONGEST_PAUSE, taking_over).await.is_ok()
        };
        crew.signal(&at.holder, Signal::CONT);
        if is_taken_over {
            crew.wait_until_it_stands_by(&at.holder);
        } else {
            self.until("it goes on after a pause", |now| now.position > at.position).await;
        }
        is_taken_over
    }

    async fn can_be_written(&self) -> bool {
        let nothing = sqlx::query("UPDATE consumer_offsets SET dead_letters = dead_letters");
        let written = nothing.execute(self.listener.writer());
        tokio::time::timeout(LOCKED_OUT, written).await.is_ok_and(|written| written.is_ok())
    }

    /// Waits for what is true while one of the crew applies events.
    async fn next(&self, crew: &Crew, awaited: &str, is_true: impl Fn(&Standing) -> bool) -> Standing {
        self.until(awaited, |now| is_true(now) && crew.has(&now.holder)).await
    }

    async fn standing(&self) -> Standing {
        let standing = standing::load(&self.listener, TOPIC).await.expect("the database is there");
        standing.unwrap_or(Standing { position: 0, holder: String::new() })
    }

    async fn until(&self, awaited: &str, is_true: impl Fn(&Standing) -> bool) -> Standing {
        let clock = SystemClock;
        let start = clock.instant();
        loop {
            let now = self.standing().await;
            if is_true(&now) {
                return now;
            }
            assert!(clock.instant() - start < PATIENCE, "waited in vain until {awaited}: {now:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn assert_each_had_its_effect(&self, times: i64) {
        let wrong: Vec<(i64, i64)> = sqlx::query_as(
            "SELECT number, COUNT(*) FROM effects GROUP BY number HAVING COUNT(*) <> $1 ORDER BY number LIMIT 10",
        )
        .bind(times)
        .fetch_all(self.listener.readers())
        .await
        .expect("the query is right");
        assert_eq!(wrong, [], "events with the number of their effects, which should be {times}");
        let aside = self.aside();
        let numbers: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT number FROM effects ORDER BY number")
            .fetch_all(self.listener.readers())
            .await
            .expect("the query is right");
        assert!((1..=self.trial.events).filter(|number| !aside.contains(number)).eq(numbers));
        let letters: Vec<i64> =
            sqlx::query_scalar("SELECT position FROM dead_letters WHERE topic = $1 ORDER BY position")
                .bind(TOPIC)
                .fetch_all(self.listener.readers())
                .await
                .expect("the query is right");
        assert!(aside.into_iter().eq(letters), "what cannot be applied is put aside, once");
    }
}

fn system() -> Context {
    let clock = std::sync::Arc::new(SystemClock);
    let deadline = clock.instant() + PATIENCE;
    Context::background(&Ids::from_system(clock), deadline)
}
