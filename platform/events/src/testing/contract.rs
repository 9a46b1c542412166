//! What every engine of the log must do, as tests that know no engine. Each takes a log that nobody else uses, and all of what
//! it does is in the topic `topic`.

use std::time::Duration;

use cleave_core::{Caller, Clock, Context, Ids, Timestamp};
use futures_util::StreamExt as _;
use futures_util::future::join_all;

use crate::log::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, FollowEvents, ReadEvents, ReadRange, Trim,
};
use crate::recorded::RecordedEvent;

/// What a test needs beside the log.
#[derive(Debug)]
pub struct Surroundings<'test> {
    /// Real time.
    pub clock: &'test dyn Clock,
    /// The ids of requests.
    pub ids: &'test Ids,
}

impl Surroundings<'_> {
    /// The context of the system, which is patient.
    pub fn system(&self) -> Context {
        Context::background(self.ids, self.clock.instant() + Duration::from_secs(30))
    }
}

/// The event of this number.
pub fn event(offset: i64) -> RecordedEvent {
    RecordedEvent {
        offset,
        name: "happened".to_owned(),
        version: 1,
        entity: "a".to_owned(),
        payload: "{\"text\":\"with \\\"quotes\\\"\"}".to_owned(),
        actor: "system".to_owned(),
        request_id: "request".to_owned(),
        recorded_at: Timestamp::from_micros(offset),
    }
}

/// The append of these numbers.
pub fn append(offsets: impl IntoIterator<Item = i64>) -> Append {
    Append { topic: "topic".to_owned(), events: offsets.into_iter().map(event).collect() }
}

/// What is read after a number.
pub fn read(after: i64, limit: u32, wait_ms: u64) -> ReadEvents {
    ReadEvents { topic: "topic".to_owned(), range: ReadRange { after, limit, wait_ms } }
}

fn offsets(events: &[RecordedEvent]) -> Vec<i64> {
    events.iter().map(|event| event.offset).collect()
}

fn id(consumer: &str) -> ConsumerId {
    ConsumerId { consumer: consumer.to_owned(), topic: "topic".to_owned() }
}

fn progress(consumer: &str, position: i64) -> ConsumerProgress {
    ConsumerProgress { consumer: consumer.to_owned(), topic: "topic".to_owned(), position }
}

/// A gap is refused and what is there is ignored.
pub async fn a_gap_is_refused_and_what_is_there_is_ignored(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = it.system();
    let gap = |last_offset| Err(EventLogError::Gap { topic: "topic".to_owned(), last_offset });
    assert_eq!(log.append(&context, append([2])).await, gap(0));
    assert_eq!(log.append(&context, append([2, 3])).await, gap(0));
    assert_eq!(log.append(&context, append([1, 2])).await, Ok(2));
    assert_eq!(log.append(&context, append([1, 2])).await, Ok(2));
    assert_eq!(log.append(&context, append([2])).await, Ok(2));
    assert_eq!(log.append(&context, append(2..=5)).await, Ok(5));
    assert_eq!(log.append(&context, append([7])).await, gap(5));
    assert_eq!(log.append(&context, append([7, 8])).await, gap(5));
    assert_eq!(log.append(&context, append([6, 8])).await, Err(EventLogError::Disordered));
    assert_eq!(log.append(&context, append([])).await, Ok(5));
    let all = log.read(&context, read(0, 100, 0)).await.expect("it can be read");
    assert_eq!(all, (1..=5).map(event).collect::<Vec<_>>());
    assert_eq!(log.last_offset(&context, "topic".to_owned()).await, Ok(5));
    assert_eq!(log.last_offset(&context, "nothing".to_owned()).await, Ok(0));
    let topics = log.topics(&context).await.expect("it can be read");
    let topics = topics.iter().map(|it| (it.topic.as_str(), it.first_offset, it.last_offset));
    assert_eq!(topics.collect::<Vec<_>>(), [("topic", 1, 5)]);
}

/// A reader gets pages of any size, from the newest and from the oldest events alike.
pub async fn a_reader_gets_pages_from_anywhere(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = it.system();
    assert_eq!(log.append(&context, append(1..=700)).await, Ok(700));
    assert_eq!(log.append(&context, append(701..=1_900)).await, Ok(1_900));
    for (after, limit, expected) in [
        (0, 3, 1..=3),
        (1_898, 10, 1_899..=1_900),
        (300, 200, 301..=500),
        (440, 50, 441..=490),
        (900, 5_000, 901..=1_900),
    ] {
        let page = log.read(&context, read(after, limit, 0)).await.expect("it can be read");
        assert_eq!(offsets(&page), expected.collect::<Vec<_>>(), "after {after}");
    }
    assert_eq!(log.read(&context, read(1_900, 10, 0)).await, Ok(Vec::new()));
    assert_eq!(log.read(&context, read(2_500, 10, 0)).await, Ok(Vec::new()), "who is ahead gets nothing");
}

