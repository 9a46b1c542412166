//! Two processes on one database, at the same time.

use futures_util::future::join_all;
use inventory_api::{Inventory as _, InventoryError, ReceiveStock, ReservationState, ReserveStock};

use super::world::{HOLD_SECONDS, Level};
use super::{World, line};

#[tokio::test]
async fn many_buyers_of_few_units_get_exactly_those() {
    let world = World::new().await;
    let inventories = [world.inventory.clone(), world.second_inventory().await];
    let (scarce, plenty) = (world.product(15).await, world.product(1_000).await);
    let buyers = (0..40).map(|buyer| {
        let (inventory, context) = (inventories[buyer % 2].clone(), world.user());
        let mut lines = vec![line(scarce, 1), line(plenty, 1)];
        if buyer % 3 == 0 {
            lines.reverse();
        }
        let reservation_id = world.new_reservation_id();
        async move {
            let request = ReserveStock { reservation_id, lines, hold_seconds: HOLD_SECONDS };
            inventory.reserve_stock(&context, request).await?;
            inventory.commit_reservation(&context, reservation_id).await
        }
    });
    let outcomes = join_all(buyers).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 15);
    let out_of_stock = InventoryError::OutOfStock { product_ids: vec![scarce] };
    assert_eq!(outcomes.iter().filter(|outcome| outcome.as_ref() == Err(&out_of_stock)).count(), 25);
    assert_eq!(world.level(scarce).await, Level { received: 15, available: 0, reserved: 0, sold: 15 });
    assert_eq!(world.level(plenty).await, Level { received: 1_000, available: 985, reserved: 0, sold: 15 });
    world.check().await;
}

#[tokio::test]
async fn one_receipt_sent_by_many_at_once_is_booked_once() {
    let world = World::new().await;
    let inventories = [world.inventory.clone(), world.second_inventory().await];
    let product_id = world.product(0).await;
    let senders = (0..10).map(|sender| {
        let (inventory, context) = (inventories[sender % 2].clone(), world.admin_with_key("monday"));
        async move { inventory.receive_stock(&context, ReceiveStock { product_id, quantity: 7 }).await }
    });
    let receipts = join_all(senders).await;
    assert!(receipts[0].is_ok(), "{:?}", receipts[0]);
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]), "{receipts:?}");
    assert_eq!(world.level(product_id).await.received, 7);
    world.check().await;
}

#[tokio::test]
async fn one_key_used_at_once_for_different_receipts_books_one_of_them() {
    let world = World::new().await;
    let inventories = [world.inventory.clone(), world.second_inventory().await];
    let products = [world.product(0).await, world.product(0).await];
    let senders = (0..10).map(|sender| {
        let (inventory, context) = (inventories[sender % 2].clone(), world.admin_with_key("monday"));
        let request = ReceiveStock { product_id: products[sender / 5], quantity: 7 };
        async move { inventory.receive_stock(&context, request).await }
    });
    let receipts = join_all(senders).await;
    assert_eq!(receipts.iter().filter(|receipt| receipt.is_ok()).count(), 5);
    let reused = Err(InventoryError::IdempotencyKeyReused);
    assert_eq!(receipts.iter().filter(|receipt| **receipt == reused).count(), 5);
    let received = world.level(products[0]).await.received + world.level(products[1]).await.received;
    assert_eq!(received, 7);
    world.check().await;
}

#[tokio::test]
async fn one_reservation_sent_by_many_at_once_is_made_once() {
    let world = World::new().await;
    let inventories = [world.inventory.clone(), world.second_inventory().await];
    let product_id = world.product(5).await;
    let reservation_id = world.new_reservation_id();
    let senders = (0..10).map(|sender| {
        let (inventory, context) = (inventories[sender % 2].clone(), world.user());
        let lines = vec![line(product_id, 1)];
        let request = ReserveStock { reservation_id, lines, hold_seconds: HOLD_SECONDS };
        async move { inventory.reserve_stock(&context, request).await }
    });
    let reservations = join_all(senders).await;
    assert!(reservations[0].is_ok(), "{:?}", reservations[0]);
    assert!(reservations.iter().all(|reservation| *reservation == reservations[0]), "{reservations:?}");
    assert_eq!(world.level(product_id).await.reserved, 1);
    world.check().await;
}

