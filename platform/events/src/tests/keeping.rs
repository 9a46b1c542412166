//! What is cut of the log, and what is kept for whom.

use std::rc::Rc;
use std::sync::Arc;

use cleave_core::{ManualClock, Timestamp};

use super::World;
use super::logging::{append, read};
use crate::log::{ConsumerId, ConsumerProgress, EventLog, EventLogError};
use crate::{Retention, RetentionSettings};

/// A retention whose clock shows so many microseconds, where the event N is of the microsecond N.
fn retention(world: &World, now: i64, settings: RetentionSettings) -> Retention {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(now)));
    Retention::new("topic", Rc::new(world.log.clone()), clock, world.ids.clone(), settings)
}

fn by_age() -> RetentionSettings {
    RetentionSettings { max_age_seconds: 1, ..RetentionSettings::default() }
}

async fn first_offset(world: &World) -> i64 {
    world.log.topics(&world.system()).await.expect("they can be read")[0].first_offset
}

async fn report(world: &World, consumer: &str, position: i64) {
    let (consumer, topic) = (consumer.to_owned(), "topic".to_owned());
    let progress = ConsumerProgress { consumer, topic, position };
    world.log.report(&world.system(), progress).await.expect("it is registered");
}

#[tokio::test]
async fn what_is_older_than_its_limit_is_cut_and_nothing_else() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=1_300)).await.expect("it is appended");
    assert_eq!(retention(&world, 1_000_000, by_age()).step(&context).await, Ok(0), "none is that old");
    assert_eq!(retention(&world, 1_001_200, by_age()).step(&context).await, Ok(1_199), "in several batches");
    assert_eq!(first_offset(&world).await, 1_200);
    assert_eq!(retention(&world, i64::MAX, by_age()).step(&context).await, Ok(101));
    assert_eq!(world.log.last_offset(&context, "topic".to_owned()).await, Ok(1_300));
    assert_eq!(world.log.append(&context, append([1_301])).await, Ok(1_301));
}

#[tokio::test]
async fn what_is_more_than_its_limit_is_cut_from_the_oldest_on() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=700)).await.expect("it is appended");
    let bytes = |world: &World| {
        let log = world.log.clone();
        let context = world.system();
        async move { log.topics(&context).await.expect("they can be read")[0].bytes }
    };
    let all = bytes(&world).await;
    let max_bytes = u64::try_from(all / 7).expect("positive");
    let settings = RetentionSettings { max_bytes, ..RetentionSettings::default() };
    assert_eq!(retention(&world, 0, settings.clone()).step(&context).await, Ok(600));
    assert_eq!(bytes(&world).await, all / 7);
    assert_eq!(retention(&world, 0, settings).step(&context).await, Ok(0));
}

#[tokio::test]
async fn what_a_registered_consumer_has_yet_to_read_is_kept_and_that_is_said() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=10)).await.expect("it is appended");
    report(&world, "quick", 10).await;
    report(&world, "slow", 4).await;
    let retention = retention(&world, i64::MAX, by_age());
    assert_eq!(retention.step(&context).await, Ok(4));
    assert_eq!(retention.held_by().map(|held| (held.consumer, held.position)), Some(("slow".to_owned(), 4)));
    assert_eq!(retention.step(&context).await, Ok(0));
    report(&world, "slow", 7).await;
    assert_eq!(retention.step(&context).await, Ok(3));
    assert!(retention.held_by().is_some());
    let slow = ConsumerId { consumer: "slow".to_owned(), topic: "topic".to_owned() };
    world.log.forget(&context, slow).await.expect("it is forgotten");
    assert_eq!(retention.step(&context).await, Ok(3));
    assert_eq!(retention.held_by(), None);
}

#[tokio::test]
async fn what_is_damaged_is_not_cut_unseen() {
    let world = World::new().await;
    let context = world.system();
    world.log.append(&context, append(1..=5)).await.expect("it is appended");
    world.tamper("UPDATE events SET payload = '' WHERE position = 3").await;
    let log = Rc::new(world.other_log());
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(i64::MAX)));
    let retention = Retention::new("topic", log.clone(), clock, world.ids.clone(), by_age());
    let refused = retention.step(&context).await;
    assert!(matches!(refused, Err(EventLogError::Damaged { offset: 3, .. })), "{refused:?}");
    assert_eq!(first_offset(&world).await, 3, "the first two are sound and go");
    assert!(log.read(&context, read(2, 10, 0)).await.is_err());
}
