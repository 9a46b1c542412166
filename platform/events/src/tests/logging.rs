//! The log itself.

use std::time::Duration;

use cleave_core::{Caller, Clock as _, Timestamp};

use futures_util::StreamExt as _;

use super::{World, offsets};
use crate::log::{Append, EventLog, EventLogError, FollowEvents};
use crate::{ReadEvents, ReadRange, RecordedEvent};

pub(super) fn event(offset: i64) -> RecordedEvent {
    RecordedEvent {
        offset,
        name: "happened".to_owned(),
        version: 1,
        entity: "a".to_owned(),
        payload: "{}".to_owned(),
        actor: "system".to_owned(),
        request_id: "request".to_owned(),
        recorded_at: Timestamp::from_micros(offset),
    }
}

pub(super) fn append(offsets: impl IntoIterator<Item = i64>) -> Append {
    Append { topic: "topic".to_owned(), events: offsets.into_iter().map(event).collect() }
}

pub(super) fn read(after: i64, limit: u32, wait_ms: u64) -> ReadEvents {
    ReadEvents { topic: "topic".to_owned(), range: ReadRange { after, limit, wait_ms } }
}

#[tokio::test]
async fn a_gap_is_refused_and_what_is_there_is_ignored() {
    let world = World::new().await;
    let context = world.system();
    let gap = |last_offset| Err(EventLogError::Gap { topic: "topic".to_owned(), last_offset });
    assert_eq!(world.log.append(&context, append([2])).await, gap(0));
    assert_eq!(world.log.append(&context, append([1, 2])).await, Ok(2));
    assert_eq!(world.log.append(&context, append([1, 2])).await, Ok(2));
    assert_eq!(world.log.append(&context, append(2..=5)).await, Ok(5));
    assert_eq!(world.log.append(&context, append([7])).await, gap(5));
    assert_eq!(world.log.append(&context, append([6, 8])).await, Err(EventLogError::Disordered));
    let all = world.log.read(&context, read(0, 100, 0)).await.expect("it can be read");
    assert_eq!(all, (1..=5).map(event).collect::<Vec<_>>());
    assert_eq!(world.log.last_offset(&context, "nothing".to_owned()).await, Ok(0));
    let topics = world.log.topics(&context).await.expect("it can be read");
    assert_eq!(
        topics.iter().map(|it| (it.topic.as_str(), it.last_offset)).collect::<Vec<_>>(),
        [("topic", 5)]
    );
}

#[tokio::test]
async fn a_reader_gets_pages_from_memory_and_from_the_table_alike() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=700)).await.expect("it is appended");
    for (after, limit, expected) in
        [(0, 3, 1..=3), (698, 10, 699..=700), (300, 200, 301..=500), (440, 50, 441..=490)]
    {
        let page = world.log.read(&context, read(after, limit, 0)).await.expect("it can be read");
        assert_eq!(offsets(&page), expected.collect::<Vec<_>>(), "after {after}");
    }
    assert_eq!(world.log.read(&context, read(700, 10, 0)).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_waiting_reader_is_woken_by_the_next_event() {
    let world = World::new().await;
    let context = world.system();
    let (read, appended) = tokio::join!(world.log.read(&context, read(0, 10, 60_000)), async {
        tokio::task::yield_now().await;
        world.log.append(&context, append([1])).await
    });
    assert_eq!(appended, Ok(1));
    assert_eq!(read.map(|events| offsets(&events)), Ok(vec![1]));
}

#[tokio::test]
async fn a_reader_waits_no_longer_than_it_was_asked_to() {
    let world = World::new().await;
    let before = world.clock.instant();
    assert_eq!(world.log.read(&world.system(), read(0, 10, 30)).await, Ok(Vec::new()));
    assert!(world.clock.instant() - before >= Duration::from_millis(30));
}

#[tokio::test]
async fn the_log_is_for_the_system_alone() {
    let world = World::new().await;
    let anonymous = cleave_core::Context { caller: Caller::Anonymous, ..world.system() };
    assert_eq!(world.log.append(&anonymous, append([1])).await, Err(EventLogError::Unauthenticated));
    assert_eq!(world.log.read(&anonymous, read(0, 1, 0)).await, Err(EventLogError::Unauthenticated));
}

#[tokio::test]
async fn nobody_waits_for_something_new_in_a_log_that_is_about_to_stop() {
    let world = World::new().await;
    let context = world.system();
    let hour = Duration::from_hours(1);
    let context = cleave_core::Context { deadline: world.clock.instant() + 4 * hour, ..context };
    let wait_ms = u64::try_from(hour.as_millis()).expect("an hour");
    let waiting = world.log.read(&context, read(0, 1, wait_ms));
    let ending = async {
        tokio::task::yield_now().await;
        world.log.end_waiting();
    };
    let (read_before, ()) = tokio::join!(waiting, ending);
    assert_eq!(read_before, Ok(vec![]));
    assert_eq!(world.log.read(&context, read(0, 1, wait_ms)).await, Ok(vec![]), "nor does who comes later");
}

#[tokio::test]
async fn who_follows_a_log_that_is_about_to_stop_hears_its_end() {
    let world = World::new().await;
    world.log.append(&world.system(), append([1])).await.expect("it is appended");
    let request = FollowEvents { topic: "topic".to_owned(), after: 0 };
    let following = world.log.follow(&world.system(), request).await.expect("it is followed");
    let ending = async {
        tokio::task::yield_now().await;
        world.log.end_waiting();
    };
    let (followed, ()) = tokio::join!(following.collect::<Vec<_>>(), ending);
    assert_eq!(followed, [Ok(event(1))]);
}
