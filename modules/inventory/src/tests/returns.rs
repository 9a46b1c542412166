//! Sold goods that come back: once, twice, and when there is nothing to take back.

use std::time::Duration;

use cleave_core::Caller;
use inventory_api::{Inventory as _, InventoryError, InventoryEvent, ReservationId, ReservationState};
use sqlx::Row as _;

use super::world::{HOLD_SECONDS, Level};
use super::{World, line};

async fn sold(world: &World, lines: &[inventory_api::ReservationLine]) -> ReservationId {
    let id = world.new_reservation_id();
    world.reserve(id, lines).await.expect("there are enough");
    world.commit(id).await.expect("it is reserved");
    id
}

#[tokio::test]
async fn returned_units_can_be_sold_again() {
    let world = World::new().await;
    let (first, second) = (world.product(5).await, world.product(2).await);
    let id = sold(&world, &[line(first, 3), line(second, 2)]).await;
    let before = world.inventory.get_reservation(&world.user(), id).await.expect("it is kept");
    let returned = world.take_back(id).await.expect("it is committed");
    assert_eq!(returned.state, ReservationState::Returned);
    assert_eq!((&returned.lines, returned.expires_at), (&before.lines, before.expires_at));
    assert_eq!(world.inventory.get_reservation(&world.user(), id).await, Ok(returned));
    assert_eq!(world.level(first).await, Level { received: 5, available: 5, reserved: 0, sold: 0 });
    assert_eq!(world.level(second).await, Level { received: 2, available: 2, reserved: 0, sold: 0 });
    assert_eq!(world.movements(second).await.last(), Some(&("returned".to_owned(), 2)));
    sold(&world, &[line(first, 5)]).await;
    assert_eq!(world.level(first).await, Level { received: 5, available: 0, reserved: 0, sold: 5 });
    world.check().await;
}

#[tokio::test]
async fn a_return_sent_twice_has_one_effect_and_one_answer() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let id = sold(&world, &[line(product_id, 2)]).await;
    let first = world.take_back(id).await;
    assert!(first.is_ok(), "{first:?}");
    let before = world.dump().await;
    assert_eq!(world.take_back(id).await, first);
    assert_eq!(world.dump().await, before);
    world.check().await;
}

#[tokio::test]
async fn late_commands_find_a_returned_reservation_as_it_is() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let id = sold(&world, &[line(product_id, 2)]).await;
    let returned = world.take_back(id).await;
    let before = world.dump().await;
    assert_eq!(world.reserve(id, &[line(product_id, 2)]).await, returned);
    assert_eq!(world.commit(id).await, returned);
    let committed = InventoryError::ReservationCommitted { reservation_id: id };
    assert_eq!(world.release(id).await, Err(committed), "the refusal is the one from before the return");
    world.clock.advance(Duration::from_secs(u64::from(HOLD_SECONDS) + 1));
    assert_eq!(world.expire().await, 0);
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn only_what_was_sold_can_be_returned() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let [reserved, released, buried, unknown] = std::array::from_fn(|_| world.new_reservation_id());
    for id in [reserved, released] {
        world.reserve(id, &[line(product_id, 2)]).await.expect("there are enough");
    }
    world.release(released).await.expect("it is reserved");
    world.release(buried).await.expect("a tombstone is left");
    let before = world.dump().await;
    for (reservation_id, refusal) in [
        (reserved, InventoryError::ReservationNotCommitted { reservation_id: reserved }),
        (released, InventoryError::ReservationReleased { reservation_id: released }),
        (buried, InventoryError::ReservationReleased { reservation_id: buried }),
        (unknown, InventoryError::ReservationNotFound { reservation_id: unknown }),
    ] {
        assert_eq!(world.take_back(reservation_id).await, Err(refusal));
    }
    assert_eq!(world.dump().await, before);
    world.commit(reserved).await.expect("a refused return leaves no trace");
}

#[tokio::test]
async fn only_the_store_itself_and_admins_take_back() {
    let world = World::new().await;
    let product_id = world.product(5).await;
    let id = sold(&world, &[line(product_id, 2)]).await;
    let before = world.dump().await;
    for (caller, refusal) in [
        (Caller::Anonymous, InventoryError::Unauthenticated),
        (world.user().caller, InventoryError::Forbidden),
    ] {
        let refused = world.inventory.return_reservation(&world.context(caller), id).await;
        assert_eq!(refused, Err(refusal));
    }
    assert_eq!(world.dump().await, before);
    let context = world.system();
    world.inventory.return_reservation(&context, id).await.expect("it is committed");
    let rows =
        world.rows("SELECT actor, request_id, cause FROM stock_movements WHERE kind = 'returned'").await;
    let told: Vec<[String; 3]> = rows.iter().map(|row| [0, 1, 2].map(|column| row.get(column))).collect();
    assert_eq!(told, [["system".to_owned(), context.request_id.to_string(), id.to_string()]]);
}

#[tokio::test]
async fn a_return_that_brings_a_product_back_into_stock_tells_of_it() {
    let world = World::new().await;
    let product_id = world.product(2).await;
    let ids = [sold(&world, &[line(product_id, 1)]).await, sold(&world, &[line(product_id, 1)]).await];
    for id in ids {
        world.take_back(id).await.expect("it is committed");
    }
    let told = world.told().await.into_iter();
    let in_stock: Vec<bool> = told.map(|InventoryEvent::StockChanged(changed)| changed.in_stock).collect();
    assert_eq!(in_stock, [true, false, true], "only the first return is a change");
    world.check().await;
}
