//! What `EventLog` promises.

use std::rc::Rc;

use cleave_core::Timestamp;
use cleave_events::{
    Append, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents, ReadEvents,
    ReadRange, RecordedEvent, TopicStatus, Trim,
};
use futures_util::StreamExt as _;

use super::bench::PATIENCE;
use super::twice::Twice;
use super::{Bench, Suited, over_every_way};

over_every_way! {
    in_one_world:
    what_is_appended_is_read_in_its_order_page_by_page,
    an_event_of_many_quotes_that_no_public_body_could_hold_is_appended,
    what_the_log_has_is_ignored_and_a_gap_is_refused,
    events_with_a_gap_among_themselves_are_refused,
    a_topic_that_nobody_has_written_to_is_empty,
    topics_are_listed_by_name_with_how_far_they_reach,
    a_reader_waits_for_what_comes_and_no_longer_than_it_was_asked_to,
    who_follows_gets_what_was_and_what_comes_until_it_stops_listening,
    what_is_cut_is_gone_for_readers_and_its_numbers_stay_used,
    a_consumer_is_registered_by_its_report_until_it_is_forgotten,
    the_log_is_for_the_store_itself_only,
    a_call_after_its_deadline_is_not_begun,
}

impl Suited for dyn EventLog {
    fn reached(bench: &Bench) -> Rc<Self> {
        bench.event_log()
    }

    fn sent_twice(once: Rc<Self>) -> Rc<Self> {
        Rc::new(Twice(once))
    }
}

async fn what_is_appended_is_read_in_its_order_page_by_page(log: Rc<dyn EventLog>, bench: &Bench) {
    assert_eq!(log.append(&bench.system(), bench.append(1..=120)).await, Ok(120));
    assert_eq!(log.append(&bench.system(), bench.append(121..=150)).await, Ok(150));
    assert_eq!(log.last_offset(&bench.system(), bench.topic()).await, Ok(150));
    for (after, limit, expected) in
        [(0, 2, 1..=2), (2, 100, 3..=102), (148, 10, 149..=150), (0, 1_000, 1..=150)]
    {
        let page = log.read(&bench.system(), bench.read(after, limit, 0)).await;
        assert_eq!(page, Ok(expected.map(event).collect()), "{limit} after {after}");
    }
    assert_eq!(log.read(&bench.system(), bench.read(150, 10, 0)).await, Ok(vec![]));
}

/// An order of a hundred lines, whose products have long names with quotes in them.
async fn an_event_of_many_quotes_that_no_public_body_could_hold_is_appended(
    log: Rc<dyn EventLog>,
    bench: &Bench,
) {
    let large = RecordedEvent { payload: "\"\\".repeat(64 * 1024), ..event(1) };
    let append = Append { topic: bench.topic(), events: vec![large.clone()] };
    assert_eq!(log.append(&bench.system(), append).await, Ok(1));
    let read = log.read(&bench.system(), bench.read(0, 10, 0)).await;
    assert!(read == Ok(vec![large]), "it comes back as it was");
}

async fn what_the_log_has_is_ignored_and_a_gap_is_refused(log: Rc<dyn EventLog>, bench: &Bench) {
    let gap = |last_offset| Err(EventLogError::Gap { topic: bench.topic(), last_offset });
    assert_eq!(log.append(&bench.system(), bench.append([2])).await, gap(0));
    assert_eq!(log.append(&bench.system(), bench.append([1, 2])).await, Ok(2));
    assert_eq!(log.append(&bench.system(), bench.append([1, 2])).await, Ok(2));
    assert_eq!(log.append(&bench.system(), bench.append([])).await, Ok(2));
    assert_eq!(log.append(&bench.system(), bench.append(1..=4)).await, Ok(4), "what overlaps goes on");
    assert_eq!(log.append(&bench.system(), bench.append([6])).await, gap(4));
    let all = log.read(&bench.system(), bench.read(0, 100, 0)).await;
    assert_eq!(all, Ok((1..=4).map(event).collect()));
}

async fn events_with_a_gap_among_themselves_are_refused(log: Rc<dyn EventLog>, bench: &Bench) {
    for offsets in [[1, 3], [2, 1], [1, 1]] {
        let refused = log.append(&bench.system(), bench.append(offsets)).await;
        assert_eq!(refused, Err(EventLogError::Disordered), "{offsets:?}");
    }
    assert_eq!(log.last_offset(&bench.system(), bench.topic()).await, Ok(0));
}

async fn a_topic_that_nobody_has_written_to_is_empty(log: Rc<dyn EventLog>, bench: &Bench) {
    assert_eq!(log.last_offset(&bench.system(), bench.topic()).await, Ok(0));
    assert_eq!(log.read(&bench.system(), bench.read(0, 10, 0)).await, Ok(vec![]));
    let topics = log.topics(&bench.system()).await.expect("they can be read");
    assert!(topics.iter().all(|status| status.topic != bench.topic()), "{topics:?}");
}

