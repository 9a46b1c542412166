//! Forgotten reservations, by the clock.

use std::time::Duration;

use inventory_api::{Inventory as _, InventoryError, ReservationState};
use sqlx::Row as _;

use super::world::{HOLD_SECONDS, Level};
use super::{World, line};

const ALMOST: Duration = Duration::from_secs(HOLD_SECONDS as u64 - 1);
const A_SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_reservation_expires_when_its_time_is_over_and_not_before() {
    let world = World::new().await;
    let product_id = world.product(2).await;
    let id = world.new_reservation_id();
    world.reserve(id, &[line(product_id, 2)]).await.expect("there are enough");
    world.clock.advance(ALMOST);
    assert_eq!(world.expire().await, 0);
    world.clock.advance(A_SECOND);
    assert_eq!(world.expire().await, 1);
    assert_eq!(world.expire().await, 0);
    let reservation = world.inventory.get_reservation(&world.user(), id).await.expect("it is kept");
    assert_eq!(reservation.state, ReservationState::Released);
    assert_eq!(world.level(product_id).await, Level { received: 2, available: 2, reserved: 0, sold: 0 });
    assert_eq!(world.movements(product_id).await.last(), Some(&("expired".to_owned(), 2)));
    let rows = world.rows("SELECT actor, cause FROM stock_movements WHERE kind = 'expired'").await;
    assert_eq!(
        (rows[0].get::<String, _>(0), rows[0].get::<String, _>(1)),
        ("system".to_owned(), id.to_string())
    );
    assert_eq!(
        world.commit(id).await,
        Err(InventoryError::ReservationReleased { reservation_id: id }),
        "an expired reservation cannot be sold"
    );
    assert_eq!(world.release(id).await, Ok(reservation), "a late release finds its work done");
    world.check().await;
}

#[tokio::test]
async fn a_reservation_that_has_ended_does_not_expire() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let (sold, returned) = (world.new_reservation_id(), world.new_reservation_id());
    for id in [sold, returned] {
        world.reserve(id, &[line(product_id, 2)]).await.expect("there are enough");
    }
    world.commit(sold).await.expect("it is reserved");
    world.release(returned).await.expect("it is reserved");
    world.release(world.new_reservation_id()).await.expect("a tombstone is left");
    world.clock.advance(ALMOST + A_SECOND);
    let before = world.dump().await;
    assert_eq!(world.expire().await, 0);
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn the_oldest_expire_first_and_no_more_than_asked_for() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = world.new_reservation_id();
        world.reserve(id, &[line(product_id, 1)]).await.expect("there are enough");
        world.clock.advance(A_SECOND);
        ids.push(id);
    }
    world.clock.advance(ALMOST);
    assert_eq!(world.inventory.expire_reservations(&world.system(), 2).await, Ok(2));
    let state = |id| {
        let context = world.user();
        let inventory = &world.inventory;
        async move { inventory.get_reservation(&context, id).await.expect("it is kept").state }
    };
    assert_eq!(state(ids[0]).await, ReservationState::Released);
    assert_eq!(state(ids[1]).await, ReservationState::Released);
    assert_eq!(state(ids[2]).await, ReservationState::Reserved);
    world.check().await;
}

#[tokio::test]
async fn two_processes_that_expire_at_once_put_each_unit_back_once() {
    let world = World::new().await;
    let second = world.second_inventory().await;
    let product_id = world.product(20).await;
    for _ in 0..10 {
        world.reserve(world.new_reservation_id(), &[line(product_id, 2)]).await.expect("there are enough");
    }
    world.clock.advance(ALMOST + A_SECOND);
    let (one, two) = (world.system(), world.system());
    let (one, two) =
        tokio::join!(world.inventory.expire_reservations(&one, 100), second.expire_reservations(&two, 100));
    assert_eq!(one.expect("expiring works") + two.expect("expiring works"), 10);
    assert_eq!(world.level(product_id).await.available, 20);
    world.check().await;
}
