//! Outboxes and relays.

use std::rc::Rc;

use super::{World, happened, offsets};
use crate::log::EventLog;
use crate::{Outbox, ReadEvents, ReadRange, Relay, Settings, outbox_events};

fn relay(world: &World) -> Relay {
    let (teller, outbox, log) = (world.teller.clone(), world.outbox.clone(), Rc::new(world.log.clone()));
    Relay::new(teller, outbox, log, world.clock.clone(), world.ids.clone(), Settings::default())
}

async fn logged(world: &World) -> Vec<crate::RecordedEvent> {
    let range = ReadRange { after: 0, limit: 1_000, wait_ms: 0 };
    let request = ReadEvents { topic: "teller".to_owned(), range };
    world.log.read(&world.system(), request).await.expect("the log can be read")
}

#[tokio::test]
async fn two_tellers_at_once_leave_numbers_without_a_gap() {
    let world = World::new().await;
    let other = world.scratch.open("teller").await;
    for round in 0..20 {
        let events = vec![happened("a"); 1 + round % 3];
        tokio::join!(world.tell_all(&world.teller, &events), world.tell_all(&other, &events));
    }
    let told = outbox_events(&world.teller, 0, 1_000).await.expect("they can be read");
    assert_eq!(offsets(&told), (1..=i64::try_from(told.len()).expect("few")).collect::<Vec<_>>());
    assert!(told.len() > 60);
}

#[tokio::test]
async fn thousands_of_events_fit_into_one_change() {
    let world = World::new().await;
    world.tell_all(&world.teller, &vec![happened("a"); 2_345]).await;
    assert_eq!(relay(&world).step(&world.system()).await, Ok(2_345));
    assert_eq!(logged(&world).await.len(), 1_000, "one answer has so many");
}

#[tokio::test]
async fn what_is_relayed_twice_is_logged_once_and_as_it_was_told() {
    let world = World::new().await;
    world.tell(&["a", "b"]).await;
    let (first, second) = (relay(&world), relay(&world));
    assert_eq!(first.left(&world.system()).await, Ok(2));
    assert_eq!(first.step(&world.system()).await, Ok(2));
    world.tell(&["c"]).await;
    // Each remembers another end of the log.
    assert_eq!(second.step(&world.system()).await, Ok(1));
    world.tell(&["d"]).await;
    let context = world.system();
    let (one, other) = tokio::join!(first.step(&context), second.step(&context));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    let told = outbox_events(&world.teller, 0, 100).await.expect("they can be read");
    assert_eq!(logged(&world).await, told);
    assert_eq!(first.left(&world.system()).await, Ok(0));
}

#[tokio::test]
async fn a_lost_outbox_is_noticed_and_nothing_is_relayed_under_numbers_that_were_used() {
    let world = World::new().await;
    world.tell(&["a", "b", "c"]).await;
    relay(&world).step(&world.system()).await.expect("it is relayed");
    let restored = World::new().await;
    restored.tell(&["x"]).await;
    let (teller, log) = (restored.teller.clone(), Rc::new(world.log.clone()));
    let (clock, ids) = (world.clock.clone(), world.ids.clone());
    let late = Relay::new(teller, Outbox::new(), log, clock, ids, Settings::default());
    assert!(late.step(&world.system()).await.is_err());
    assert_eq!(logged(&world).await.len(), 3);
}
