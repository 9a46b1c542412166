//! What others are told: which products came into stock or ran out.

use inventory_api::InventoryEvent;

use super::{World, line};

#[tokio::test]
async fn a_change_is_told_only_when_a_product_comes_into_stock_or_runs_out() {
    let world = World::new().await;
    let product_id = world.product(0).await;
    assert_eq!(world.told().await, [], "a level that is opened empty is no change");
    world.receive("one", product_id, 2).await.expect("goods come in");
    world.receive("two", product_id, 1).await.expect("goods come in");
    let (first, second) = (world.new_reservation_id(), world.new_reservation_id());
    world.reserve(first, &[line(product_id, 2)]).await.expect("there are enough");
    world.reserve(second, &[line(product_id, 1)]).await.expect("there are enough");
    world.release(first).await.expect("it is reserved");
    world.release(second).await.expect("it is reserved");
    let told = [true, false, true].map(|in_stock| InventoryEvent::stock_changed(product_id, in_stock));
    assert_eq!(world.told().await, told);
    world.check().await;
}

#[tokio::test]
async fn a_sale_that_empties_several_products_tells_of_each() {
    let world = World::new().await;
    let mut products = [world.product(1).await, world.product(2).await, world.product(1).await];
    products.sort_unstable();
    let lines = products.map(|product_id| line(product_id, 1));
    world.reserve(world.new_reservation_id(), &lines).await.expect("there are enough");
    assert_eq!(world.told().await.len(), 5, "three came in, two ran out");
    world.check().await;
}
