//! Consumers and dead letters.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cleave_core::{Clock, UnreadableEvent};
use cleave_db::Transaction;

use super::World;
use crate::dead_letters::DeadLetterState;
use crate::{Consumer, Reaction, ReactionError, RecordedEvent, Settings};

/// Writes each event down, but for those of entities that it cannot stand.
#[derive(Default)]
pub(super) struct WriteDown {
    pub(super) refused: Rc<RefCell<BTreeSet<&'static str>>>,
}

#[async_trait(?Send)]
impl Reaction for WriteDown {
    fn topic(&self) -> &'static str {
        "teller"
    }

    async fn apply(
        &self,
        transaction: &mut Transaction,
        events: &[RecordedEvent],
    ) -> Result<(), ReactionError> {
        for event in events {
            if self.refused.borrow().contains(event.entity.as_str()) {
                let (name, version) = (event.name.clone(), 2);
                return Err(UnreadableEvent::UnknownVersion { name, version }.into());
            }
            sqlx::query("INSERT INTO effects (place, number, entity) SELECT COUNT(*), $1, $2 FROM effects")
                .bind(event.offset)
                .bind(&event.entity)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(())
    }
}

pub(super) fn consumer(world: &World, reaction: WriteDown) -> Consumer {
    consumer_by(world, reaction, world.clock.clone())
}

/// The same by another clock.
pub(super) fn consumer_by(world: &World, reaction: WriteDown, clock: Arc<dyn Clock>) -> Consumer {
    let (listener, log) = (world.listener.clone(), Rc::new(world.log.clone()));
    Consumer::new(listener, log, Rc::new(reaction), clock, world.ids.clone(), Settings::default())
}

pub(super) async fn follow(world: &World, consumer: &Consumer) -> u64 {
    consumer.step(&world.system(), Duration::ZERO).await.expect("the log is fine")
}

fn effects(expected: &[(i64, &str)]) -> Vec<(i64, String)> {
    expected.iter().map(|(number, entity)| (*number, (*entity).to_owned())).collect()
}

#[tokio::test]
async fn two_consumers_of_one_module_apply_each_event_once() {
    let world = World::new().await;
    let other = World { listener: world.scratch.open("listener").await, ..World::new().await };
    let (one, two) = (consumer(&world, WriteDown::default()), {
        let (log, clock) = (Rc::new(world.log.clone()), world.clock.clone());
        let reaction = Rc::new(WriteDown::default());
        Consumer::new(other.listener.clone(), log, reaction, clock, world.ids.clone(), Settings::default())
    });
    for round in 0..20 {
        world.tell(&vec!["a"; 1 + round % 3]).await;
        world.relay().await;
        let context = world.system();
        let (first, second) =
            tokio::join!(one.step(&context, Duration::ZERO), two.step(&context, Duration::ZERO));
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    }
    while follow(&world, &one).await > 0 {}
    let numbers = world.effects().await.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers, (1..=i64::try_from(numbers.len()).expect("few")).collect::<Vec<_>>());
    assert_eq!(one.left(&world.system()).await, Ok(0));
}

#[tokio::test]
async fn an_event_that_cannot_be_read_waits_with_those_of_its_entity_and_the_others_go_on() {
    let world = World::new().await;
    let reaction = WriteDown::default();
    let refused = reaction.refused.clone();
    refused.borrow_mut().insert("bad");
    let consumer = consumer(&world, reaction);
    world.tell(&["a", "bad", "b", "bad", "a"]).await;
    world.relay().await;
    follow(&world, &consumer).await;
    world.tell(&["bad", "c"]).await;
    world.relay().await;
    follow(&world, &consumer).await;
    assert_eq!(world.effects().await, effects(&[(1, "a"), (3, "b"), (5, "a"), (7, "c")]));
    let letters = consumer.dead_letters().await.expect("they can be read");
    let told = letters.iter().map(|letter| (letter.event.offset, letter.state)).collect::<Vec<_>>();
    let (failed, parked) = (DeadLetterState::Failed, DeadLetterState::Parked);
    assert_eq!(told, [(2, failed), (4, parked), (6, parked)]);
    assert!(letters[0].error.contains("version 2"), "{}", letters[0].error);

    assert_eq!(consumer.retry(None).await, Ok(0), "it is as bad as before");
    assert_eq!(consumer.dead_letters().await.expect("they can be read")[0].attempts, 2);
    refused.borrow_mut().clear();
    assert_eq!(consumer.retry(Some(2)).await, Ok(3), "the first, and those behind it");
    let all = world.effects().await;
    assert_eq!(all[4..], effects(&[(2, "bad"), (4, "bad"), (6, "bad")]), "in their order");
    world.tell(&["bad"]).await;
    world.relay().await;
    follow(&world, &consumer).await;
    assert_eq!(world.effects().await.len(), 8);
}

#[tokio::test]
async fn a_log_that_ends_before_the_last_effect_is_noticed_and_nothing_is_skipped() {
    let world = World::new().await;
    world.tell(&["a", "b"]).await;
    world.relay().await;
    follow(&world, &consumer(&world, WriteDown::default())).await;
    let lost = World { listener: world.listener.clone(), ..World::new().await };
    let follower = consumer(&lost, WriteDown::default());
    assert!(follower.step(&lost.system(), Duration::ZERO).await.is_err());
    assert_eq!(world.effects().await.len(), 2);
}
