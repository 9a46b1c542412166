//! What every engine of the log must do.

use cleave_events::testing::{self as contract, Surroundings};

use super::World;
use crate::testing::is_installed;

/// A test of the contract on a server of its own.
macro_rules! on_nats {
    ($($name:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            if !is_installed() {
                return;
            }
            let world = World::new();
            contract::$name(&world.log, &Surroundings { clock: &*world.clock, ids: &world.ids }).await;
        }
    )*};
}

on_nats!(
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
    if is_installed() {
        let world = World::new();
        let surroundings = Surroundings { clock: &*world.clock, ids: &world.ids };
        let other = world.other_log();
        contract::of_two_who_append_the_same_each_event_is_there_once(&world.log, &other, &surroundings)
            .await;
    }
}