/// A waiting reader is woken by the next event.
pub async fn a_waiting_reader_is_woken_by_the_next_event(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = Context { deadline: it.clock.instant() + Duration::from_mins(5), ..it.system() };
    let (read, appended) = tokio::join!(log.read(&context, read(0, 10, 60_000)), async {
        tokio::task::yield_now().await;
        log.append(&context, append([1])).await
    });
    assert_eq!(appended, Ok(1));
    assert_eq!(read.map(|events| offsets(&events)), Ok(vec![1]));
}

/// A reader waits no longer than it was asked to, and no longer than its deadline.
pub async fn a_reader_waits_no_longer_than_it_was_asked_to(log: &dyn EventLog, it: &Surroundings<'_>) {
    let before = it.clock.instant();
    assert_eq!(log.read(&it.system(), read(0, 10, 30)).await, Ok(Vec::new()));
    assert!(it.clock.instant() - before >= Duration::from_millis(30));
    let short = Context { deadline: it.clock.instant() + Duration::from_secs(2), ..it.system() };
    let before = it.clock.instant();
    assert_eq!(log.read(&short, read(0, 10, 60_000)).await, Ok(Vec::new()));
    assert!(it.clock.instant() - before < Duration::from_secs(2));
}

/// Who follows a topic gets what there is and what comes.
pub async fn who_follows_gets_what_there_is_and_what_comes(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = it.system();
    log.append(&context, append(1..=600)).await.expect("it is appended");
    let request = FollowEvents { topic: "topic".to_owned(), after: 10 };
    let following = log.follow(&context, request).await.expect("it is followed");
    let appending = async {
        log.append(&context, append([601])).await.expect("it is appended");
        log.append(&context, append([602, 603])).await.expect("it is appended");
    };
    let followed = following.take(593).collect::<Vec<_>>();
    let (followed, ()) = tokio::join!(followed, appending);
    let followed = followed.into_iter().collect::<Result<Vec<_>, _>>().expect("nothing is wrong");
    assert_eq!(offsets(&followed), (11..=603).collect::<Vec<_>>());
}

/// What is cut is refused, and its numbers stay used.
pub async fn what_is_cut_is_refused_and_its_numbers_stay_used(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = it.system();
    let cut = |through| Trim { topic: "topic".to_owned(), through };
    assert_eq!(log.trim(&context, cut(5)).await, Ok(1), "there is nothing");
    log.append(&context, append(1..=5)).await.expect("it is appended");
    assert_eq!(log.trim(&context, cut(0)).await, Ok(1));
    assert_eq!(log.trim(&context, cut(3)).await, Ok(4));
    assert_eq!(log.trim(&context, cut(2)).await, Ok(4), "what is cut stays cut");
    let trimmed = |first_offset| Err(EventLogError::Trimmed { topic: "topic".to_owned(), first_offset });
    assert_eq!(log.read(&context, read(0, 10, 0)).await, trimmed(4));
    assert_eq!(log.read(&context, read(2, 10, 60_000)).await, trimmed(4));
    let request = FollowEvents { topic: "topic".to_owned(), after: 1 };
    assert_eq!(log.follow(&context, request).await.err(), trimmed(4).err());
    assert_eq!(log.read(&context, read(3, 10, 0)).await.map(|events| offsets(&events)), Ok(vec![4, 5]));
    assert_eq!(log.append(&context, append(1..=5)).await, Ok(5), "what it had is ignored");
    assert_eq!(log.trim(&context, cut(99)).await, Ok(6), "what is not there yet is not cut");
    let topics = log.topics(&context).await.expect("they can be read");
    let ends = topics.iter().map(|it| (it.first_offset, it.last_offset, it.bytes));
    assert_eq!(ends.collect::<Vec<_>>(), [(6, 5, 0)]);
    assert_eq!(log.last_offset(&context, "topic".to_owned()).await, Ok(5));
    assert_eq!(log.read(&context, read(5, 10, 0)).await, Ok(Vec::new()));
    assert_eq!(log.append(&context, append([6])).await, Ok(6));
    assert_eq!(log.read(&context, read(4, 10, 0)).await, trimmed(6));
    assert_eq!(log.read(&context, read(5, 10, 0)).await.map(|events| offsets(&events)), Ok(vec![6]));
}

/// The last word of a consumer holds until it is forgotten.
pub async fn the_last_word_of_a_consumer_holds_until_it_is_forgotten(
    log: &dyn EventLog,
    it: &Surroundings<'_>,
) {
    let context = it.system();
    assert_eq!(log.consumers(&context).await, Ok(Vec::new()));
    for (consumer, position) in [("slow", 3), ("quick", 10), ("slow", 7), ("quick", 4)] {
        assert_eq!(log.report(&context, progress(consumer, position)).await, Ok(()));
    }
    assert_eq!(log.consumers(&context).await, Ok(vec![progress("quick", 4), progress("slow", 7)]));
    assert_eq!(log.forget(&context, id("quick")).await, Ok(()));
    assert_eq!(log.forget(&context, id("nobody")).await, Ok(()));
    assert_eq!(log.consumers(&context).await, Ok(vec![progress("slow", 7)]));
    assert_eq!(log.report(&context, progress("quick", 5)).await, Ok(()));
    assert_eq!(log.consumers(&context).await, Ok(vec![progress("quick", 5), progress("slow", 7)]));
}

