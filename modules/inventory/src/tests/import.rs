//! Many levels at once.

use inventory_api::InventoryError;

use super::World;
use super::world::Level;

#[tokio::test]
async fn imported_levels_have_their_units_their_movement_and_their_change() {
    let world = World::new().await;
    let (some, none) = (world.new_product_id(), world.new_product_id());
    let opened = world.inventory.import_stock(&world.system(), &[(none, 0), (some, 50_000)]).await;
    assert_eq!(opened, Ok(2));
    let expected = Level { received: 50_000, available: 50_000, reserved: 0, sold: 0 };
    assert_eq!(world.level(some).await, expected);
    assert_eq!(world.level(none).await, Level::default());
    assert_eq!(world.movements(some).await, [("opened".to_owned(), 50_000)]);
    world.check().await;
}

#[tokio::test]
async fn an_import_leaves_known_products_alone() {
    let world = World::new().await;
    let known = world.product(5).await;
    let batch = [(known, 9), (world.new_product_id(), 1), (world.new_product_id(), 2)];
    assert_eq!(world.inventory.import_stock(&world.system(), &batch).await, Ok(2));
    let before = world.dump().await;
    assert_eq!(world.inventory.import_stock(&world.system(), &batch).await, Ok(0));
    assert_eq!(world.inventory.import_stock(&world.system(), &[]).await, Ok(0));
    assert_eq!(world.dump().await, before);
    assert_eq!(world.level(known).await.received, 5);
    world.check().await;
}

#[tokio::test]
async fn a_batch_with_a_negative_quantity_is_refused_whole() {
    let world = World::new().await;
    let before = world.dump().await;
    let batch = [(world.new_product_id(), 1), (world.new_product_id(), -1)];
    let refused = world.inventory.import_stock(&world.system(), &batch).await;
    assert_eq!(refused, Err(InventoryError::InvalidQuantity { quantity: -1 }));
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_batch_may_be_larger_than_a_statement() {
    let world = World::new().await;
    let batch: Vec<_> = (0..2_500).map(|units| (world.new_product_id(), units % 3)).collect();
    assert_eq!(world.inventory.import_stock(&world.system(), &batch).await, Ok(2_500));
    world.check().await;
}
