//! Which products came into stock or ran out.

use inventory_api::{Inventory as _, ListStockChanges, StockChange};

use super::{World, line};

async fn list(world: &World, after: i64, limit: u32) -> Vec<StockChange> {
    let request = ListStockChanges { after, limit };
    world.inventory.list_stock_changes(&world.system(), request).await.expect("the list is there").changes
}

#[tokio::test]
async fn a_change_is_told_only_when_a_product_comes_into_stock_or_runs_out() {
    let world = World::new().await;
    let product_id = world.product(0).await;
    assert_eq!(list(&world, 0, 10).await, [], "a level that is opened empty is no change");
    world.receive("one", product_id, 2).await.expect("goods come in");
    world.receive("two", product_id, 1).await.expect("goods come in");
    let (first, second) = (world.new_reservation_id(), world.new_reservation_id());
    world.reserve(first, &[line(product_id, 2)]).await.expect("there are enough");
    world.reserve(second, &[line(product_id, 1)]).await.expect("there are enough");
    world.release(first).await.expect("it is reserved");
    world.release(second).await.expect("it is reserved");
    let told = |number, in_stock| StockChange { number, product_id, in_stock };
    assert_eq!(list(&world, 0, 10).await, [told(1, true), told(2, false), told(3, true)]);
    world.check().await;
}

#[tokio::test]
async fn a_sale_that_empties_several_products_tells_of_each() {
    let world = World::new().await;
    let mut products = [world.product(1).await, world.product(2).await, world.product(1).await];
    products.sort_unstable();
    let lines = products.map(|product_id| line(product_id, 1));
    world.reserve(world.new_reservation_id(), &lines).await.expect("there are enough");
    let ran_out: Vec<_> = list(&world, 3, 10).await.into_iter().map(|it| (it.number, it.in_stock)).collect();
    assert_eq!(ran_out, [(4, false), (5, false)]);
    world.check().await;
}

#[tokio::test]
async fn changes_are_listed_from_where_the_caller_left_off() {
    let world = World::new().await;
    for _ in 0..5 {
        world.product(1).await;
    }
    let numbers = |changes: Vec<StockChange>| changes.iter().map(|it| it.number).collect::<Vec<_>>();
    assert_eq!(numbers(list(&world, 0, 2).await), [1, 2]);
    assert_eq!(numbers(list(&world, 2, 2).await), [3, 4]);
    assert_eq!(numbers(list(&world, 4, 2).await), [5]);
    assert_eq!(numbers(list(&world, 5, 2).await), [] as [i64; 0]);
    assert_eq!(numbers(list(&world, 0, u32::MAX).await).len(), 5);
}