/// Topics do not know each other.
pub async fn topics_do_not_know_each_other(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = it.system();
    let to = |topic: &str, offsets| Append { topic: topic.to_owned(), ..append(offsets) };
    assert_eq!(log.append(&context, to("weather", 1..=3)).await, Ok(3));
    assert_eq!(log.append(&context, to("area", 1..=1)).await, Ok(1));
    let topics = log.topics(&context).await.expect("they can be read");
    let ends = topics.iter().map(|it| (it.topic.as_str(), it.last_offset)).collect::<Vec<_>>();
    assert_eq!(ends, [("area", 1), ("weather", 3)]);
    assert_eq!(log.trim(&context, Trim { topic: "weather".to_owned(), through: 3 }).await, Ok(4));
    let range = ReadRange { after: 0, limit: 10, wait_ms: 0 };
    let area = log.read(&context, ReadEvents { topic: "area".to_owned(), range }).await;
    assert_eq!(area.map(|events| offsets(&events)), Ok(vec![1]));
}

/// The bytes of a topic are about those that retention counts.
pub async fn the_bytes_of_a_topic_are_about_what_retention_counts(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = it.system();
    let payload = format!("{{\"text\":\"{}\"}}", "a".repeat(300));
    let events = (1..=1_000).map(|offset| RecordedEvent { payload: payload.clone(), ..event(offset) });
    let events = events.collect::<Vec<_>>();
    let counted = events.iter().map(RecordedEvent::stored_bytes).sum::<i64>();
    log.append(&context, Append { events, ..append([]) }).await.expect("it is appended");
    let bytes = log.topics(&context).await.expect("they can be read")[0].bytes;
    assert!((counted * 8 / 10..=counted * 12 / 10).contains(&bytes), "{bytes} for {counted}");
}

/// Of two who append the same, each event is there once.
pub async fn of_two_who_append_the_same_each_event_is_there_once(
    log: &dyn EventLog,
    other: &dyn EventLog,
    it: &Surroundings<'_>,
) {
    let context = it.system();
    let by_steps = async |log: &dyn EventLog, step: usize| {
        let all = (1..=200).collect::<Vec<i64>>();
        for offsets in all.chunks(step) {
            let appended = log.append(&context, append(offsets.iter().copied())).await;
            // The other one may be ahead.
            assert!(appended.is_ok_and(|last| Some(&last) >= offsets.last()), "nothing is refused");
        }
    };
    tokio::join!(by_steps(log, 1), by_steps(other, 3), by_steps(other, 7));
    // An answer may have fewer events than there are, but not none.
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(0, |event: &RecordedEvent| event.offset);
        let page = other.read(&context, read(after, 1_000, 0)).await.expect("it can be read");
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    assert_eq!(all, (1..=200).map(event).collect::<Vec<_>>());
}

/// The log is for the system alone.
pub async fn the_log_is_for_the_system_alone(log: &dyn EventLog, it: &Surroundings<'_>) {
    let anonymous = Context { caller: Caller::Anonymous, ..it.system() };
    let cut = Trim { topic: "topic".to_owned(), through: 1 };
    let request = FollowEvents { topic: "topic".to_owned(), after: 0 };
    let refusals = [
        log.last_offset(&anonymous, "topic".to_owned()).await.err(),
        log.append(&anonymous, append([1])).await.err(),
        log.read(&anonymous, read(0, 1, 0)).await.err(),
        log.follow(&anonymous, request).await.err(),
        log.topics(&anonymous).await.err(),
        log.report(&anonymous, progress("quick", 1)).await.err(),
        log.consumers(&anonymous).await.err(),
        log.forget(&anonymous, id("quick")).await.err(),
        log.trim(&anonymous, cut).await.err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal, Some(EventLogError::Unauthenticated));
    }
}

/// Many readers wait for the same event, and all of them get it.
pub async fn all_who_wait_for_an_event_get_it(log: &dyn EventLog, it: &Surroundings<'_>) {
    let context = Context { deadline: it.clock.instant() + Duration::from_mins(5), ..it.system() };
    let readers = join_all((0..8).map(|_| log.read(&context, read(0, 10, 60_000))));
    let (read, appended) = tokio::join!(readers, async {
        tokio::task::yield_now().await;
        log.append(&context, append(1..=2)).await
    });
    assert_eq!(appended, Ok(2));
    for events in read {
        assert_eq!(events.map(|events| offsets(&events)), Ok(vec![1, 2]));
    }
}
