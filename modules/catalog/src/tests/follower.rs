//! `in_stock` follows the inventory.

use std::sync::{Arc, Mutex};

use catalog_api::{CatalogError, ListProducts, Product, ProductId};
use futures_util::future::join_all;
use inventory_api::{InventoryError, MockInventory, StockChange, StockChanges};

use super::{World, id, seven_of_everything};

/// What an inventory has to tell; it can grow while it is told.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<Vec<StockChange>>>);

impl Feed {
    fn push(&self, product_id: ProductId, in_stock: bool) {
        let mut changes = self.0.lock().expect("no holder panics");
        let number = changes.last().map_or(1, |last| last.number + 1);
        changes.push(StockChange { number, product_id, in_stock });
    }

    fn inventory(&self) -> MockInventory {
        let mut inventory = seven_of_everything();
        let feed = self.clone();
        inventory.expect_list_stock_changes().returning(move |_, request| {
            let limit = usize::try_from(request.limit).expect("a small number");
            let changes = feed.0.lock().expect("no holder panics");
            let listed = changes.iter().filter(|change| change.number > request.after).take(limit);
            Ok(StockChanges { changes: listed.cloned().collect() })
        });
        inventory
    }
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
    let feed = Feed::default();
    let world = World::with_inventory(feed.inventory()).await;
    let products = three_products(&world).await;
    for (product, is_in_stock) in [(0, true), (1, true), (0, false), (1, false), (1, true)] {
        feed.push(products[product].id, is_in_stock);
    }
    assert_eq!(world.catalog.follow_stock(&world.admin()).await, Ok(5));
    assert_eq!(in_stock(&world).await, [false, true, false]);
    assert_eq!(world.catalog.follow_stock(&world.admin()).await, Ok(0));
    feed.push(products[0].id, true);
    assert_eq!(world.catalog.follow_stock(&world.admin()).await, Ok(1));
    assert_eq!(in_stock(&world).await, [true, true, false]);
}

#[tokio::test]
async fn a_long_feed_is_followed_step_by_step_to_its_end() {
    let feed = Feed::default();
    let world = World::with_inventory(feed.inventory()).await;
    let products = three_products(&world).await;
    for number in 0..1_201 {
        feed.push(products[2].id, number % 2 == 0);
    }
    let mut applied = Vec::new();
    loop {
        let count = world.catalog.follow_stock(&world.admin()).await.expect("the feed is fine");
        if count == 0 {
            break;
        }
        applied.push(count);
    }
    assert_eq!(applied, [500, 500, 201]);
    assert_eq!(in_stock(&world).await, [false, false, true]);
}

#[tokio::test]
async fn replicas_that_follow_at_the_same_time_apply_each_change_once() {
    let feed = Feed::default();
    let world = World::with_inventory(feed.inventory()).await;
    let other = world.replica(feed.inventory()).await;
    let products = three_products(&world).await;
    for round in 0..20 {
        feed.push(products[round % 3].id, round % 2 == 0);
        feed.push(products[(round + 1) % 3].id, round % 2 == 1);
        let context = world.admin();
        let steps = [&world.catalog, &other, &world.catalog, &other].map(|it| it.follow_stock(&context));
        let applied = join_all(steps).await.into_iter().collect::<Result<Vec<_>, _>>().expect("a fine feed");
        assert_eq!(applied.iter().sum::<usize>(), 2, "round {round}: {applied:?}");
        let mut latest = [false; 3];
        for change in feed.0.lock().expect("no holder panics").iter() {
            let place = products.iter().position(|product| product.id == change.product_id);
            latest[place.expect("a known product")] = change.in_stock;
        }
        assert_eq!(in_stock(&world).await, latest, "round {round}");
    }
}

#[tokio::test]
async fn a_change_of_a_product_that_was_never_finished_is_passed_over() {
    let feed = Feed::default();
    let world = World::with_inventory(feed.inventory()).await;
    let products = three_products(&world).await;
    feed.push(id(9), true);
    feed.push(products[0].id, true);
    assert_eq!(world.catalog.follow_stock(&world.admin()).await, Ok(2));
    assert_eq!(in_stock(&world).await, [true, false, false]);
}

#[tokio::test]
async fn a_feed_with_a_gap_is_not_followed() {
    for (first, second) in [(2, 3), (1, 3), (1, 1)] {
        let mut inventory = seven_of_everything();
        inventory.expect_list_stock_changes().returning(move |_, _| {
            let change = |number| StockChange { number, product_id: id(1), in_stock: true };
            Ok(StockChanges { changes: vec![change(first), change(second)] })
        });
        let world = World::with_inventory(inventory).await;
        let outcome = world.catalog.follow_stock(&world.admin()).await;
        assert_eq!(outcome, Err(CatalogError::Internal), "{first}, {second}");
    }
}

#[tokio::test]
async fn an_inventory_that_is_away_is_asked_again_from_the_same_place() {
    let mut inventory = seven_of_everything();
    let mut answers = vec![Ok(()), Err(InventoryError::Timeout)];
    inventory.expect_list_stock_changes().times(2).returning(move |_, request| {
        assert_eq!(request.after, 0);
        answers.pop().expect("two answers")?;
        Ok(StockChanges { changes: vec![StockChange { number: 1, product_id: id(1), in_stock: true }] })
    });
    let world = World::with_inventory(inventory).await;
    assert_eq!(world.catalog.follow_stock(&world.admin()).await, Err(CatalogError::Timeout));
    assert_eq!(world.catalog.follow_stock(&world.admin()).await, Ok(1));
}