async fn topics_are_listed_by_name_with_how_far_they_reach(log: Rc<dyn EventLog>, bench: &Bench) {
    let (weather, tides) = (bench.topic(), format!("tides-{}", bench.topic()));
    for (topic, last) in [(&weather, 2), (&tides, 3)] {
        let request = Append { topic: topic.clone(), ..bench.append(1..=last) };
        log.append(&bench.system(), request).await.expect("it is appended");
    }
    let topics = log.topics(&bench.system()).await.expect("they can be read");
    assert!(topics.is_sorted_by_key(|status| &status.topic), "{topics:?}");
    for (topic, last_offset) in [(weather, 2), (tides, 3)] {
        let status = topics.iter().find(|status| status.topic == topic).expect("it is listed");
        assert_eq!((status.first_offset, status.last_offset), (1, last_offset), "{topic}");
        // Names, keys and payloads alone have more than 60 bytes an event; no engine needs ten times as many.
        assert!((60 * last_offset..600 * last_offset).contains(&status.bytes), "{status:?}");
    }
}

async fn a_reader_waits_for_what_comes_and_no_longer_than_it_was_asked_to(
    log: Rc<dyn EventLog>,
    bench: &Bench,
) {
    assert_eq!(log.read(&bench.system(), bench.read(0, 10, 20)).await, Ok(vec![]));
    let context = bench.system();
    let reading = log.read(&context, bench.read(0, 10, 5_000));
    let appending = async {
        tokio::task::yield_now().await;
        log.append(&bench.system(), bench.append([1])).await
    };
    let (found, appended) = tokio::join!(reading, appending);
    assert_eq!((found, appended), (Ok(vec![event(1)]), Ok(1)));
}

async fn who_follows_gets_what_was_and_what_comes_until_it_stops_listening(
    log: Rc<dyn EventLog>,
    bench: &Bench,
) {
    // More than one page, and more than a socket takes at once.
    log.append(&bench.system(), bench.append(1..=700)).await.expect("it is appended");
    let mut events = log.follow(&bench.system(), bench.follow(2)).await.expect("it is followed");
    assert_eq!(next(&mut events, 698).await, (3..=700).map(event).collect::<Vec<_>>());
    let appending = async {
        for offset in 701..=703 {
            log.append(&bench.system(), bench.append([offset])).await.expect("it is appended");
        }
    };
    let (followed, ()) = tokio::join!(next(&mut events, 3), appending);
    assert_eq!(followed, (701..=703).map(event).collect::<Vec<_>>());
    drop(events);
    let mut future = log.follow(&bench.system(), bench.follow(703)).await.expect("it is followed");
    let (followed, appended) =
        tokio::join!(next(&mut future, 1), async { log.append(&bench.system(), bench.append([704])).await });
    assert_eq!((followed, appended), (vec![event(704)], Ok(704)));
}

async fn what_is_cut_is_gone_for_readers_and_its_numbers_stay_used(log: Rc<dyn EventLog>, bench: &Bench) {
    let system = || bench.system();
    let trim = |through| Trim { topic: bench.topic(), through };
    let trimmed = |first_offset| EventLogError::Trimmed { topic: bench.topic(), first_offset };
    assert_eq!(log.trim(&system(), trim(5)).await, Ok(1), "there is nothing to cut yet");
    log.append(&system(), bench.append(1..=10)).await.expect("it is appended");
    let whole = bench.status(&*log).await;
    assert_eq!(log.trim(&system(), trim(0)).await, Ok(1));
    assert_eq!(log.trim(&system(), trim(4)).await, Ok(5));
    assert_eq!(log.trim(&system(), trim(3)).await, Ok(5), "what is cut stays cut");
    let rest = bench.status(&*log).await;
    assert_eq!((rest.first_offset, rest.last_offset), (5, 10));
    assert!(rest.bytes < whole.bytes && 2 * rest.bytes > whole.bytes, "{whole:?} {rest:?}");
    for after in [0, 3] {
        assert_eq!(log.read(&system(), bench.read(after, 10, 0)).await, Err(trimmed(5)));
        assert_eq!(log.follow(&system(), bench.follow(after)).await.err(), Some(trimmed(5)));
    }
    let read = log.read(&system(), bench.read(4, 10, 0)).await;
    assert_eq!(read, Ok((5..=10).map(event).collect()));
    assert_eq!(log.append(&system(), bench.append(1..=3)).await, Ok(10), "the log has had them");

    assert_eq!(log.trim(&system(), trim(99)).await, Ok(11), "what is not there yet is not cut");
    assert_eq!(log.last_offset(&system(), bench.topic()).await, Ok(10));
    assert_eq!(log.read(&system(), bench.read(10, 10, 0)).await, Ok(vec![]));
    assert_eq!(log.read(&system(), bench.read(9, 10, 0)).await, Err(trimmed(11)));
    let nothing = bench.status(&*log).await;
    assert_eq!((nothing.first_offset, nothing.last_offset, nothing.bytes), (11, 10, 0));
    let gap = Err(EventLogError::Gap { topic: bench.topic(), last_offset: 10 });
    assert_eq!(log.append(&system(), bench.append([12])).await, gap);
    assert_eq!(log.append(&system(), bench.append(9..=12)).await, Ok(12));
    assert_eq!(log.read(&system(), bench.read(10, 10, 0)).await, Ok((11..=12).map(event).collect()));
}

