//! Events that come again, and what consumers tell of themselves.

use std::sync::Arc;
use std::time::Duration;

use cleave_core::{Clock as _, ManualClock};

use super::World;
use super::consuming::{WriteDown, consumer, consumer_by, follow};
use crate::log::{ConsumerProgress, EventLog, EventLogError};
use crate::{ReplayError, Replayed, Trim};

async fn numbers(world: &World) -> Vec<i64> {
    world.effects().await.into_iter().map(|(number, _)| number).collect()
}

/// What the log knows of the listener.
async fn reported(world: &World) -> Option<i64> {
    let consumers = world.log.consumers(&world.system()).await.expect("they can be read");
    consumers.iter().find(|it| it.consumer == "listener" && it.topic == "teller").map(|it| it.position)
}

#[tokio::test]
async fn a_consumer_registers_when_it_begins_and_says_how_far_it_has_come_when_it_rests() {
    let world = World::new().await;
    let consumer = consumer(&world, WriteDown::default());
    assert_eq!(reported(&world).await, None);
    world.tell(&["a", "b"]).await;
    world.relay().await;
    assert_eq!(follow(&world, &consumer).await, 2);
    assert_eq!(reported(&world).await, Some(0), "not with each batch");
    assert_eq!(follow(&world, &consumer).await, 0);
    assert_eq!(reported(&world).await, Some(2));
    let commits = world.log.commits();
    assert_eq!(follow(&world, &consumer).await, 0);
    assert_eq!((reported(&world).await, world.log.commits()), (Some(2), commits));
}

#[tokio::test]
async fn a_word_that_comes_late_is_corrected_after_a_while() {
    let world = World::new().await;
    let clock = Arc::new(ManualClock::new(world.clock.now()));
    let consumer = consumer_by(&world, WriteDown::default(), clock.clone());
    world.tell(&["a", "b"]).await;
    world.relay().await;
    follow(&world, &consumer).await;
    follow(&world, &consumer).await;
    let late = ConsumerProgress { consumer: "listener".to_owned(), topic: "teller".to_owned(), position: 0 };
    world.log.report(&world.system(), late).await.expect("it is taken");
    follow(&world, &consumer).await;
    assert_eq!(reported(&world).await, Some(0), "it has said all that there is");
    clock.advance(Duration::from_secs(10));
    follow(&world, &consumer).await;
    assert_eq!(reported(&world).await, Some(2));
}

#[tokio::test]
async fn a_replay_has_events_come_again_to_a_consumer_that_is_at_work() {
    let world = World::new().await;
    let at_work = consumer(&world, WriteDown::default());
    world.tell(&["a", "b", "c", "d"]).await;
    world.relay().await;
    follow(&world, &at_work).await;
    follow(&world, &at_work).await;
    let replayed = consumer(&world, WriteDown::default()).replay(&world.system(), 3).await.expect("it can");
    assert_eq!(replayed, Replayed { position_before: 4, position: 2, dead_letters: 0 });
    assert_eq!(reported(&world).await, Some(2), "the log keeps what comes again");
    while at_work.left(&world.system()).await != Ok(0) {
        at_work.step(&world.system(), Duration::ZERO).await.expect("the log is fine");
    }
    assert_eq!(
        numbers(&world).await,
        [1, 2, 3, 4, 3, 4],
        "this listener does not look whether it knows them"
    );
}

