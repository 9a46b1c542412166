//! Reserve, commit, release: each once, each twice, and in the wrong order.

use std::time::Duration;

use cleave_core::Clock as _;
use inventory_api::{Inventory as _, InventoryError, ReservationState};

use super::world::{HOLD_SECONDS, Level};
use super::{World, line};

#[tokio::test]
async fn a_reservation_sets_its_lines_aside_in_the_order_of_the_products() {
    let world = World::new().await;
    let (first, second) = (world.product(5).await, world.product(5).await);
    let id = world.new_reservation_id();
    let reservation = world.reserve(id, &[line(second, 2), line(first, 3)]).await.expect("there are enough");
    let mut lines = [line(first, 3), line(second, 2)];
    lines.sort_by_key(|line| line.product_id);
    assert_eq!(reservation.lines, lines);
    assert_eq!(reservation.state, ReservationState::Reserved);
    let hold = Duration::from_secs(HOLD_SECONDS.into());
    assert_eq!(reservation.expires_at, world.clock.now().plus(hold));
    assert_eq!(world.inventory.get_reservation(&world.user(), id).await, Ok(reservation));
    assert_eq!(world.level(first).await, Level { received: 5, available: 2, reserved: 3, sold: 0 });
    world.check().await;
}

#[tokio::test]
async fn each_command_sent_twice_has_one_effect_and_one_answer() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let (sold, returned) = (world.new_reservation_id(), world.new_reservation_id());
    for id in [sold, returned] {
        let first = world.reserve(id, &[line(product_id, 2)]).await;
        assert!(first.is_ok(), "{first:?}");
        assert_eq!(world.reserve(id, &[line(product_id, 2)]).await, first);
    }
    let committed = world.commit(sold).await;
    assert_eq!(committed.as_ref().map(|it| it.state), Ok(ReservationState::Committed));
    assert_eq!(world.commit(sold).await, committed);
    let released = world.release(returned).await;
    assert_eq!(released.as_ref().map(|it| it.state), Ok(ReservationState::Released));
    assert_eq!(world.release(returned).await, released);
    assert_eq!(world.level(product_id).await, Level { received: 5, available: 3, reserved: 0, sold: 2 });
    let kinds: Vec<String> = world.movements(product_id).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["opened", "received", "reserved", "reserved", "committed", "released"]);
    world.check().await;
}

#[tokio::test]
async fn a_repeated_reservation_is_answered_in_its_present_state() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let (sold, returned) = (world.new_reservation_id(), world.new_reservation_id());
    for id in [sold, returned] {
        world.reserve(id, &[line(product_id, 2)]).await.expect("there are enough");
    }
    let committed = world.commit(sold).await;
    assert_eq!(world.reserve(sold, &[line(product_id, 2)]).await, committed);
    let released = world.release(returned).await;
    assert_eq!(world.reserve(returned, &[line(product_id, 2)]).await, released);
    world.check().await;
}

#[tokio::test]
async fn a_reservation_with_other_lines_under_a_used_id_is_refused() {
    let world = World::new().await;
    let (product_id, other) = (world.product(5).await, world.product(5).await);
    let id = world.new_reservation_id();
    world.reserve(id, &[line(product_id, 2)]).await.expect("there are enough");
    let before = world.dump().await;
    for lines in [vec![line(product_id, 1)], vec![line(other, 2)], vec![line(product_id, 2), line(other, 1)]]
    {
        assert_eq!(world.reserve(id, &lines).await, Err(InventoryError::IdempotencyKeyReused));
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_release_before_its_reservation_makes_sure_that_it_is_never_made() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let id = world.new_reservation_id();
    let tombstone = world.release(id).await.expect("a tombstone is left");
    assert_eq!((tombstone.state, tombstone.lines.len()), (ReservationState::Released, 0));
    assert_eq!(world.release(id).await, Ok(tombstone.clone()));
    let before = world.dump().await;
    let released = InventoryError::ReservationReleased { reservation_id: id };
    assert_eq!(world.reserve(id, &[line(product_id, 2)]).await, Err(released.clone()));
    assert_eq!(world.commit(id).await, Err(released));
    assert_eq!(world.inventory.get_reservation(&world.user(), id).await, Ok(tombstone));
    assert_eq!(world.dump().await, before);
    world.check().await;
}

#[tokio::test]
async fn an_end_state_never_changes() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let (sold, returned) = (world.new_reservation_id(), world.new_reservation_id());
    for id in [sold, returned] {
        world.reserve(id, &[line(product_id, 2)]).await.expect("there are enough");
    }
    world.commit(sold).await.expect("it is reserved");
    world.release(returned).await.expect("it is reserved");
    let before = world.dump().await;
    let committed = InventoryError::ReservationCommitted { reservation_id: sold };
    assert_eq!(world.release(sold).await, Err(committed));
    let released = InventoryError::ReservationReleased { reservation_id: returned };
    assert_eq!(world.commit(returned).await, Err(released));
    assert_eq!(world.dump().await, before);
}