#[tokio::test]
async fn of_a_commit_and_a_release_at_once_one_wins_and_the_other_hears_of_it() {
    let world = World::new().await;
    let second = world.second_inventory().await;
    let product_id = world.product(10).await;
    let mut sold = 0;
    for _ in 0..10 {
        let id = world.new_reservation_id();
        world.reserve(id, &[line(product_id, 1)]).await.expect("there are enough");
        let (one, two) = (world.user(), world.user());
        let (committed, released) =
            tokio::join!(world.inventory.commit_reservation(&one, id), second.release_reservation(&two, id));
        match (committed, released) {
            (Ok(reservation), Err(InventoryError::ReservationCommitted { .. })) => {
                assert_eq!(reservation.state, ReservationState::Committed);
                sold += 1;
            }
            (Err(InventoryError::ReservationReleased { .. }), Ok(reservation)) => {
                assert_eq!(reservation.state, ReservationState::Released);
            }
            other => panic!("both cannot have happened: {other:?}"),
        }
    }
    assert_eq!(
        world.level(product_id).await,
        Level { received: 10, available: 10 - sold, reserved: 0, sold }
    );
    world.check().await;
}

#[tokio::test]
async fn one_return_sent_by_many_at_once_puts_each_unit_back_once() {
    let world = World::new().await;
    let inventories = [world.inventory.clone(), world.second_inventory().await];
    let product_id = world.product(5).await;
    let id = world.new_reservation_id();
    world.reserve(id, &[line(product_id, 3)]).await.expect("there are enough");
    world.commit(id).await.expect("it is reserved");
    let senders = (0..10).map(|sender| {
        let (inventory, context) = (inventories[sender % 2].clone(), world.system());
        async move { inventory.return_reservation(&context, id).await }
    });
    let returned = join_all(senders).await;
    assert_eq!(returned[0].as_ref().map(|returned| returned.state), Ok(ReservationState::Returned));
    assert!(returned.iter().all(|other| *other == returned[0]), "{returned:?}");
    assert_eq!(world.level(product_id).await, Level { received: 5, available: 5, reserved: 0, sold: 0 });
    world.check().await;
}

#[tokio::test]
async fn a_return_that_races_its_commit_takes_back_or_is_refused() {
    let world = World::new().await;
    let second = world.second_inventory().await;
    let product_id = world.product(10).await;
    let mut sold = 0;
    for _ in 0..10 {
        let id = world.new_reservation_id();
        world.reserve(id, &[line(product_id, 1)]).await.expect("there are enough");
        let (one, two) = (world.user(), world.system());
        let (returned, committed) =
            tokio::join!(second.return_reservation(&two, id), world.inventory.commit_reservation(&one, id));
        assert!(committed.is_ok(), "{committed:?}");
        match returned {
            Ok(returned) => assert_eq!(returned.state, ReservationState::Returned),
            Err(InventoryError::ReservationNotCommitted { .. }) => sold += 1,
            other => panic!("a return has no other outcome: {other:?}"),
        }
    }
    let expected = Level { received: 10, available: 10 - sold, reserved: 0, sold };
    assert_eq!(world.level(product_id).await, expected);
    world.check().await;
}

#[tokio::test]
async fn a_release_that_races_its_reservation_leaves_nothing_reserved() {
    let world = World::new().await;
    let second = world.second_inventory().await;
    let product_id = world.product(10).await;
    for _ in 0..10 {
        let (reservation_id, one, two) = (world.new_reservation_id(), world.user(), world.user());
        let lines = vec![line(product_id, 1)];
        let request = ReserveStock { reservation_id, lines, hold_seconds: HOLD_SECONDS };
        let (reserved, released) = tokio::join!(
            world.inventory.reserve_stock(&one, request),
            second.release_reservation(&two, reservation_id)
        );
        assert!(matches!(reserved, Ok(_) | Err(InventoryError::ReservationReleased { .. })), "{reserved:?}");
        assert_eq!(released.map(|released| released.state), Ok(ReservationState::Released));
    }
    assert_eq!(world.level(product_id).await, Level { received: 10, available: 10, reserved: 0, sold: 0 });
    world.check().await;
}
