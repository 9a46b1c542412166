//! Every refusal, and that it leaves every table as it was.

use cleave_core::Caller;
use inventory_api::{
    Inventory as _, InventoryError, MAX_HOLD_SECONDS, MAX_QUANTITY, MAX_RESERVATION_LINES, OpenStock,
    ReceiveStock, ReservationLine, ReserveStock,
};

use super::{World, line};

#[tokio::test]
async fn a_quantity_out_of_its_bounds_is_refused() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let before = world.dump().await;
    for quantity in [0, -1, MAX_QUANTITY + 1, i64::MIN, i64::MAX] {
        let refusal = InventoryError::InvalidQuantity { quantity };
        assert_eq!(world.receive("key", product_id, quantity).await, Err(refusal.clone()));
        let lines = [line(product_id, quantity)];
        assert_eq!(world.reserve(world.new_reservation_id(), &lines).await, Err(refusal));
    }
    assert_eq!(world.dump().await, before);
    assert!(world.receive("key", product_id, MAX_QUANTITY).await.is_ok());
}

#[tokio::test]
async fn lines_that_could_never_be_reserved_are_refused_with_the_reason() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let before = world.dump().await;
    let many: Vec<ReservationLine> =
        (0..=MAX_RESERVATION_LINES).map(|_| line(world.new_product_id(), 1)).collect();
    let twice = vec![line(product_id, 1), line(world.new_product_id(), 1), line(product_id, 1)];
    for (lines, hold_seconds, expected) in [
        (Vec::new(), 60, "0 lines".to_owned()),
        (many, 60, "101 lines".to_owned()),
        (twice, 60, format!("product {product_id} twice")),
        (vec![line(product_id, 1)], 0, "a hold of 0 seconds".to_owned()),
        (vec![line(product_id, 1)], MAX_HOLD_SECONDS + 1, "a hold of 86401 seconds".to_owned()),
    ] {
        let request = ReserveStock { reservation_id: world.new_reservation_id(), lines, hold_seconds };
        match world.inventory.reserve_stock(&world.user(), request).await {
            Err(InventoryError::InvalidReservation { reason }) => {
                assert!(reason.starts_with(&expected), "{reason}");
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn the_most_lines_that_a_reservation_may_have_can_be_reserved() {
    let world = World::new().await;
    let batch: Vec<_> = (0..MAX_RESERVATION_LINES).map(|_| (world.new_product_id(), 1)).collect();
    world.inventory.import_stock(&world.admin(), &batch).await.expect("levels can be opened");
    let lines: Vec<_> = batch.iter().map(|(product_id, _)| line(*product_id, 1)).collect();
    let id = world.new_reservation_id();
    world.reserve(id, &lines).await.expect("there is one of each");
    world.commit(id).await.expect("it is reserved");
    world.check().await;
}

#[tokio::test]
async fn all_lines_are_reserved_or_none_and_every_lacking_product_is_named() {
    let world = World::new().await;
    let (plenty, few, none) = (world.product(10).await, world.product(1).await, world.product(0).await);
    let before = world.dump().await;
    let id = world.new_reservation_id();
    let refused = world.reserve(id, &[line(none, 1), line(plenty, 10), line(few, 2)]).await;
    let mut product_ids = vec![few, none];
    product_ids.sort_unstable();
    assert_eq!(refused, Err(InventoryError::OutOfStock { product_ids }));
    assert_eq!(world.dump().await, before);
    // A refusal is no tombstone: when goods have come in the same reservation may be made.
    world.receive("none", none, 1).await.expect("goods come in");
    world.receive("few", few, 1).await.expect("goods come in");
    assert!(world.reserve(id, &[line(none, 1), line(plenty, 10), line(few, 2)]).await.is_ok());
    world.check().await;
}

#[tokio::test]
async fn what_nobody_knows_is_not_found() {
    let world = World::new().await;
    let (known, unknown) = (world.product(1).await, world.new_product_id());
    let id = world.new_reservation_id();
    let before = world.dump().await;
    let no_stock = InventoryError::StockNotFound { product_id: unknown };
    assert_eq!(world.inventory.get_stock(&world.user(), unknown).await, Err(no_stock.clone()));
    assert_eq!(world.receive("key", unknown, 1).await, Err(no_stock.clone()));
    assert_eq!(world.reserve(id, &[line(known, 9), line(unknown, 1)]).await, Err(no_stock));
    let no_reservation = InventoryError::ReservationNotFound { reservation_id: id };
    assert_eq!(world.inventory.get_reservation(&world.user(), id).await, Err(no_reservation.clone()));
    assert_eq!(world.commit(id).await, Err(no_reservation));
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn only_admins_open_levels_and_book_receipts() {
    let world = World::new().await;
    let product_id = world.product(1).await;
    let before = world.dump().await;
    for (caller, refusal) in [
        (Caller::Anonymous, InventoryError::Unauthenticated),
        (world.user().caller, InventoryError::Forbidden),
    ] {
        let context = world.context(caller);
        let inventory = &world.inventory;
        let receive = ReceiveStock { product_id, quantity: 1 };
        assert_eq!(inventory.receive_stock(&context, receive).await, Err(refusal.clone()));
        let open = OpenStock { product_id: world.new_product_id() };
        assert_eq!(inventory.open_stock(&context, open).await, Err(refusal.clone()));
        let batch = [(world.new_product_id(), 1)];
        assert_eq!(inventory.import_stock(&context, &batch).await, Err(refusal.clone()));
        assert_eq!(inventory.expire_reservations(&context, 1).await, Err(refusal));
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn nobody_reserves_namelessly_and_anybody_may_look() {
    let world = World::new().await;
    let product_id = world.product(2).await;
    let id = world.new_reservation_id();
    world.reserve(id, &[line(product_id, 1)]).await.expect("there are enough");
    let before = world.dump().await;
    let anonymous = world.context(Caller::Anonymous);
    let inventory = &world.inventory;
    let request = ReserveStock {
        reservation_id: world.new_reservation_id(),
        lines: vec![line(product_id, 1)],
        hold_seconds: 1,
    };
    assert_eq!(inventory.reserve_stock(&anonymous, request).await, Err(InventoryError::Unauthenticated));
    assert_eq!(inventory.commit_reservation(&anonymous, id).await, Err(InventoryError::Unauthenticated));
    assert_eq!(inventory.release_reservation(&anonymous, id).await, Err(InventoryError::Unauthenticated));
    assert_eq!(world.dump().await, before);
    assert_eq!(inventory.get_stock(&anonymous, product_id).await.map(|stock| stock.available), Ok(1));
}

#[tokio::test]
async fn a_receipt_without_a_key_is_refused() {
    let world = World::new().await;
    let product_id = world.product(1).await;
    let before = world.dump().await;
    let request = ReceiveStock { product_id, quantity: 1 };
    let refused = world.inventory.receive_stock(&world.admin(), request).await;
    assert_eq!(refused, Err(InventoryError::IdempotencyKeyRequired));
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_database_that_is_closed_is_no_fault_of_the_caller() {
    let world = World::new().await;
    let product_id = world.product(1).await;
    world.inventory.database().close().await;
    let refused = world.inventory.get_stock(&world.user(), product_id).await;
    assert_eq!(refused, Err(InventoryError::Internal));
    assert_eq!(world.receive("key", product_id, 1).await, Err(InventoryError::Internal));
}
