//! `in_stock` follows the inventory.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use catalog_api::{ListProducts, Product, ProductId};
use cleave_core::{Clock as _, Context, Event as _};
use cleave_events::{
    Append, Consumer, ConsumerId, ConsumerProgress, EventLog, EventLogError, EventStream, FollowEvents,
    ReadEvents, RecordedEvent, Settings, TopicStatus, Trim,
};
use inventory_api::InventoryEvent;

use super::{World, id};
use crate::FollowStock;

/// What an inventory has told; it can grow while it is read.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<RecordedEvent>>>);

#[async_trait(?Send)]
impl EventLog for Log {
    async fn last_offset(&self, _: &Context, _: String) -> Result<i64, EventLogError> {
        Ok(self.0.borrow().last().map_or(0, |event| event.offset))
    }

    async fn append(&self, _: &Context, _: Append) -> Result<i64, EventLogError> {
        Err(EventLogError::Internal)
    }

    async fn read(&self, _: &Context, request: ReadEvents) -> Result<Vec<RecordedEvent>, EventLogError> {
        let limit = usize::try_from(request.range.limit).expect("a small number");
        let events = self.0.borrow();
        Ok(events.iter().filter(|event| event.offset > request.range.after).take(limit).cloned().collect())
    }

    async fn topics(&self, _: &Context) -> Result<Vec<TopicStatus>, EventLogError> {
        Ok(Vec::new())
    }

    async fn follow(&self, _: &Context, _: FollowEvents) -> Result<EventStream, EventLogError> {
        Err(EventLogError::Internal)
    }

    async fn report(&self, _: &Context, _: ConsumerProgress) -> Result<(), EventLogError> {
        Ok(())
    }

    async fn consumers(&self, _: &Context) -> Result<Vec<ConsumerProgress>, EventLogError> {
        Ok(Vec::new())
    }

    async fn forget(&self, _: &Context, _: ConsumerId) -> Result<(), EventLogError> {
        Ok(())
    }

    async fn trim(&self, _: &Context, _: Trim) -> Result<i64, EventLogError> {
        Err(EventLogError::Internal)
    }
}

impl Log {
    fn push(&self, world: &World, product_id: ProductId, in_stock: bool) {
        let event = InventoryEvent::stock_changed(product_id, in_stock);
        let mut events = self.0.borrow_mut();
        let offset = events.last().map_or(1, |last| last.offset + 1);
        events.push(RecordedEvent {
            offset,
            name: event.name().to_owned(),
            version: event.version(),
            entity: event.entity(),
            payload: event.payload(),
            actor: "system".to_owned(),
            request_id: "test".to_owned(),
            recorded_at: world.clock.now(),
        });
    }

    fn consumer(&self, world: &World) -> Consumer {
        let (database, log) = (world.database.clone(), Rc::new(self.clone()));
        let (clock, ids) = (world.clock.clone(), world.ids.clone());
        Consumer::new(database, log, Rc::new(FollowStock), clock, ids, Settings::default())
    }
}

async fn follow(world: &World, consumer: &Consumer) -> u64 {
    let context = world.context(cleave_core::Caller::System);
    consumer.step(&context, Duration::ZERO).await.expect("the log is fine")
}

async fn in_stock(world: &World) -> Vec<bool> {
    world.walk(ListProducts::default()).await.iter().map(|product| product.in_stock).collect()
}

async fn three_products(world: &World) -> Vec<Product> {
    let mut products = Vec::new();
    for sku in ["A-1", "A-2", "A-3"] {
        products.push(world.create(sku, sku, "living").await);
    }
    products
}

#[tokio::test]
async fn changes_are_applied_in_their_order_and_once() {
    let (world, log) = (World::new().await, Log::default());
    let (products, consumer) = (three_products(&world).await, log.consumer(&world));
    for (product, is_in_stock) in [(0, true), (1, true), (0, false), (1, false), (1, true)] {
        log.push(&world, products[product].id, is_in_stock);
    }
    assert_eq!(follow(&world, &consumer).await, 5);
    assert_eq!(in_stock(&world).await, [false, true, false]);
    assert_eq!(follow(&world, &consumer).await, 0);
    log.push(&world, products[0].id, true);
    assert_eq!(follow(&world, &log.consumer(&world)).await, 1, "another replica goes on from there");
    assert_eq!(in_stock(&world).await, [true, true, false]);
}

#[tokio::test]
async fn a_long_log_is_followed_step_by_step_to_its_end() {
    let (world, log) = (World::new().await, Log::default());
    let (products, consumer) = (three_products(&world).await, log.consumer(&world));
    for number in 0..1_201 {
        log.push(&world, products[2].id, number % 2 == 0);
    }
    let mut applied = Vec::new();
    while applied.last() != Some(&0) {
        applied.push(follow(&world, &consumer).await);
    }
    assert_eq!(applied, [500, 500, 201, 0]);
    assert_eq!(in_stock(&world).await, [false, false, true]);
}

#[tokio::test]
async fn a_change_of_a_product_that_was_never_finished_is_passed_over() {
    let (world, log) = (World::new().await, Log::default());
    let (products, consumer) = (three_products(&world).await, log.consumer(&world));
    log.push(&world, id(9), true);
    log.push(&world, products[0].id, true);
    assert_eq!(follow(&world, &consumer).await, 2);
    assert_eq!(in_stock(&world).await, [true, false, false]);
}

#[tokio::test]
async fn changes_that_are_applied_again_from_the_first_on_end_where_they_ended() {
    let (world, log) = (World::new().await, Log::default());
    let (products, consumer) = (three_products(&world).await, log.consumer(&world));
    for (product, is_in_stock) in [(0, true), (1, true), (0, false), (2, true)] {
        log.push(&world, products[product].id, is_in_stock);
    }
    follow(&world, &consumer).await;
    let before = in_stock(&world).await;
    let set_back = sqlx::query("UPDATE consumer_offsets SET position = 0").execute(world.database.writer());
    assert_eq!(set_back.await.expect("the statement is right").rows_affected(), 1);
    let again = [follow(&world, &consumer).await, follow(&world, &consumer).await];
    assert_eq!(again, [0, 4], "it notices at the end of the log");
    assert_eq!(in_stock(&world).await, before);
}
