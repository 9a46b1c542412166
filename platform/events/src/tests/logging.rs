//! The log itself: what every engine does, and what only this one does.

use std::time::Duration;

use cleave_core::Clock as _;
use futures_util::StreamExt as _;

use super::World;
use crate::log::{EventLog, FollowEvents};
use crate::testing::{self as contract, Surroundings};

pub(super) use crate::testing::{append, event, read};

/// A test of the contract on a log of its own.
macro_rules! on_a_table {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            let world = World::new().await;
            contract::$name(&world.log, &Surroundings { clock: &*world.clock, ids: &world.ids }).await;
        }
    )*};
}

on_a_table!(
    a_gap_is_refused_and_what_is_there_is_ignored,
    a_reader_gets_pages_from_anywhere,
    a_waiting_reader_is_woken_by_the_next_event,
    a_reader_waits_no_longer_than_it_was_asked_to,
    who_follows_gets_what_there_is_and_what_comes,
    what_is_cut_is_refused_and_its_numbers_stay_used,
    the_last_word_of_a_consumer_holds_until_it_is_forgotten,
    topics_do_not_know_each_other,
    the_bytes_of_a_topic_are_about_what_retention_counts,
    the_log_is_for_the_system_alone,
    all_who_wait_for_an_event_get_it,
);

#[tokio::test]
async fn of_two_who_append_the_same_each_event_is_there_once() {
    let world = World::new().await;
    let surroundings = Surroundings { clock: &*world.clock, ids: &world.ids };
    let other = world.other_log();
    contract::of_two_who_append_the_same_each_event_is_there_once(&world.log, &other, &surroundings).await;
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
