//! Goods that come in.

use cleave_core::Clock as _;
use inventory_api::{Inventory as _, InventoryError, OpenStock, ReceiveStock};
use sqlx::Row as _;

use super::World;

#[tokio::test]
async fn opening_a_level_again_changes_nothing() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let before = world.dump().await;
    let stock = world.inventory.open_stock(&world.admin(), OpenStock { product_id }).await;
    assert_eq!(stock.map(|stock| stock.available), Ok(5));
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_receipt_sent_twice_is_booked_once_and_answered_the_same() {
    let world = World::new().await;
    let product_id = world.product(0).await;
    let first = world.receive("monday", product_id, 7).await.expect("goods come in");
    assert_eq!((first.available, first.received_at), (7, world.clock.now()));
    world.receive("tuesday", product_id, 3).await.expect("goods come in");
    world.clock.advance(std::time::Duration::from_secs(5));
    let before = world.dump().await;
    assert_eq!(world.receive("monday", product_id, 7).await, Ok(first));
    assert_eq!(world.dump().await, before);
    assert_eq!(world.level(product_id).await.received, 10);
    world.check().await;
}

#[tokio::test]
async fn a_key_belongs_to_its_caller() {
    let world = World::new().await;
    let product_id = world.product(0).await;
    world.receive("monday", product_id, 7).await.expect("goods come in");
    let key = world.admin_with_key("monday").idempotency_key.expect("it has a key");
    let other = world.system().with_key(key);
    let receipt = world.inventory.receive_stock(&other, ReceiveStock { product_id, quantity: 2 }).await;
    assert_eq!(receipt.map(|receipt| receipt.available), Ok(9));
}

#[tokio::test]
async fn a_key_used_for_another_receipt_is_refused() {
    let world = World::new().await;
    let (product_id, other) = (world.product(0).await, world.product(0).await);
    world.receive("monday", product_id, 7).await.expect("goods come in");
    let before = world.dump().await;
    for (product_id, quantity) in [(product_id, 8), (other, 7)] {
        let refused = world.receive("monday", product_id, quantity).await;
        assert_eq!(refused, Err(InventoryError::IdempotencyKeyReused));
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn the_ledger_names_who_moved_stock_and_for_which_request() {
    let world = World::new().await;
    let product_id = world.product(0).await;
    let context = world.admin_with_key("monday");
    let request = ReceiveStock { product_id, quantity: 7 };
    world.inventory.receive_stock(&context, request).await.expect("goods come in");
    let rows = world
        .rows("SELECT actor, request_id, cause, moved_at FROM stock_movements WHERE kind = 'received'")
        .await;
    assert_eq!(rows.len(), 1);
    let account_id = context.caller.account_id().expect("an admin has an account").to_string();
    assert_eq!(rows[0].get::<String, _>(0), account_id);
    assert_eq!(rows[0].get::<String, _>(1), context.request_id.as_str());
    assert_eq!(rows[0].get::<String, _>(2), "monday");
    assert_eq!(rows[0].get::<i64, _>(3), world.clock.now().as_micros());
}