async fn a_consumer_is_registered_by_its_report_until_it_is_forgotten(log: Rc<dyn EventLog>, bench: &Bench) {
    let progress = |consumer: &str, position| ConsumerProgress {
        consumer: consumer.to_owned(),
        topic: bench.topic(),
        position,
    };
    let registered = async || {
        let consumers = log.consumers(&bench.system()).await.expect("they can be read");
        assert!(consumers.is_sorted(), "{consumers:?}");
        consumers.into_iter().filter(|progress| progress.topic == bench.topic()).collect::<Vec<_>>()
    };
    assert_eq!(registered().await, []);
    for (consumer, position) in [("sailors", 0), ("farmers", 7), ("sailors", 4)] {
        assert_eq!(log.report(&bench.system(), progress(consumer, position)).await, Ok(()));
    }
    assert_eq!(registered().await, [progress("farmers", 7), progress("sailors", 4)]);
    assert_eq!(log.report(&bench.system(), progress("farmers", 2)).await, Ok(()), "it goes back");
    assert_eq!(registered().await, [progress("farmers", 2), progress("sailors", 4)]);
    let sailors = ConsumerId { consumer: "sailors".to_owned(), topic: bench.topic() };
    assert_eq!(log.forget(&bench.system(), sailors).await, Ok(()));
    assert_eq!(registered().await, [progress("farmers", 2)]);
}

async fn the_log_is_for_the_store_itself_only(log: Rc<dyn EventLog>, bench: &Bench) {
    for (context, refusal) in [
        (bench.anybody(), EventLogError::Unauthenticated),
        (bench.user(), EventLogError::Forbidden),
        (bench.admin(), EventLogError::Forbidden),
    ] {
        assert_eq!(log.last_offset(&context, bench.topic()).await, Err(refusal.clone()));
        assert_eq!(log.append(&context, bench.append([1])).await, Err(refusal.clone()));
        assert_eq!(log.read(&context, bench.read(0, 10, 0)).await, Err(refusal.clone()));
        assert_eq!(log.follow(&context, bench.follow(0)).await.err(), Some(refusal.clone()));
        assert_eq!(log.topics(&context).await, Err(refusal.clone()));
        let (consumer, topic) = ("sailors".to_owned(), bench.topic());
        let id = ConsumerId { consumer: consumer.clone(), topic: topic.clone() };
        let progress = ConsumerProgress { consumer, topic: topic.clone(), position: 0 };
        assert_eq!(log.report(&context, progress).await, Err(refusal.clone()));
        assert_eq!(log.consumers(&context).await, Err(refusal.clone()));
        assert_eq!(log.forget(&context, id).await, Err(refusal.clone()));
        assert_eq!(log.trim(&context, Trim { topic, through: 1 }).await, Err(refusal));
    }
    assert_eq!(log.last_offset(&bench.system(), bench.topic()).await, Ok(0));
}

async fn a_call_after_its_deadline_is_not_begun(log: Rc<dyn EventLog>, bench: &Bench) {
    assert_eq!(log.append(&bench.overdue(), bench.append([1])).await, Err(EventLogError::Timeout));
    assert_eq!(log.read(&bench.overdue(), bench.read(0, 10, 0)).await, Err(EventLogError::Timeout));
    assert_eq!(log.last_offset(&bench.system(), bench.topic()).await, Ok(0));
}

impl Bench {
    /// The topic of this promise.
    fn topic(&self) -> String {
        format!("weather-{}", self.account_id())
    }

    fn append(&self, offsets: impl IntoIterator<Item = i64>) -> Append {
        Append { topic: self.topic(), events: offsets.into_iter().map(event).collect() }
    }

    fn read(&self, after: i64, limit: u32, wait_ms: u64) -> ReadEvents {
        ReadEvents { topic: self.topic(), range: ReadRange { after, limit, wait_ms } }
    }

    fn follow(&self, after: i64) -> FollowEvents {
        FollowEvents { topic: self.topic(), after }
    }

    async fn status(&self, log: &dyn EventLog) -> TopicStatus {
        let topics = log.topics(&self.system()).await.expect("they can be read");
        topics.into_iter().find(|status| status.topic == self.topic()).expect("it is listed")
    }
}

/// The next events of a stream, so many.
async fn next(events: &mut EventStream, count: usize) -> Vec<RecordedEvent> {
    let events = events.take(count).map(|event| event.expect("the stream goes on"));
    tokio::time::timeout(PATIENCE, events.collect()).await.expect("they come")
}

fn event(offset: i64) -> RecordedEvent {
    RecordedEvent {
        offset,
        name: "rain_fell".to_owned(),
        version: 1,
        entity: format!("Sankt Pölten {}", offset % 3),
        payload: "{\"how\": \"it \\\"poured\\\"\\n\"}".to_owned(),
        actor: "system".to_owned(),
        request_id: format!("request-{offset}"),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000 + offset),
    }
}