#[tokio::test]
async fn dead_letters_among_what_comes_again_are_dropped_and_earlier_ones_stay() {
    let world = World::new().await;
    let reaction = WriteDown::default();
    let refused = reaction.refused.clone();
    refused.borrow_mut().extend(["bad", "worse"]);
    let consumer = consumer(&world, reaction);
    world.tell(&["bad", "a", "worse", "bad", "b"]).await;
    world.relay().await;
    follow(&world, &consumer).await;
    refused.borrow_mut().remove("worse");
    let replayed = consumer.replay(&world.system(), 3).await.expect("it can");
    assert_eq!(replayed, Replayed { position_before: 5, position: 2, dead_letters: 2 });
    while consumer.left(&world.system()).await != Ok(0) {
        follow(&world, &consumer).await;
    }
    let letters = consumer.dead_letters().await.expect("they can be read");
    let letters = letters.iter().map(|letter| letter.event.offset).collect::<Vec<_>>();
    assert_eq!(letters, [1, 4], "what waits behind the first waits again");
    assert_eq!(numbers(&world).await, [2, 5, 3, 5]);
    refused.borrow_mut().clear();
    assert_eq!(consumer.retry(None).await, Ok(2));
}

#[tokio::test]
async fn a_replay_of_what_is_not_there_or_of_what_would_be_skipped_is_refused() {
    let world = World::new().await;
    let consumer = consumer(&world, WriteDown::default());
    world.tell(&["a", "b", "c", "d"]).await;
    world.relay().await;
    let context = world.system();
    let skips = consumer.replay(&context, 2).await;
    assert!(matches!(skips, Err(ReplayError::Skips { position: 0, from: 2, .. })), "{skips:?}");
    follow(&world, &consumer).await;
    for from in [0, -1, 6] {
        let refused = consumer.replay(&context, from).await;
        let is_right =
            matches!(refused, Err(ReplayError::OutOfRange { first_offset: 1, last_offset: 4, .. }));
        assert!(is_right, "{from}: {refused:?}");
    }
    world.log.trim(&context, Trim { topic: "teller".to_owned(), through: 2 }).await.expect("it is cut");
    let cut = consumer.replay(&context, 2).await;
    let trimmed = EventLogError::Trimmed { topic: "teller".to_owned(), first_offset: 3 };
    assert!(matches!(&cut, Err(ReplayError::Log(error)) if *error == trimmed), "{cut:?}");
    assert!(consumer.replay(&context, 3).await.is_ok());
}

#[tokio::test]
async fn a_consumer_that_was_cut_off_is_refused_until_somebody_lets_it_go_on_behind_the_cut() {
    let world = World::new().await;
    let consumer = consumer(&world, WriteDown::default());
    assert_eq!(follow(&world, &consumer).await, 0, "it rests, and knows where");
    world.tell(&["a", "b", "c"]).await;
    world.relay().await;
    let context = world.system();
    world.log.trim(&context, Trim { topic: "teller".to_owned(), through: 2 }).await.expect("it is cut");
    let trimmed = EventLogError::Trimmed { topic: "teller".to_owned(), first_offset: 3 };
    assert_eq!(consumer.step(&context, Duration::ZERO).await, Err(trimmed));
    assert_eq!(world.effects().await, []);
    consumer.replay(&context, 3).await.expect("what was cut is gone for good");
    assert_eq!(consumer.step(&context, Duration::ZERO).await, Ok(1));
    assert_eq!(numbers(&world).await, [3]);
}

#[tokio::test]
async fn a_consumer_that_is_ahead_of_a_log_that_nothing_can_rebuild_can_be_set_back() {
    let world = World::new().await;
    let consumer = consumer(&world, WriteDown::default());
    world.tell(&["a", "b", "c"]).await;
    world.relay().await;
    follow(&world, &consumer).await;
    world.tamper("DELETE FROM events WHERE position > 1").await;
    let log = std::rc::Rc::new(world.other_log());
    let reaction = std::rc::Rc::new(WriteDown::default());
    let (clock, ids) = (world.clock.clone(), world.ids.clone());
    let consumer =
        crate::Consumer::new(world.listener.clone(), log, reaction, clock, ids, crate::Settings::default());
    let context = world.system();
    assert!(consumer.step(&context, Duration::ZERO).await.is_err());
    consumer.replay(&context, 2).await.expect("it goes on behind the last event of the log");
    assert_eq!(consumer.step(&context, Duration::ZERO).await, Ok(0));
}
